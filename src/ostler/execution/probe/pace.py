"""Keeping to a rate, however many threads share it."""

from __future__ import annotations

import threading
import time


class Pace:
    """Hands out moments ``every_s`` seconds apart; moments that nobody was free to take are lost, not made up for."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._next = time.monotonic()
        self._count = 0
        self._lock = threading.Lock()

    def take(self, stop: threading.Event) -> int | None:
        """Wait for the next moment and return its number; None when ``stop`` was set meanwhile."""
        with self._lock:
            moment = max(self._next, time.monotonic())
            self._next = moment + self._every_s
            number = self._count
            self._count += 1
        stop.wait(max(0.0, moment - time.monotonic()))
        return None if stop.is_set() else number
