"""RabbitMQ from 3.7 on.

2026-01-15 10:05:48.751 [error] <0.684.0> closing AMQP connection <0.684.0> (10.0.0.7:1234 -> 10.0.0.8:5672):
2026-01-15 10:05:48.751123+00:00 [warning] <0.684.0> …            (from 3.9 on, with a zone)
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats.format import Format, said, word_list
from ostler.logs.moments import iso

LEVELS = {
    b"debug": Level.DEBUG,
    b"info": Level.INFO,
    b"notice": Level.INFO,
    b"warning": Level.WARNING,
    b"error": Level.ERROR,
    b"critical": Level.CRITICAL,
    b"alert": Level.CRITICAL,
    b"emergency": Level.CRITICAL,
}
_LINE = re.compile(rb"[\d\-]{10} [\d:.+]{8,40} \[(?P<level>\w+)\] (?P<process><[\d.]+>) ?")


def details(raw: bytes) -> Details:
    """The fields of an event; its lines that repeat what stands before them are shown without it."""
    line = _LINE.match(raw)
    if line is None:
        return Details(said(raw))
    return Details(said(raw[line.end() :]), module="rabbit")


FORMAT = Format(
    name="rabbitmq",
    begin=re.compile(
        rb"\n(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[+-]\d\d:\d\d)?) \[(?P<level>"
        + word_list(LEVELS)
        + rb")\] <"
    ),
    levels=LEVELS,
    moment=iso,
    details=details,
)
