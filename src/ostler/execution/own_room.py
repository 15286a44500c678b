"""Whether this machine has room for what a run brings here: no fact tells of it. Reads only."""

from __future__ import annotations

import shutil
from pathlib import Path

from ostler.errors import Finding, Severity
from ostler.execution.home import Home
from ostler.facts.model import Snapshot

MB = 10**6


def own_room(snapshot: Snapshot, home: Home) -> list[Finding]:
    """Return a failure when the copy of the dump that an upgrade fetches may not fit into the state folder.

    As much must be free as the databases take: the copy is packed, and lies there twice while it is being encrypted.
    Nothing is said where their sizes are not known, which is a failure of its own. Raises nothing.
    """
    needed = sum(size.get("bytes", 0) for size in (snapshot.known("databases.sizes") or {}).values())
    disk = _nearest(home.folder)
    try:
        free = shutil.disk_usage(disk).free
    except OSError as error:
        return [_no_room(home, f"its disk cannot be looked at: {error.strerror}", needed)] if needed else []
    return [_no_room(home, f"{free // MB} MB free", needed)] if free < needed else []


def _no_room(home: Home, found: str, needed: int) -> Finding:
    return Finding(
        code="upgrade.no-room-here",
        severity=Severity.FAILURE,
        subject=f"{home.folder} on this machine",
        summary="there may not be enough room on this machine for the copy of the dump that a run fetches",
        found=found,
        expected=f"{-(-needed // MB)} MB free, as much as the databases take",
        do_next="free space, or choose a larger disk with OSTLER_HOME, for this command and for ostler apply",
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that is there already."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if each.exists()), folder)
