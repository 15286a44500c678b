"""The requests that uWSGI logs.

[pid: 23|app: 0|req: 1/2] 10.0.0.7 () {62 vars in 1234 bytes} [Thu Jan 15 10:05:48 2026] GET /v3 => generated 9
bytes in 20 msecs (HTTP/1.1 200) 5 headers in 180 bytes (1 switches on core 0)       (all in one line)
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats.format import Format, said
from ostler.logs.moments import weekday_first

LEVELS = {b"5": Level.ERROR, b"4": Level.INFO, b"3": Level.INFO, b"2": Level.INFO, b"1": Level.INFO}

_LINE = re.compile(
    rb"\[pid: (?P<pid>\d{1,10})[^\]\n]{0,80}\] (?P<client>\S{1,100})[^\[\n]{0,200}\[[^\]\n]{1,40}\] "
    rb"(?P<asked>[^\n]{0,8000}?) => generated \d+ bytes in (?P<ms>\d{1,10}) msecs \(HTTP/[\d.]+ (?P<status>\d{3})\)"
)


def details(raw: bytes) -> Details:
    """The fields of an answered request."""
    line = _LINE.match(raw)
    if line is None:
        return Details(said(raw), module="uwsgi")
    return Details(
        text=said(raw),
        module="uwsgi",
        pid=int(line["pid"]),
        status=int(line["status"]),
        duration_s=int(line["ms"]) / 1000,
    )


FORMAT = Format(
    name="uwsgi",
    begin=re.compile(
        rb"\n\[pid: \d[^\]\n]{0,80}\] [^\[\n]{1,300}"
        rb"\[(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})\] "
        rb"[^\n]{0,8000}? => generated \d+ bytes in \d+ msecs \(HTTP/[\d.]+ (?P<level>[1-5])\d\d\)"
    ),
    levels=LEVELS,
    moment=weekday_first,
    details=details,
)
