"""What a simulated program is given: the host it runs on, the cloud around it, and how it ends."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ostler.remote.simulated.blueprint import Blueprint
from ostler.remote.simulated.file_system import FileSystem
from ostler.remote.simulated.state import CloudState, HostState


@dataclass(frozen=True)
class Outcome:
    """How a program ended. `seconds` is how long it took, in simulated time."""

    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.01


@dataclass(frozen=True)
class World:
    """One cloud: the software there is, and its state."""

    blueprint: Blueprint
    state: CloudState

    def note(self, effect: str) -> None:
        """Write down a change."""
        self.state.effects.append(effect)

    def number(self) -> int:
        """Return a number nothing else has."""
        self.state.counter += 1
        return self.state.counter

    def identifier(self) -> str:
        """Return a UUID nothing else has; the same ones in each simulation."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"simulated-{self.number()}"))

    def is_reachable(self, host: str) -> bool:
        return host not in self.state.failures.hosts


@dataclass(frozen=True)
class Machine:
    """One host of a world, as a program on it sees it."""

    world: World
    host: HostState

    @property
    def state(self) -> CloudState:
        return self.world.state

    @property
    def files(self) -> FileSystem:
        return FileSystem(self.host)

    def note(self, effect: str) -> None:
        """Write down a change to this host."""
        if self.state.unnoted is None or self.state.unnoted not in effect:
            self.world.note(f"{self.host.name}: {effect}")

    def runs(self, unit: str) -> bool:
        """Tell whether a unit (without .service) is active here."""
        found = self.host.units.get(unit)
        return found is not None and found.runs


Program = Callable[[Machine, Sequence[str], bytes], Outcome]
"""Runs with the arguments after its own name, and its standard input."""


def failed(stderr: str, exit_code: int = 1) -> Outcome:
    """Return the outcome of a program that says why it failed."""
    return Outcome(exit_code, "", stderr if stderr.endswith("\n") else f"{stderr}\n")
