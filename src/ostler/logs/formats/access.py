"""Access logs of Apache and nginx, and of whatever writes like them: the common and the combined format.

    10.0.0.7 - - [15/Jan/2026:10:05:48 +0000] "POST /v3/auth/tokens HTTP/1.1" 201 7012 "-" "keystoneauth1"

Kolla-Ansible's have the microseconds an answer took after its size (source: its wsgi templates, read 2026-11-26).
An answer of 500 and more is an error.
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats.format import Format, said
from ostler.logs.moments import day_first

LEVELS = {b"5": Level.ERROR, b"4": Level.INFO, b"3": Level.INFO, b"2": Level.INFO, b"1": Level.INFO}

_LINE = re.compile(
    rb"[^\n\[]{1,300}\[[^\]\n]{1,60}\] (?P<text>"
    rb'"[^"\n]{0,8000}" (?P<status>\d{3})(?: (?:\d+|-))?(?: (?P<micros>\d{1,12})(?= ))?)'
)
_REQUEST = re.compile(rb"req-[0-9a-f\-]{36}")


def details(raw: bytes) -> Details:
    """The fields of an answered request; its text keeps the client's address."""
    line = _LINE.match(raw)
    asked = _REQUEST.search(raw)
    return Details(
        text=said(raw),
        module="access",
        request=asked[0].decode() if asked else None,
        status=int(line["status"]) if line else None,
        duration_s=int(line["micros"]) / 1e6 if line and line["micros"] else None,
    )


FORMAT = Format(
    name="access",
    begin=re.compile(
        rb"\n[^\n\[]{1,300}\[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
        rb'"[^"\n]{0,8000}" (?P<level>[1-5])\d\d '
    ),
    levels=LEVELS,
    moment=day_first,
    details=details,
    has_zone=True,
)
