"""Open vSwitch and OVN.

2026-01-15T10:05:48.751Z|00042|rconn|WARN|br-int<->tcp:127.0.0.1:6633: connection failed (Connection refused)
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats.format import Format, said, word_list
from ostler.logs.moments import iso

LEVELS = {
    b"DBG": Level.DEBUG,
    b"INFO": Level.INFO,
    b"WARN": Level.WARNING,
    b"ERR": Level.ERROR,
    b"EMER": Level.CRITICAL,
}
_LINE = re.compile(rb"[^|\n]{10,40}\|\d+\|(?P<module>[^|\n]{1,80})\|\w+\|")


def details(raw: bytes) -> Details:
    """The fields of an event."""
    line = _LINE.match(raw)
    if line is None:
        return Details(said(raw))
    return Details(said(raw[line.end() :]), module=line["module"].decode("utf-8", "replace"))


FORMAT = Format(
    name="ovs",
    begin=re.compile(
        rb"\n(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)\|\d+\|[^|\n]{1,80}\|(?P<level>"
        + word_list(LEVELS)
        + rb")\|"
    ),
    levels=LEVELS,
    moment=iso,
    details=details,
    has_zone=True,
)
