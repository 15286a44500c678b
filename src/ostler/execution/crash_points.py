"""Named points at which tests kill the process: `OSTLER_CRASH_AT=<point>[:<step id or glob>[:<nth>]]`.

Killed for real (SIGKILL), so that what is seen afterwards is what a power cut or the kernel's memory killer leaves.
`after_effect` lies between what was done to a host or an API and its end in the journal: only the cloud knows of it.
"""

from __future__ import annotations

import fnmatch
import os
import signal
import threading
from typing import Literal

Point = Literal["before_intent", "after_intent", "after_effect", "before_outcome", "after_outcome"]

_passed = 0
_lock = threading.Lock()


def crash_point(point: Point, step: str) -> None:
    """End this process at once if it was told to die here."""
    wanted = os.environ.get("OSTLER_CRASH_AT")
    if wanted:
        _consider(wanted, point, step)


def _consider(wanted: str, point: Point, step: str) -> None:
    global _passed
    named, pattern, nth = ([*wanted.split(":"), "", ""])[:3]
    if named != point or (pattern and not fnmatch.fnmatchcase(step, pattern)):
        return
    with _lock:
        _passed += 1
        if _passed == int(nth or 1):
            os.kill(os.getpid(), signal.SIGKILL)
