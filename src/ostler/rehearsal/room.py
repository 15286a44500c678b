"""Room on the disk that a rehearsal lies on: never taken to its end, and told when it ran out."""

from __future__ import annotations

import errno
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ostler.errors import NoSpace

LEAST_FREE_BYTES = 256 * 2**20
"""What a rehearsal leaves of a disk, which others write to as well."""

ROOM_TO_GROW_BYTES = 2**30
"""What databases have to grow in: nothing is unpacked ahead into it, nor kept in it for later."""

LOOKS_EVERY_S = 0.2
SIGNS = (
    "No space left on device", "Disk quota exceeded", "Disk is full", "failed with error 28", "(1114, ", "ERROR 1114 ",
)  # fmt: skip
"""What programs say on a full disk, all but the first two by MariaDB or by those who ask it (`The table is full`)."""

MB = 10**6


def free_bytes(folder: Path) -> int:
    """How much may still be written where a folder lies."""
    return shutil.disk_usage(folder).free


def no_space(folder: Path, said: str = "") -> NoSpace | None:
    """The error for a full disk, where what a program said shows one, or it is as good as full; else None."""
    if free_bytes(folder) >= LEAST_FREE_BYTES and not any(sign in said for sign in SIGNS):
        return None
    return no_room(folder)


def no_room(folder: Path, needed: int = 0) -> NoSpace:
    """The error for a disk that has no room for so many bytes."""
    return NoSpace(
        "rehearsal.no-space",
        f"the disk is full that {folder.parent} lies on",
        found=f"{free_bytes(folder) // MB} MB free",
        expected=f"{(needed + LEAST_FREE_BYTES) // MB} MB or more: {LEAST_FREE_BYTES // MB} are left to others",
        do_next="make room, or choose another disk with OSTLER_STATE_DIR for copies, OSTLER_CACHE_DIR for code; then "
        "give the same command again",
    )


@contextmanager
def full_disk_told(folder: Path) -> Iterator[None]:
    """Raises NoSpace in place of the OSError that our own writing to a full disk gives."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise no_room(folder) from error


@contextmanager
def watched(
    folder: Path, end: Callable[[], None], make_room: Callable[[], object], also: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """`make_room` is called when the disk gets full, `end` as soon as it is as good as full. Raises NoSpace then,
    whatever comes of the block. `also` is called at each look, and raises nothing."""
    is_done, full = threading.Event(), list[NoSpace]()

    def look() -> None:
        while not is_done.wait(LOOKS_EVERY_S):
            also()
            if free_bytes(folder) < ROOM_TO_GROW_BYTES:
                make_room()
            found = no_space(folder)
            if found is not None:
                full.append(found)
                end()
                return

    watching = threading.Thread(target=look, daemon=True)
    watching.start()
    try:
        yield
    except Exception as error:
        if full:
            raise full[0] from error
        raise
    finally:
        is_done.set()
        watching.join()
    if full:
        raise full[0]
