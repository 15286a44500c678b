"""When the host of a log started whose times are seconds since then: an estimate, and on what it rests.

The kernel says once what its clock was set to; where that line is gone, the last event is taken to be of the time at
which the file was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ostler.logs.formats import dmesg
from ostler.logs.opening import Spoiled, pieces

if TYPE_CHECKING:
    from ostler.logs.reading import Opened

BEGINNING_BYTES = 4 << 20
"""Of a log, in which the line about the clock is looked for: it is written within seconds."""

END_BYTES = 256 << 10
MOST_BYTES = 256 << 20
"""What is unpacked of a packed log to find its end."""

_STAMP = re.compile(rb"\[(" + dmesg.SECONDS + rb")\]")
_CLOCK_SET = re.compile(
    rb"\[(" + dmesg.SECONDS + rb")\][^\n]{0,200}setting system clock to [\d\-]{10}[ T][\d:]{8} UTC \((\d{9,11})\)"
)
"""Source: Linux, drivers/rtc/class.c, rtc_hctosys, read 2026-11-27."""


def dated(opened: Opened) -> tuple[Opened, str]:
    """The same log with its times since the start of the host dated, and how they were; empty where there are none.

    Raises OSError when the log cannot be read.
    """
    shape = next((each for each in opened.formats if each.name == dmesg.FORMAT.name), None)
    if shape is None:
        return opened, ""
    boot, how = _boot(opened)
    if boot is None:
        return opened, ""
    known = replace(shape, moment=dmesg.moment_since(boot), has_zone=True)
    return replace(opened, formats=tuple(known if each is shape else each for each in opened.formats)), how


def _boot(opened: Opened) -> tuple[float | None, str]:
    """When the host started, in seconds since the epoch, and how that is known. None: the log has no such times."""
    kept, last = b"", None
    for piece in _parts(opened):
        kept += piece
        if (found := _CLOCK_SET.search(kept)) is not None:
            return int(found[2]) - float(found[1]), "the kernel's word on its clock"
        stamps = _STAMP.findall(kept)
        last = stamps[-1] if stamps else last
        kept = kept[-400:]
    return (None, "") if last is None else (opened.log.changed_at - float(last), "the time of the file")


def _parts(opened: Opened) -> Iterator[bytes]:
    """The beginning and the end of a plain log, all of a packed one."""
    most = MOST_BYTES if opened.is_packed else BEGINNING_BYTES
    read = 0
    try:
        for piece in pieces(opened.log.path):
            yield piece
            read += len(piece)
            if read >= most:
                break
        if not opened.is_packed and opened.log.size_bytes > read:
            yield from pieces(opened.log.path, max(read, opened.log.size_bytes - END_BYTES))
    except Spoiled:
        return
