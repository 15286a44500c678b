"""RabbitMQ up to 3.6: Erlang's own reports.

=ERROR REPORT==== 15-Jan-2026::10:05:48 ===
closing AMQP connection <0.684.0> (10.0.0.7:1234 -> 10.0.0.8:5672):
missed heartbeats from client, timeout: 60s
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats.format import Format, said, word_list
from ostler.logs.moments import day_first

LEVELS = {
    b"INFO": Level.INFO,
    b"PROGRESS": Level.INFO,
    b"SUPERVISOR": Level.ERROR,
    b"WARNING": Level.WARNING,
    b"ERROR": Level.ERROR,
    b"CRASH": Level.ERROR,
}


def details(raw: bytes) -> Details:
    """The fields of an event: all after its first line is text."""
    return Details(said(raw.partition(b"\n")[2]) or said(raw), module="rabbit")


FORMAT = Format(
    name="rabbitmq-old",
    begin=re.compile(
        rb"\n=(?P<level>"
        + word_list(LEVELS)
        + rb") REPORT==== (?P<time>\d{1,2}-[A-Z][a-z]{2}-\d{4}::\d{1,2}:\d\d:\d\d) ==="
    ),
    levels=LEVELS,
    moment=day_first,
    details=details,
)
