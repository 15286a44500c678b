"""How long a probe lives: until it is told to stop, its parent is gone, or its time is over."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import IO

from ostler.errors import OutsideError

LOCK_NAME = "probe.lock"


class Life:
    """Says when to stop, and why."""

    def __init__(self, parent: int, max_seconds: float) -> None:
        self.stop = threading.Event()
        self.why = ""
        self._parent = parent
        self._deadline = time.monotonic() + max_seconds

    def end_on_signals(self) -> None:
        """End when the process is told to; only the main thread may ask for this."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.end(f"told to ({signal.Signals(number).name})")

    def end(self, why: str) -> None:
        """Stop; the first reason stays."""
        self.why = self.why or why
        self.stop.set()

    def look(self) -> None:
        """End when the parent is gone (its child is another's then) or the time is over."""
        if os.getppid() != self._parent:
            self.end("the run that started it is gone")
        elif time.monotonic() > self._deadline:
            self.end("its time is over")


def lock(folder: Path, timeout_s: float) -> IO[str]:
    """Take the folder for this probe alone, waiting for an earlier one to end; keep the file open to keep the lock.

    Raises OutsideError `probe.another-runs` when another probe has not ended after ``timeout_s`` seconds.
    """
    file = (folder / LOCK_NAME).open("w", encoding="utf-8")
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            if time.monotonic() > deadline:
                file.close()
                raise OutsideError(
                    "probe.another-runs", f"another probe is still working in {folder}", do_next="wait for it to end"
                ) from None
            time.sleep(0.2)
