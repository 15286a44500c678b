"""Ceph's daemons.

2026-01-15T10:05:48.123+0000 7f0a1b2c3d4e -1 osd.3 120 heartbeat_check: no reply from 10.0.0.9:6804
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats.format import Format, said
from ostler.logs.moments import iso

LEVELS = {b"-1": Level.ERROR, b"0": Level.INFO, b"1": Level.INFO}

_LINE = re.compile(rb"\S{19,40}(?: [\d:.]{8,15})? [0-9a-f]{6,16} +-?\d+ ")


def details(raw: bytes) -> Details:
    """The fields of an event."""
    line = _LINE.match(raw)
    return Details(said(raw[line.end() :] if line else raw), module="ceph")


FORMAT = Format(
    name="ceph",
    begin=re.compile(
        rb"\n(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{3,6}(?:[+-]\d{4})?) [0-9a-f]{6,16} +(?P<level>-1|\d)\d? "
    ),
    levels=LEVELS,
    moment=iso,
    details=details,
)
