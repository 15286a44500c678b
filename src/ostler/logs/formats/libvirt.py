"""libvirt's daemons, and the logs of each QEMU process.

2026-01-15 10:05:48.751+0000: 1234: error : virNetSocketReadWire:1791 : End of file while reading data
2026-01-15T10:05:48.751900Z qemu-system-x86_64: terminating on signal 15 from pid 1 (/usr/sbin/libvirtd)
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats.format import Format, said, word_list
from ostler.logs.moments import iso

LEVELS = {b"debug": Level.DEBUG, b"info": Level.INFO, b"warning": Level.WARNING, b"error": Level.ERROR}

_LINE = re.compile(
    rb"[\d\-]{10}[ T][\d:.]{8,15}(?:[+-]\d{4}|Z):? (?:(?P<pid>\d{1,10}): (?P<level>\w+) : (?:(?P<module>\w+):\d+ : )?)?"
)


def details(raw: bytes) -> Details:
    """The fields of an event; its module is the function that logged it."""
    line = _LINE.match(raw)
    if line is None:
        return Details(said(raw))
    return Details(
        text=said(raw[line.end() :]),
        module=(line["module"] or b"").decode(),
        pid=int(line["pid"]) if line["pid"] else None,
    )


FORMAT = Format(
    name="libvirt",
    begin=re.compile(
        rb"\n(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d{3,6}(?:[+-]\d{4}(?=:)|Z(?= qemu)))"
        rb":? (?:\d{1,10}: (?P<level>" + word_list(LEVELS) + rb") : )?"
    ),
    levels=LEVELS,
    moment=iso,
    details=details,
    judge=lambda raw: Level.WARNING if b"qemu-system" in raw[:80] else Level.INFO,
    has_zone=True,
)
