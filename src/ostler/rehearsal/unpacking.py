"""The environments in a place to rehearse in: unpacked before they are wanted, while other things run, and removed when
they no longer are, so that they never take more room than the disk has."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ostler.deployment.paths import ENVIRONMENTS_DIR, environment_path
from ostler.environments.store import StoredEnvironment
from ostler.errors import CommandFailed
from ostler.masking import last_lines
from ostler.rehearsal.room import LEAST_FREE_BYTES, free_bytes, no_room
from ostler.rehearsal.scratch import Scratch
from ostler.rehearsal.side_by_side import cores

UNPACK_TIMEOUT_S = 600.0
MARKER = "unpacked"
TAR = ("tar", "--extract", "--use-compress-program=zstd", "--directory=/")
BEHIND = ("nice", "--adjustment=10")
"""Those that are unpacked ahead give way to the commands that run meanwhile."""

REMOVE = ("sh", "-c", f'rm --force "$1/{MARKER}" && rm --recursive --force "$1"', "sh")
"""The marker first: half an environment is never taken for one."""

LEFT_BY_THOSE_AHEAD_BYTES = 2**30
"""What is left for databases to grow in when something is unpacked that nobody waits for."""


@dataclass
class Unpacking:
    """The environments of one place; see `unpacking`.

    Removals wait their turn, so each asks once more, when it comes, whether its environment is still unwanted; and what
    is being removed is unpacked only when it is gone.
    """

    scratch: Scratch
    _pool: ThreadPoolExecutor
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _work: dict[str, Future[None]] = field(default_factory=dict)
    _promised: dict[str, int] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)
    _going: dict[str, threading.Event] = field(default_factory=dict)
    _removal: Future[None] | None = None

    def at(self, stored: StoredEnvironment) -> str:
        """Where a project's environment is; one that is not there yet is unpacked, at once. Raises NoSpace,
        CommandFailed."""
        path = _path(stored)
        with self._lock:
            known = self._work.get(path)
            is_ours = known is None or known.cancel() or (known.done() and known.exception() is not None)
            if is_ours:
                known = self._work[path] = Future()
                known.set_running_or_notify_cancel()
        assert known is not None
        if is_ours:
            _settle(known, lambda: self._put(stored, path))
        known.result()
        return path

    def ahead(self, wanted: Iterable[StoredEnvironment]) -> None:
        """Have environments unpacked meanwhile, in this order, as far as there is room."""
        for stored in wanted:
            path = _path(stored)
            with self._lock:
                if path not in self._work:
                    self._work[path] = self._pool.submit(self._put_ahead, stored, path)

    def keep(self, wanted: Iterable[StoredEnvironment]) -> None:
        """Have all others removed meanwhile: nothing goes back to them."""
        with self._lock:
            self._kept = {_path(stored) for stored in wanted}
            for path in {*self._work} - self._kept:
                if self._work[path].cancel() or self._work[path].done():
                    del self._work[path]
            self._removal = self._pool.submit(self._remove_others)

    def drop(self, unwanted: Iterable[StoredEnvironment]) -> None:
        """Have environments removed meanwhile that nothing runs in any more."""
        with self._lock:
            for path in dict.fromkeys(map(_path, unwanted)):
                known = self._work.get(path)
                if known is not None and (known.cancel() or known.done()):
                    del self._work[path]
                    self._kept.discard(path)
                    self._pool.submit(self._remove, path)

    def _remove(self, path: str) -> None:
        gone = threading.Event()
        with self._lock:
            if path in self._work or path in self._kept or path in self._going:
                return
            self._going[path] = gone
        try:
            self.scratch.run([*BEHIND, *REMOVE, path], timeout_s=UNPACK_TIMEOUT_S)
        finally:
            with self._lock:
                del self._going[path]
            gone.set()

    def _remove_others(self) -> None:
        there = self.scratch.run(["ls", ENVIRONMENTS_DIR], timeout_s=60, check=False).stdout.split("\n")
        for name in sorted(name for name in there if name):
            self._remove(f"{ENVIRONMENTS_DIR}/{name}")

    def _put_ahead(self, stored: StoredEnvironment, path: str) -> None:
        self._put(stored, path, ahead=True)

    def _put(self, stored: StoredEnvironment, path: str, *, ahead: bool = False) -> None:
        with self._lock:
            going = self._going.get(path)
        if going is not None:
            going.wait()
        marker = str(PurePosixPath(path) / MARKER)
        if self.scratch.run(["test", "-e", marker], timeout_s=60, check=False).exit_code == 0:
            return
        with self._promising(stored, path, ahead=ahead):
            with stored.archive.open("rb") as archive:
                argv = [*(BEHIND if ahead else ()), *TAR]
                done = self.scratch.run(argv, timeout_s=UNPACK_TIMEOUT_S, check=False, stdin=archive)
            if done.exit_code != 0:
                raise self.scratch.no_space(done.stderr) or CommandFailed(
                    "rehearsal.not-unpacked",
                    f"{stored.archive} could not be unpacked",
                    found=" / ".join(last_lines(done.stderr, count=3)),
                    do_next="remove it and build it again: ostler env build",
                )
        self._demand_interpreter(stored, path)
        self.scratch.run(["touch", marker], timeout_s=60)

    def _demand_interpreter(self, stored: StoredEnvironment, path: str) -> None:
        if self.scratch.run(["test", "-x", f"{path}/bin/python"], timeout_s=60, check=False).exit_code != 0:
            made = stored.manifest
            raise CommandFailed(
                "rehearsal.no-interpreter",
                f"the environment of {made.project} {made.release} wants a Python {made.python} that is not there",
                do_next=f"remove {stored.archive.parent} and build it again: ostler env build {made.release}",
            )

    @contextlib.contextmanager
    def _promising(self, stored: StoredEnvironment, path: str, *, ahead: bool) -> Iterator[None]:
        """Room for an environment, beside that for those being unpacked. Raises NoSpace where there is none."""
        # Files end within a block of the disk: a quarter more than their bytes.
        needed = stored.manifest.unpacked_bytes * 5 // 4
        left = LEFT_BY_THOSE_AHEAD_BYTES if ahead else LEAST_FREE_BYTES
        if not self._promise(path, needed, left):
            if not ahead and self._removal is not None:
                self._removal.result()
            if ahead or not self._promise(path, needed, left):
                raise no_room(self.scratch.folder, needed)
        try:
            yield
        finally:
            with self._lock:
                del self._promised[path]

    def _promise(self, path: str, needed: int, left: int) -> bool:
        with self._lock:
            if free_bytes(self.scratch.folder) - sum(self._promised.values()) < needed + left:
                return False
            self._promised[path] = needed
            return True


@contextlib.contextmanager
def unpacking(scratch: Scratch) -> Iterator[Unpacking]:
    """The environments of a place, as long as somebody works in it. What is not unpacked or removed by then ends with
    the place."""
    pool = ThreadPoolExecutor(max(1, cores() // 2))
    try:
        yield Unpacking(scratch, pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _path(stored: StoredEnvironment) -> str:
    return environment_path(stored.manifest.project, stored.manifest.version)


def _settle(future: Future[None], work: Callable[[], None]) -> None:
    try:
        work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(None)
