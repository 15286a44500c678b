"""Whether this machine has room for what a run brings here: no fact tells of it. Reads only."""

from __future__ import annotations

import shutil
from pathlib import Path

from ostler.errors import Finding, Severity
from ostler.execution.home import Home
from ostler.facts.model import Snapshot

MB = 10**6
LEAST_PART = 3
"""At least one part in so many of what the databases take has to be free for a packed dump."""


def own_room(snapshot: Snapshot, home: Home) -> list[Finding]:
    """Return a finding when the copy of the dump that an upgrade fetches may not fit into the state folder.

    The copy is packed and has no indexes: it is a failure when less is free than a third of what the databases take
    with theirs (zstd packed dumps of four projects to between a sixth and a tenth, 2026-11-27), a warning when it is
    less than all of that, which encrypted columns would need. Nothing is said where their sizes are not known, which is
    a failure of its own. Raises nothing.
    """
    needed = sum(size.get("bytes", 0) for size in (snapshot.known("databases.sizes") or {}).values())
    disk = _nearest(home.folder)
    try:
        free = shutil.disk_usage(disk).free
    except OSError as error:
        found = f"its disk cannot be looked at: {error.strerror}"
        return [_no_room(home, found, needed, Severity.FAILURE)] if needed else []
    severity = Severity.FAILURE if free * LEAST_PART < needed else Severity.WARNING
    return [_no_room(home, f"{free // MB} MB free", needed, severity)] if free < needed else []


def _no_room(home: Home, found: str, needed: int, severity: Severity) -> Finding:
    return Finding(
        code="upgrade.no-room-here",
        severity=severity,
        subject=f"{home.folder} on this machine",
        summary="there may not be enough room on this machine for the copy of the dump that a run fetches",
        found=found,
        expected=f"{-(-needed // MB)} MB free, as much as the databases take; at the very least "
        f"{-(-needed // (LEAST_PART * MB))} MB",
        do_next="free space, or choose a larger disk with OSTLER_HOME, for this command and for ostler apply",
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that is there already."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if each.exists()), folder)
