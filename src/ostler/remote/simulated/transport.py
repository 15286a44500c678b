"""The transport to the hosts of a simulated cloud."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ostler.commands import Command, CommandResult
from ostler.errors import CommandFailed, CommandTimedOut, HostUnreachable
from ostler.remote.batch import demand_read_only
from ostler.remote.copying import content_of, replacing
from ostler.remote.protocol import Content, Opening
from ostler.remote.simulated.machine import Machine, Outcome, World
from ostler.remote.simulated.table import marked, run_program

TIMED_OUT = 124
CONNECT_TIMEOUT_S = 15.0

OpenWorld = Callable[[], AbstractContextManager[World]]


class SimulatedTransport:
    """Runs commands on simulated hosts. ``remote.protocol.Transport`` says what each method promises."""

    def __init__(self, world: OpenWorld) -> None:
        self._world = world

    def run(self, host: str, command: Command) -> CommandResult:
        with self._world() as world:
            machine = _machine(world, host)
            result = _run(machine, command)
        if result.seconds > command.timeout_s:
            raise CommandTimedOut(
                "remote.command-timed-out",
                f"on {host}, {command} was still running at its limit and was ended",
                expected=f"at most {command.timeout_s:g} s",
                do_next="see why it hangs (its log, the host's load), then resume",
            )
        return result

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        demand_read_only(commands)
        with self._world() as world:
            machine = _machine(world, host)
            results = [_run(machine, command) for command in commands]
        return [
            CommandResult(TIMED_OUT, "", "", command.timeout_s) if result.seconds > command.timeout_s else result
            for command, result in zip(commands, results, strict=True)
        ]

    def put(self, host: str, path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
        with self._world() as world:
            machine = _machine(world, host)
            machine.files.write(path, content, mode, owner, group)
            machine.note(f"put {path}")
            world.state.now += 0.01

    def fetch(self, host: str, path: str) -> bytes:
        with self._world() as world:
            there = _machine(world, host).files.entry(path)
            if there is None or there.kind != "file":
                raise CommandFailed(
                    "remote.file-not-read",
                    f"{path} could not be read on {host}: No such file or directory",
                    found="1",
                    expected="0",
                )
            return there.content

    def send(self, host: str, source: Path | Content, path: str, *, mode: int = 0o600) -> None:
        with content_of(source).opened() as file:
            content = file.read()
        with self._world() as world:
            machine = _machine(world, host)
            machine.files.write(path, content, mode)
            machine.note(f"send {path}")
            world.state.now += 1.0

    def receive(self, host: str, path: str, target: Path, *, into: Opening | None = None) -> None:
        content = self.fetch(host, path)
        with (into or replacing)(target) as file:
            file.write(content)

    def close(self) -> None:
        return None


def _machine(world: World, host: str) -> Machine:
    if host not in world.state.hosts:
        raise HostUnreachable("remote.host-unknown", f"there is no host {host!r} in the cloud file")
    if not world.is_reachable(host):
        world.state.now += CONNECT_TIMEOUT_S
        raise HostUnreachable(
            "remote.host-unreachable",
            f"no connection to {host}",
            found="it was told to be out of reach",
            do_next=f"see that {host} is up, and that its address, port and way there are right in the cloud file",
        )
    return Machine(world, world.state.hosts[host])


def _run(machine: Machine, command: Command) -> CommandResult:
    shown = f"{machine.host.name}: {_words(command)}"
    outcome = _told_to_fail(machine, shown) or run_program(machine, command.argv, command.stdin or b"")
    slow = (s for pattern, s in machine.state.failures.slow.items() if re.search(pattern, shown))
    seconds = max(outcome.seconds, *slow, 0.0)
    machine.state.now += min(seconds, command.timeout_s)
    return CommandResult(outcome.exit_code, outcome.stdout, outcome.stderr, seconds)


def _told_to_fail(machine: Machine, shown: str) -> Outcome | None:
    for failure in machine.state.failures.commands:
        if re.search(failure.pattern, shown) and failure.times != 0:
            failure.times = None if failure.times is None else failure.times - 1
            return Outcome(failure.exit_code, "", "it was told to fail\n")
    return None


def _words(command: Command) -> str:
    """The command without the text of a fixed script; its name stands for it."""
    place = marked(command.argv) if command.argv else None
    return shlex.join(command.argv[place:] if place is not None else command.argv)
