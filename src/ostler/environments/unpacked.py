"""Environments unpacked on this machine, and kept for whoever needs them next: complete or not there at all.

<folder>/nova-29.4.0-<address>/opt/openstack/venvs/nova-29.4.0

Whoever uses one holds it, by a lock that ends with its process; what nobody holds may be removed by anybody, the one
first that was last held longest ago. Nothing in it is ever changed.
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
        raises an error, and little of it for long when it is killed: see `make_room`."""
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
            os.close(lock)
            shutil.rmtree(partial, ignore_errors=True)

    def make_room(self, is_enough: Callable[[], bool]) -> bool:
        """Remove what nobody holds, one after another, until it is enough; first what killed processes left. Says
        whether it is."""
        for path in self._all():
            if is_enough():
                return True
            self._remove(path)
        return is_enough()

    def prune(self) -> None:
        """Keep no more than are worth their room."""
        self.make_room(lambda: len(self._all()) <= KEPT)

    def _remove(self, path: Path) -> None:
        """Nothing happens to one that is held or gone."""
        with self._changing():
            try:
                lock = _lock(path, fcntl.LOCK_EX)
            except (BlockingIOError, FileNotFoundError):
                return
            going = path.with_name(f"{GOING_PREFIX}{uuid.uuid4().hex}")
            path.rename(going)
        shutil.rmtree(going, ignore_errors=True)
        os.close(lock)

    def _all(self) -> list[Path]:
        """Everything there is, leftovers first, then by when it was last taken hold of."""
        found = []
        for path in self.folder.iterdir() if self.folder.exists() else ():
            with contextlib.suppress(FileNotFoundError):
                found.append((not path.name.startswith("."), path.stat().st_mtime, path))
        return [path for _, _, path in sorted(found) if path.is_dir()]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Nobody else takes hold of anything, adds or removes meanwhile: held for moments only."""
        with (self.ready() / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _place(self, stored: StoredEnvironment) -> Path:
        made = stored.manifest
        return self.folder / f"{made.project}-{made.version}-{made.address}"


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
