"""The environments in a place to rehearse in: unpacked on this machine before they are wanted, while other things run,
shown in the place, and left for the next rehearsal as long as they take nobody's room."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

import zstandard

from ostler.deployment.paths import ENVIRONMENTS_DIR, environment_path
from ostler.environments.store import StoredEnvironment
from ostler.environments.unpacked import Held, UnpackedStore
from ostler.errors import CommandFailed, NoSpace
from ostler.masking import last_lines
from ostler.rehearsal.room import LEAST_FREE_BYTES, ROOM_TO_GROW_BYTES, free_bytes, no_room, no_space
from ostler.rehearsal.scratch import CLEAN, Scratch
from ostler.rehearsal.side_by_side import cores

SHOW_TIMEOUT_S = 600.0
CHUNK_BYTES = 2**20
TAR = ("tar", "--extract", "--directory")
BEHIND = ("nice", "--adjustment=10")
"""Those that are unpacked ahead give way to the commands that run meanwhile."""

SHOW = ("sh", "-c", f'mkdir -p {ENVIRONMENTS_DIR} && rm -rf "$2" && ln -s "$1" "$2"', "sh")
"""Up to 2026-11 environments were unpacked there: a rehearsal that was killed then may go on now."""


@dataclass
class Unpacking:
    """The environments of one place; see `unpacking`."""

    scratch: Scratch
    store: UnpackedStore
    _pool: ThreadPoolExecutor
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _work: dict[str, Future[Held]] = field(default_factory=dict)
    _promised: dict[str, int] = field(default_factory=dict)

    def at(self, stored: StoredEnvironment) -> str:
        """Where a project's environment is in the place; one that is not there yet is unpacked, at once. Raises
        NoSpace, CommandFailed."""
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
        elif isinstance(known.exception(), NoSpace):
            return self.at(stored)  # who unpacks ahead leaves more room than who needs it now
        known.result()
        return path

    def ahead(self, wanted: Iterable[StoredEnvironment]) -> None:
        """Have environments unpacked meanwhile, in this order, as far as there is room."""
        for stored in wanted:
            path = _path(stored)
            with self._lock:
                if path not in self._work:
                    self._work[path] = self._pool.submit(self._put, stored, path, ahead=True)

    def keep(self, wanted: Iterable[StoredEnvironment]) -> None:
        """Nothing goes back to any others: they may be removed."""
        self._release({*self._work} - {_path(stored) for stored in wanted})
        self._pool.submit(self.store.prune)

    def drop(self, unwanted: Iterable[StoredEnvironment]) -> None:
        """Nothing runs in some any more: they may be removed."""
        self._release({_path(stored) for stored in unwanted})
        self._pool.submit(self.store.prune)

    def _release(self, paths: Iterable[str]) -> None:
        with self._lock:
            for path in paths:
                known = self._work.get(path)
                if known is not None and (known.cancel() or known.done()):
                    del self._work[path]
                    if not known.cancelled() and known.exception() is None:
                        known.result().release()

    def _put(self, stored: StoredEnvironment, path: str, *, ahead: bool = False) -> Held:
        held = self.store.hold(stored) or self._unpacked(stored, ahead=ahead)
        try:
            self.scratch.run([*SHOW, str(held.path), path], timeout_s=SHOW_TIMEOUT_S)
            if self.scratch.run(["test", "-x", f"{path}/bin/python"], timeout_s=60, check=False).exit_code != 0:
                raise _no_interpreter(stored)
        except BaseException:
            held.release()
            raise
        return held

    def _unpacked(self, stored: StoredEnvironment, *, ahead: bool) -> Held:
        def unpack(folder: Path) -> None:
            said = extract(self.scratch, stored, folder, BEHIND if ahead else ())
            self.scratch.demand_place()
            if said is not None:
                raise no_space(self.store.folder, said) or _not_unpacked(stored, said)

        with self._promising(stored, ahead=ahead):
            return self.store.add(stored, unpack)

    @contextlib.contextmanager
    def _promising(self, stored: StoredEnvironment, *, ahead: bool) -> Iterator[None]:
        """Room for an environment, beside that for those being unpacked; what nobody holds any more makes it. Raises
        NoSpace where there is none."""
        # Files end within a block of the disk: a quarter more than their bytes.
        needed = stored.manifest.unpacked_bytes * 5 // 4
        path, left = _path(stored), ROOM_TO_GROW_BYTES if ahead else LEAST_FREE_BYTES
        if not self.store.make_room(lambda: self._promise(path, needed, left)):
            raise no_room(self.store.folder, needed)
        try:
            yield
        finally:
            with self._lock:
                del self._promised[path]

    def _promise(self, path: str, needed: int, left: int) -> bool:
        with self._lock:
            others = sum(bytes_ for other, bytes_ in self._promised.items() if other != path)
            is_room = free_bytes(self.store.folder) - others >= needed + left
            if is_room:
                self._promised[path] = needed
            return is_room

    def end(self) -> None:
        """Nothing is held any more: the next rehearsal finds it, or more room."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._release({*self._work})
        with contextlib.suppress(OSError):  # the next one tries again
            self.store.prune()


