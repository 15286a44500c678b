"""MariaDB and MySQL: the error log.

2026-01-15 10:05:48 12 [Warning] Aborted connection 12 to db: 'nova' user: 'nova' host: 'ctl1' (Got timeout …)
2026-01-15T10:05:48.123456Z 12 [ERROR] [MY-010934] [Server] …
260115 10:05:48 [Note] WSREP: …                                          (before 10.1)
2026-01-15 10:05:48 140285 [Note] WSREP: …
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats.format import Format, said, word_list
from ostler.logs.moments import compact, iso

LEVELS = {
    b"Note": Level.INFO,
    b"System": Level.INFO,
    b"Warning": Level.WARNING,
    b"ERROR": Level.ERROR,
    b"FATAL": Level.CRITICAL,
}
_LINE = re.compile(
    rb"[\dT\-]{6,10}[ T]{1,2}[\d:.]{7,15}\S{0,6} (?:(?:0x[0-9a-f]+|\d+) )?\[(?P<level>\w+)\] "
    rb"(?:(?P<module>WSREP|InnoDB|Galera|\[MY-\d+\] \[\w+\]):? ?)?"
)


def _moment(stamp: bytes, near: float) -> float | None:
    return iso(stamp) if stamp[4:5] == b"-" else compact(stamp)


def details(raw: bytes) -> Details:
    """The fields of an event; its module is the part of the server that says its name."""
    line = _LINE.match(raw)
    if line is None:
        return Details(said(raw))
    return Details(said(raw[line.end() :]), module=(line["module"] or b"mysqld").decode())


FORMAT = Format(
    name="mariadb",
    begin=re.compile(
        rb"\n(?P<time>\d{4}-\d\d-\d\d[ T] ?\d{1,2}:\d\d:\d\d(?:\.\d{1,6}Z)?|\d{6} [ \d]\d:\d\d:\d\d)"
        rb" (?:(?:0x[0-9a-f]+|\d+) )?\[(?P<level>" + word_list(LEVELS) + rb")\] "
    ),
    levels=LEVELS,
    moment=_moment,
    details=details,
)
