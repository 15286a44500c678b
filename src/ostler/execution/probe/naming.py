"""How the probe's own objects are called, so that they are recognised after any crash.

``ostler-probe-<run>-<machine>-<pid>-<what>``: which probe made it, and so whether that one still lives.
"""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

OBJECT_PREFIX = "ostler-probe-"
"""Every object a probe makes has a name that begins so."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
_NAME = re.compile(r"ostler-probe-(?P<run>\w+)-(?P<machine>\w+)-(?P<pid>\d+)-")
_PROCESS = b"ostler.execution.probe"


def probe_prefix(run: str) -> str:
    """Return what the names of the objects of this process begin with."""
    return f"{OBJECT_PREFIX}{_safe(run)}-{_safe(socket.gethostname())}-{os.getpid()}-"


def is_left_behind(name: str, run: str) -> bool:
    """Tell whether an object is one of a probe that no longer lives: an earlier one of the same run (there is one at a
    time), or one of another run whose process on this machine is gone."""
    found = _NAME.match(name)
    if found is None or name.startswith(probe_prefix(run)):
        return False
    if found["run"] == _safe(run):
        return True
    return found["machine"] == _safe(socket.gethostname()) and not _is_probe(int(found["pid"]))


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text)


def _is_probe(pid: int) -> bool:
    try:
        return _PROCESS in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
