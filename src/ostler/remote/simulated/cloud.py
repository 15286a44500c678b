"""A simulated cloud as a whole: its two doors, its clock, what can be made to fail, and its file."""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from ostler.remote.simulated.api import SimulatedApi
from ostler.remote.simulated.blueprint import Blueprint
from ostler.remote.simulated.machine import World
from ostler.remote.simulated.state import STATE, CloudState, CommandFailure
from ostler.remote.simulated.transport import SimulatedTransport

Watcher = Callable[[World, Sequence[str]], None]
"""Looks at the cloud after each change, with the changes just made."""


class SimulatedCloud:
    """Hosts and APIs in memory. ``transport`` and ``api`` are the doors that the rest of Ostler uses.

    Time is simulated: it goes on with what commands take, and with `sleep`. With a `path`, the state is kept in that
    file after each change, and processes that use the same file see one cloud. ``watcher`` is called after each change.
    """

    def __init__(self, blueprint: Blueprint, state: CloudState, path: Path | None = None) -> None:
        self.blueprint = blueprint
        self._state = state
        self._path = path
        self._seen: int | None = None
        self._guard = threading.RLock()
        self.watcher: Watcher | None = None
        self.transport = SimulatedTransport(self.world)
        self.api = SimulatedApi(self.world)
        if path and not path.exists():
            self._save()

    @classmethod
    def from_file(cls, path: Path, blueprint: Blueprint) -> SimulatedCloud:
        """Return the cloud kept in a file. Raises OSError, or ValueError for a file that holds no cloud."""
        return cls(blueprint, STATE.validate_json(path.read_bytes()), path)

    def world(self) -> AbstractContextManager[World]:
        """Open the cloud as it is now, for one command or request; nothing else happens meanwhile."""
        return _Visit(self)

    @property
    def effects(self) -> list[str]:
        """The changes made so far, in order."""
        with self.world() as world:
            return list(world.state.effects)

    def now(self) -> float:
        """Return the simulated time, seconds since the epoch."""
        with self.world() as world:
            return world.state.now

    def sleep(self, seconds: float) -> None:
        """Let simulated time go by; returns at once."""
        with self.world() as world:
            world.state.now += max(0.0, seconds)

    def fail_unit(self, host: str, unit: str) -> None:
        """Let a unit (without .service) of a host fail to start, until `mend`."""
        with self.world() as world:
            world.state.failures.units.append(f"{host}/{unit}")
            world.note(f"told to fail: {unit} on {host}")

    def break_host(self, host: str) -> None:
        """Let a host be out of reach, for everything, until `mend`."""
        with self.world() as world:
            world.state.failures.hosts.append(host)
            world.note(f"told to fail: {host}")

    def fail_command(self, pattern: str, exit_code: int = 1, times: int | None = None) -> None:
        """Let commands fail that match a regular expression, as "host: words" without scripts; `times` None: always."""
        re.compile(pattern)
        with self.world() as world:
            world.state.failures.commands.append(CommandFailure(pattern, exit_code, times))
            world.note(f"told to fail: {pattern}")

    def slow(self, pattern: str, seconds: float) -> None:
        """Let commands that match take so many seconds of simulated time."""
        with self.world() as world:
            world.state.failures.slow[pattern] = seconds
            world.note(f"told to be slow: {pattern}")

    def mend(self) -> None:
        """End all failures."""
        with self.world() as world:
            failures = world.state.failures
            for told in (failures.units, failures.hosts, failures.commands, failures.slow):
                told.clear()
            world.note("mended")

    def _locked(self) -> TextIO | None:
        """Keep other processes out until the lock is closed, and take over what they did."""
        if self._path is None:
            return None
        lock = self._path.with_suffix(".lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        if self._path.exists() and self._path.stat().st_mtime_ns != self._seen:
            self._state = STATE.validate_json(self._path.read_bytes())
            self._seen = self._path.stat().st_mtime_ns
        return lock

    def _changed(self, world: World, before: int) -> None:
        """Keep and show the changes since `before`. Time that only went by is not worth writing a file for."""
        changes = self._state.effects[before:]
        if changes and self._path:
            self._save()
        if changes and self.watcher:
            self.watcher(world, changes)

    def _save(self) -> None:
        assert self._path is not None
        new = self._path.with_suffix(f".new.{os.getpid()}")
        new.write_bytes(STATE.dump_json(self._state))
        new.replace(self._path)
        self._seen = self._path.stat().st_mtime_ns


class _Visit(AbstractContextManager[World]):
    """One command or request. (No generator: a run makes tens of thousands, and most do next to nothing.)"""

    def __init__(self, cloud: SimulatedCloud) -> None:
        self._cloud = cloud

    def __enter__(self) -> World:
        cloud = self._cloud
        cloud._guard.acquire()
        try:
            self._lock = cloud._locked()
        except BaseException:
            cloud._guard.release()
            raise
        self._world = World(cloud.blueprint, cloud._state)
        self._before = len(cloud._state.effects)
        return self._world

    def __exit__(self, *_: object) -> None:
        try:
            self._cloud._changed(self._world, self._before)
        finally:
            if self._lock:
                self._lock.close()
            self._cloud._guard.release()
