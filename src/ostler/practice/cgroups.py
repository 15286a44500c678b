"""The control groups of practice hosts. A host's processes are found by its group.

systemd inside a host fails oddly (`219/CGROUP`) unless the host has a group of its own in each hierarchy
before systemd-nspawn starts. The launcher script makes the groups; this module finds and ends them.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PARENT = "ostler"
END_TIMEOUT_S = 10.0


def hierarchies() -> list[Path]:
    """The roots systemd uses: two where both versions are mounted, one on a pure version 2 machine."""
    both = [ROOT / "systemd", ROOT / "unified"]
    return [root for root in both if root.is_dir()] or [ROOT]


def folders(machine: str) -> list[Path]:
    """Where the groups of a host are or would be."""
    return [root / PARENT / machine for root in hierarchies()]


def machines() -> set[str]:
    """The names of all hosts that have a group, of every practice cloud."""
    parents = [root / PARENT for root in hierarchies()]
    return {child.name for parent in parents if parent.is_dir() for child in parent.iterdir() if child.is_dir()}


def processes(machine: str) -> set[int]:
    """The process ids of everything that runs in a host, with its launcher."""
    found: set[int] = set()
    for folder in folders(machine):
        for group, _, _ in os.walk(folder):  # which passes over groups that go away meanwhile
            try:
                found.update(int(line) for line in Path(group, "cgroup.procs").read_text().split())
            except OSError:
                continue  # the group went away, or is one of threads only
    return found - {0}


def kill(machine: str) -> None:
    """End everything in a host at once, as a power cut would. Raises TimeoutError when something stays."""
    deadline = time.monotonic() + END_TIMEOUT_S
    while pids := processes(machine):
        for pid in sorted(pids):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {sorted(pids)} of {machine} do not end")
        time.sleep(0.05)


def remove(machine: str) -> None:
    """Remove the groups of a host in which nothing runs any more."""
    for folder in folders(machine):
        for group, _, _ in os.walk(folder, topdown=False):
            _remove_group(Path(group))
        parent = folder.parent
        if parent.is_dir() and not any(child.is_dir() for child in parent.iterdir()):
            _remove_group(parent)


def _remove_group(folder: Path) -> None:
    for _ in range(100):  # a group whose last process has just ended stays busy for a moment
        try:
            folder.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.02)
    folder.rmdir()
