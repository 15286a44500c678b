"""Times as logs write them, in seconds since the epoch, and back. A time without a zone is taken as UTC.

Each function that reads takes the bytes of a time and, for those without a year, a time that cannot be before it (when
the file was changed). They return None for what is no time: the thirty-first of February in a log stops nobody.
"""

from __future__ import annotations

import calendar
import functools
from datetime import UTC, datetime

MONTHS = {
    name: number
    for number, name in enumerate(
        (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"), 1
    )
}
DAY_S = 86400.0
EARLIEST = 1_262_304_000.0
"""2010-01-01: OpenStack is younger."""

MOST_REMEMBERED = 50_000

_seconds: dict[bytes, float | None] = {}
"""Whole seconds already understood: logs say the same second many times."""


def is_wild(time: float, changed_at: float) -> bool:
    """Whether a line cannot be of that time: before there was OpenStack, or more than a day (clocks and zones differ)
    after its file was changed, where that is known."""
    return time < EARLIEST or EARLIEST <= changed_at < time - DAY_S


@functools.lru_cache(maxsize=1)
def moment(time: float) -> str:
    """`2026-01-15T10:05:48.751Z`; question marks of the same length for what is in no calendar."""
    try:
        return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "????-??-??T??:??:??.???Z"


def iso(stamp: bytes, near: float = 0.0) -> float | None:
    """`2026-01-15 10:05:48.751`, with T or a space, a point or a comma, with or without a zone."""
    whole = _seconds.get(stamp[:19], 0.0)
    if whole == 0.0:
        whole = _remember(stamp[:19])
    if whole is None:
        return None
    rest = stamp[19:]
    if not rest:
        return whole
    try:
        if rest[:1] in b".,":
            if len(rest) == 4:
                return whole + int(rest[1:]) / 1000
            digits = rest[1:].rstrip(b"Z").partition(b"+")[0].partition(b"-")[0]
            whole += int(digits) / 10 ** len(digits)
            rest = rest[1 + len(digits) :]
        return whole - zone(rest)
    except ValueError:
        return None


def zone(words: bytes) -> float:
    """Seconds east of UTC of `Z`, `+01:00` or `+0100`; 0 for nothing. Raises ValueError for anything else."""
    words = words.strip()
    if words in (b"", b"Z"):
        return 0.0
    hours, minutes = int(words[1:3]), int(words[-2:])
    return (-1 if words[:1] == b"-" else 1) * (hours * 3600.0 + minutes * 60)


def compact(stamp: bytes, near: float = 0.0) -> float | None:
    """`260115 10:05:48` or `260115  9:05:48`, as old MySQL wrote it."""
    day, _, clock = stamp.partition(b" ")
    return iso(b"20%s-%s-%s %s" % (day[:2], day[2:4], day[4:6], clock.strip().rjust(8, b"0")))


def month_first(stamp: bytes, near: float) -> float | None:
    """`Jan 15 10:05:48` of syslog: the newest such day that is not a day after ``near``."""
    words = stamp.split()
    year = datetime.fromtimestamp(near, UTC).year
    for each in (year, year - 1):
        found = _of(words[0], words[1], each, words[2])
        if found is not None and found <= near + DAY_S:
            return found
    return None


def weekday_first(stamp: bytes, near: float = 0.0) -> float | None:
    """`Thu Jan 15 10:05:48.123456 2026`."""
    words = stamp.split()
    return _of(words[1], words[2], int(words[4]), words[3]) if len(words) == 5 else None


def day_first(stamp: bytes, near: float = 0.0) -> float | None:
    """`15/Jan/2026:10:05:48 +0100` of Apache, `15-Jan-2026::10:05:48` of Erlang."""
    words = stamp.replace(b"::", b":").replace(b"/", b"-")
    day, _, rest = words.partition(b":")
    clock, _, east = rest.partition(b" ")
    parts = day.split(b"-")
    try:
        found = _of(parts[1], parts[0], int(parts[2]), clock)
        return None if found is None else found - zone(east)
    except (ValueError, IndexError):
        return None


def _of(month: bytes, day: bytes, year: int, clock: bytes) -> float | None:
    number = MONTHS.get(month)
    return None if number is None else iso(b"%04d-%02d-%s %s" % (year, number, day.rjust(2, b"0"), clock))


def _remember(stamp: bytes) -> float | None:
    if len(_seconds) > MOST_REMEMBERED:
        _seconds.clear()
    found: float | None = None
    try:
        year, month, day = int(stamp[:4]), int(stamp[5:7]), int(stamp[8:10])
        hour, minute, second = int(stamp[11:13]), int(stamp[14:16]), int(stamp[17:19])
        if 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1] and hour < 24 and minute < 60:
            found = float(calendar.timegm((year, month, day, hour, minute, min(second, 60), 0, 0, 0))) or 1.0
    except ValueError:
        found = None
    _seconds[stamp] = found
    return found
