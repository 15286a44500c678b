"""Environments unpacked on this machine, and kept for whoever needs them next: complete or not there at all.

<folder>/nova-29.4.0-<checksum of the archive>/opt/openstack/venvs/nova-29.4.0

Whoever uses one holds it, by a lock that ends with its process; what nobody holds may be removed by anybody, the one
first that was last held longest ago. Nothing in it is ever changed. What was unpacked before the machine last started
counts for nothing: its files may not have come to the disk.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ostler.environments.store import PARTIAL_PREFIX, StoredEnvironment

GOING_PREFIX = ".going-"
KEPT = 24
"""How many are kept when none more is needed: six projects of four releases, some 6 GB."""

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
CHANGING, REMOVING = ".changing", ".removing"


@dataclass(frozen=True)
class Held:
    """An environment that stays where it is until it is released."""

    path: Path
    _lock: int

    def release(self) -> None:
        """From now on it may be removed. Once only."""
        os.close(self._lock)


@dataclass(frozen=True)
class UnpackedStore:
    """Unpacked environments below one folder, for any number of processes at once."""

    folder: Path

    def ready(self) -> Path:
        """The folder, which is there now."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def hold(self, stored: StoredEnvironment) -> Held | None:
        """What an archive holds, unpacked; None where it is not there."""
        place = self._place(stored)
        with self._changing():
            return _held(place, stored) if place.exists() else None

    def add(self, stored: StoredEnvironment, unpack: Callable[[Path], None]) -> Held:
        """What an archive holds, unpacked by `unpack` into the folder it is given. Nothing is left of it when that
        raises an error; what is left of it when it is killed, the next `prune` removes."""
        with self._changing():
            partial = Path(tempfile.mkdtemp(prefix=PARTIAL_PREFIX, dir=self.folder))
            lock = _lock(partial, fcntl.LOCK_SH)
        try:
            unpack(partial)
            partial.chmod(0o755)
            place = self._place(stored)
            with self._changing():
                if not place.exists():
                    partial.rename(place)
                return _held(place, stored)  # another process may have been faster
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            os.close(lock)

    def make_room(self, is_enough: Callable[[], bool]) -> bool:
        """Remove what nobody holds, one after another, until it is enough; first what killed processes left. Says
        whether it is."""
        while not is_enough():
            # What somebody else is removing makes room too, and is waited for.
            with self._locked(REMOVING):
                if is_enough():
                    return True
                if not self._remove_one():
                    return False
        return True

    def give_way(self) -> None:
        """Remove one that nobody holds, if there is one and nobody else is removing any just now."""
        with contextlib.suppress(BlockingIOError), self._locked(REMOVING, fcntl.LOCK_NB):
            self._remove_one()

    def prune(self) -> None:
        """Remove what killed processes left, and keep no more of the others than are worth their room."""
        for path in self._all():
            if path.name.startswith("."):
                with self._locked(REMOVING):
                    self._remove(path)
        self.make_room(lambda: len([path for path in self._all() if not path.name.startswith(".")]) <= KEPT)

    def _remove_one(self) -> bool:
        return any(self._remove(path) for path in self._all())

    def _remove(self, path: Path) -> bool:
        """Whether it is gone by this; nothing happens to one that is held, or gone already."""
        with contextlib.ExitStack() as stack:
            with self._changing():
                try:
                    stack.callback(os.close, _lock(path, fcntl.LOCK_EX))
                    going = path.rename(path.with_name(f"{GOING_PREFIX}{uuid.uuid4().hex}"))
                except (BlockingIOError, FileNotFoundError):
                    return False
            shutil.rmtree(going, ignore_errors=True)
            return not going.exists()

    def _all(self) -> list[Path]:
        """Everything there is, leftovers first, then by when it was last taken hold of."""
        found = []
        for path in self.ready().iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.append((not path.name.startswith("."), path.stat().st_mtime, path))
        return [path for _, _, path in sorted(found) if path.is_dir()]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Nobody else takes hold of anything, adds or renames meanwhile: held for moments only."""
        with self._locked(CHANGING) as lock:
            boot = BOOT_ID.read_bytes()
            if os.pread(lock, len(boot), 0) != boot:
                for path in self._all():
                    path.rename(path.with_name(f"{GOING_PREFIX}{uuid.uuid4().hex}"))
                os.pwrite(lock, boot, 0)
            yield

    @contextlib.contextmanager
    def _locked(self, name: str, how: int = 0) -> Iterator[int]:
        lock = os.open(self.ready() / name, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | how)
            yield lock
        finally:
            os.close(lock)

    def _place(self, stored: StoredEnvironment) -> Path:
        made = stored.manifest
        return self.folder / f"{made.project}-{made.version}-{made.sha256[:16]}"


def _held(place: Path, stored: StoredEnvironment) -> Held:
    """Only who changes the store locks others out, so that this never waits."""
    os.utime(place)
    return Held(place / stored.manifest.path.lstrip("/"), _lock(place, fcntl.LOCK_SH))


def _lock(path: Path, how: int) -> int:
    """Raises BlockingIOError where it is held otherwise."""
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BaseException:
        os.close(lock)
        raise
    return lock
