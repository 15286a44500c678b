"""Where to begin in a large plain log, when only what is newer than some time is wanted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ostler.logs.blocks import LONGEST_BEGINNING
from ostler.logs.envelopes import translated
from ostler.logs.formats.format import Format
from ostler.logs.moments import is_wild, zone
from ostler.logs.opening import Spoiled, pieces

if TYPE_CHECKING:
    from ostler.logs.reading import Opened

WORTH_IT_BYTES = 4 << 20
SAMPLE_BYTES = 256 * 1024
_ZONE = re.compile(rb"[+-]\d\d:?\d\d$")
LOCAL = ("access", "rabbitmq", "syslog")
"""Formats whose zone is that of their host; others are always in UTC."""

SLACK_S = 120.0
"""Processes of one service write into one log, not always in the order of time."""


def start_for(opened: Opened, since: float | None) -> int:
    """Return a place in a log before which all is older than ``since``; 0 when it is not worth looking for one.

    Raises OSError when the log cannot be read.
    """
    size = opened.log.size_bytes
    if since is None or opened.is_packed or opened.translation or size < WORTH_IT_BYTES:
        return 0
    low, high = 0, size
    with Path(opened.log.path).open("rb") as raw:
        while high - low > SAMPLE_BYTES:
            middle = (low + high) // 2
            raw.seek(middle)
            at = first_time(opened, raw.read(SAMPLE_BYTES))
            if at is None or at >= since - SLACK_S:
                high = middle
            else:
                low = middle
    return low


def first_time(opened: Opened, sample: bytes) -> float | None:
    """The time of the first event in a piece of a log; None when none begins there."""
    near = opened.log.changed_at
    begins = [(match.start(), each, match) for each in opened.formats if (match := each.begin.search(sample))]
    for _, shape, match in sorted(begins, key=lambda found: found[0]):
        read = shape.moment(match["time"], near)
        if read is not None:
            return read - opened.ahead_s - (opened.zone_s if is_without_zone(shape, match["time"]) else 0.0)
    return None


def last_time(opened: Opened) -> float | None:
    """The time of the last event of a log, by its end; by all of it where no event begins there, and of one that is
    packed or in an envelope. None when it cannot be read."""
    start = 0 if opened.is_packed or opened.translation else max(0, opened.log.size_bytes - SAMPLE_BYTES)
    last = _last_time_from(opened, start)
    return _last_time_from(opened, 0) if last is None and start else last


def _last_time_from(opened: Opened, start: int) -> float | None:
    last: float | None = None
    try:
        before = b"" if start else b"\n"
        for piece in translated(pieces(opened.log.path, start), opened.translation, opened.log.service):
            last = _last_time(opened, before + piece) or last
            before = (before + piece)[-LONGEST_BEGINNING:]
    except (OSError, Spoiled):
        return last
    return last


def _last_time(opened: Opened, piece: bytes) -> float | None:
    """The time of the last event that begins in a piece; of one with a wild date only when all have one."""
    changed_at = opened.log.changed_at
    times = []
    for shape in opened.formats:
        stamps = [match["time"] for match in shape.begin.finditer(piece)]
        for stamp in reversed(stamps[-50:]):
            read = shape.moment(stamp, changed_at)
            if read is not None:
                zone_s = opened.zone_s if is_without_zone(shape, stamp) else 0.0
                times.append(read - opened.ahead_s - zone_s)
                if not is_wild(times[-1], changed_at):
                    break
    return max((each for each in times if not is_wild(each, changed_at)), default=max(times, default=None))


def stated_zone(opened: Opened, sample: bytes) -> float | None:
    """The time zone that the times of a log state, in seconds east of UTC; None when they state none."""
    for shape in opened.formats:
        match = shape.begin.search(sample)
        stated = _ZONE.search(match["time"]) if match else None
        if stated and shape.name in LOCAL:
            return zone(stated[0])
    return None


def is_without_zone(shape: Format, stamp: bytes) -> bool:
    """Whether a time as a log has it says nothing of its zone."""
    return not (shape.has_zone or stamp.endswith(b"Z") or b"+" in stamp[19:] or b"-" in stamp[19:])
