"""How much disk the databases of a copy take while their migrations run."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ostler.planning.rehearsed import DiskTaken
from ostler.rehearsal.journal import Journal

DATABASES = Path("upper", "var", "lib", "mysql")
"""Where MariaDB's folder of each database is written, in the folder of a rehearsal."""

REST = 50
"""Looking takes at most this part of the time: after a look of one second there is none for fifty."""


def bytes_of(folder: Path, databases: Iterable[str]) -> int:
    """What the files of databases take that have a folder of their own in `folder`; those that have none take nothing.
    A table that is being rewritten has its old file and its new one there, until the new one has taken its place."""
    total = 0
    for database in databases:
        with contextlib.suppress(FileNotFoundError), os.scandir(folder / database) as files:
            for file in files:
                # It may have gone since it was listed.
                with contextlib.suppress(FileNotFoundError):
                    total += file.stat(follow_symlinks=False).st_size
    return total


@dataclass
class Gauge:
    """Looks now and then at what some databases take, and keeps the most that it saw, also for whoever goes on after a
    kill. `folder` is that of the rehearsal; `clock` in seconds."""

    folder: Path
    databases: tuple[str, ...]
    journal: Journal
    clock: Callable[[], float] = time.monotonic
    _seen: DiskTaken | None = None
    _rests_until: float = 0.0
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """What is there now is where it begins, unless that is on record already."""
        with self._looking:
            now = self._now()
            self._seen = self.journal.disk() or DiskTaken(now, now, now)
            self.journal.took(self._seen)

    def look(self) -> None:
        """Look once more, unless it has not begun, or the last look was too short a time ago."""
        with self._looking:
            if self._seen is None or self.clock() < self._rests_until:
                return
            began = self.clock()
            # A disk that is full is told by who watches it.
            with contextlib.suppress(OSError):
                self._note(self._seen, self._now())
            ended = self.clock()
            self._rests_until = ended + REST * (ended - began)

    def end(self) -> DiskTaken:
        """What they took, up to now."""
        with self._looking:
            assert self._seen is not None, "it was never begun"
            return self._note(self._seen, self._now())

    def _note(self, seen: DiskTaken, now: int) -> DiskTaken:
        self._seen = DiskTaken(seen.before, max(seen.most, now), now)
        if now > seen.most:
            self.journal.took(self._seen)
        return self._seen

    def _now(self) -> int:
        return bytes_of(self.folder / DATABASES, self.databases)
