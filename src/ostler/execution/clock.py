"""Time, passed in: so that tests decide how late it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Now = Callable[[], float]
"""Seconds since the epoch."""


@dataclass(frozen=True)
class Clock:
    """`now` is wall time (seconds since the epoch), `elapsed` only grows (for limits), `sleep` waits."""

    now: Now = time.time
    elapsed: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