@contextlib.contextmanager
def unpacking(scratch: Scratch, store: UnpackedStore) -> Iterator[Unpacking]:
    """The environments of a place, which is entered with the store's folder shown, as long as somebody works in it."""
    found = Unpacking(scratch, store, ThreadPoolExecutor(max(1, cores() // 2)))
    try:
        yield found
    finally:
        found.end()


def extract(scratch: Scratch, stored: StoredEnvironment, folder: Path, before: Sequence[str] = ()) -> str | None:
    """Unpack an archive into a folder of this machine; None, or what was said when that went wrong. What does it ends
    with the place, though it sees all files. Raises CommandFailed `rehearsal.unpacking-ended` when it was killed."""
    argv = ["nsenter", f"--target={scratch.pid}", "--pid", "--", *before, *TAR, str(folder)]
    damage = ""
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=said, env=CLEAN, start_new_session=True) as tar:
            assert tar.stdin is not None
            # A tar that ends early says why.
            with contextlib.suppress(BrokenPipeError), tar.stdin as pipe:
                damage = _poured(stored, pipe)
        said.seek(0)
        words = damage + said.read().decode(errors="replace")
    if tar.returncode < 0:
        raise CommandFailed(
            "rehearsal.unpacking-ended",
            f"{TAR[0]} was ended while it unpacked {stored.archive}",
            found=f"signal {-tar.returncode}",
            do_next="see whether memory is left, and give the same command again",
        )
    return words or f"{TAR[0]} ended with {tar.returncode}" if damage or tar.returncode else None


def _poured(stored: StoredEnvironment, pipe: IO[bytes]) -> str:
    """Pour what an archive holds into a pipe; what is wrong with the archive, or nothing."""
    digest = hashlib.sha256()
    try:
        with stored.archive.open("rb") as packed:
            unpacker = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True)
            for chunk in iter(partial(packed.read, CHUNK_BYTES), b""):
                digest.update(chunk)
                pipe.write(unpacker.decompress(chunk))
    except BrokenPipeError:
        raise
    except (OSError, zstandard.ZstdError) as error:
        return f"{error}\n"
    return "" if digest.hexdigest() == stored.manifest.sha256 else "it is not what was built: its checksum differs\n"


def _path(stored: StoredEnvironment) -> str:
    return environment_path(stored.manifest.project, stored.manifest.version)


def _not_unpacked(stored: StoredEnvironment, said: str) -> CommandFailed:
    return CommandFailed(
        "rehearsal.not-unpacked",
        f"{stored.archive} could not be unpacked",
        found=" / ".join(last_lines(said, count=3)),
        do_next="remove it and build it again: ostler env build",
    )


def _no_interpreter(stored: StoredEnvironment) -> CommandFailed:
    made = stored.manifest
    return CommandFailed(
        "rehearsal.no-interpreter",
        f"the environment of {made.project} {made.release} wants a Python {made.python} that is not there",
        do_next=f"remove {stored.archive.parent} and build it again: ostler env build {made.release}",
    )


def _settle(future: Future[Held], work: Callable[[], Held]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)
