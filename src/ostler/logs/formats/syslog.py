"""syslog: the kernel, HAProxy, keepalived and everything else that has no log of its own; also `journalctl -o short`,
`short-precise` and `short-iso`.

    Jan 15 10:05:48 ctl1 haproxy[12]: Server nova-api/ctl2 is DOWN, reason: Layer4 connection problem …
    2026-01-15T10:05:48.123456+00:00 ctl1 kernel: Out of memory: Killed process 1234 (mysqld) …
    2026-01-15T10:05:48+0000 ctl1 nova-api[12]: 2026-01-15 10:05:48.122 12 ERROR nova.api [req-…] …

A line has no level: one of oslo.log inside tells its own, of the others the words are judged. A request that HAProxy
logs is judged by its status: an answer of 500 and more is an error.
"""

from __future__ import annotations

import re

from ostler.logs.answers import BALANCED
from ostler.logs.event import Details, Level
from ostler.logs.formats import oslo
from ostler.logs.formats.format import Format, Writer, said, word_list
from ostler.logs.frames import BEGINS, CHAINED
from ostler.logs.moments import iso, month_first

_OLD = rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?"
_NEW = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)"
_NAMES = rb" (?P<host>[\w.\-]{1,100}) (?P<ident>[\w.\-/@()]{1,100}?)(?:\[(?P<pid>\d{1,10})\])?: "
_ENVELOPE = re.compile(rb"(?:<\d{1,3}>)?(?:" + _OLD + rb"|" + _NEW + rb")" + _NAMES)
_AGAIN = re.compile(rb"\n(?:<\d{1,3}>)?(?:" + _OLD + rb"|" + _NEW + rb") [\w.\-]{1,100} [^\n\[:]{1,100}(?:\[\d+\])?: ")
_INNER = (
    rb"(?:(?:" + oslo.TIME + rb" )?(?:\d{1,10} )?(?P<inner>" + word_list(oslo.LEVELS) + rb") [\w.\-]{1,200}(?=[ \n]))?"
)

GRAVE = re.compile(
    rb"out of memory|oom-kill|kernel bug|\bpanic|segfault|i/o error|call trace|\berror\b|\bfailed\b|\bfatal\b"
    rb"|has no server available|remounting filesystem read-only|hung_task|blocked for more than|traceback \(most"
    rb"|/[+\-]?\d{1,12} 5\d\d [\d+]",
    re.IGNORECASE,
)
"""Words of an error, wherever they stand in a line; the last is a request that HAProxy answered with 500 and more."""

AMISS = re.compile(rb"\bwarn|\bis down\b|\btimed? ?out|\brefused\b|\bunable to\b|\bcannot\b|\bdenied\b", re.IGNORECASE)
"""Words of a warning."""

_BALANCED = re.compile(BALANCED.encode())
_PRIORITY = re.compile(rb"<(\d{1,3})>")
GRAVITY = {0: Level.CRITICAL, 1: Level.CRITICAL, 2: Level.CRITICAL, 3: Level.ERROR, 4: Level.WARNING}
"""Priorities of syslog and the journal that say more than "somebody wrote this"."""

_RAISED = re.compile(rb"[A-Za-z_][\w.]{0,150}(?:Error|Exception|Failure|Timeout|NotFound|Refused|Exit|Interrupt)\b")
"""The last line of a traceback, which is not indented."""

LOOKED_AT = 400
"""Bytes of a line in which words are looked for."""


def details(raw: bytes) -> Details:
    """The fields of an event: host and service of the envelope, and what a line of oslo.log inside says."""
    line = _ENVELOPE.match(raw)
    if line is None:
        return Details(said(raw))
    host, ident = line["host"].decode(), line["ident"].decode()
    return within(host, ident, int(line["pid"]) if line["pid"] else None, _AGAIN.sub(b"\n", raw[line.end() :]))


def within(host: str, ident: str, pid: int | None, message: bytes) -> Details:
    """What an envelope carries, with the names the envelope has for it."""
    inner = oslo.inner(message)
    if inner is None:
        answer = _BALANCED.match(message)
        status = int(answer["status"]) if answer else None
        return Details(said(message), module=ident, pid=pid, host=host, service=ident, status=status)
    fields = {name: getattr(inner, name) for name in Details.__dataclass_fields__}
    return Details(**{**fields, "host": host, "service": ident, "pid": inner.pid if inner.pid is not None else pid})


def judge(raw: bytes) -> Level:
    """How grave a line is: as its priority says when that is a warning or worse, else as its words are."""
    line = raw[:LOOKED_AT]
    priority = _PRIORITY.match(line)
    if priority and (grave := GRAVITY.get(int(priority[1]) & 7)):
        return grave
    if b" haproxy" in line and (answer := _answer(line)) is not None:
        return Level.ERROR if answer >= 500 else Level.INFO
    if GRAVE.search(line):
        return Level.ERROR
    return Level.WARNING if AMISS.search(line) else Level.INFO


def _answer(line: bytes) -> int | None:
    """The status of a request that HAProxy logged."""
    envelope = _ENVELOPE.match(line)
    answer = _BALANCED.match(line, envelope.end()) if envelope else None
    return int(answer["status"]) if answer else None


def writer(raw: bytes) -> Writer | None:
    """Who wrote a line: a process, for as long as it goes on with a traceback."""
    line = _ENVELOPE.match(raw)
    if line is None or not line["pid"]:
        return None
    return writer_within(line["ident"] + b"[" + line["pid"] + b"]", raw[line.end() :])


def writer_within(key: bytes, message: bytes) -> Writer:
    """The same for a message whose envelope names its process."""
    found = oslo.writer(message)
    if found is not None:
        return Writer(key + found.key, found.is_more, found.begins_traceback)
    begins = message.startswith(BEGINS.encode())
    is_more = message[:1] in (b" ", b"\t") or message.startswith(CHAINED) or _RAISED.match(message) is not None
    return Writer(key, begins or is_more, begins)


def _moment(stamp: bytes, near: float) -> float | None:
    return iso(stamp) if stamp[4:5] == b"-" else month_first(stamp, near)


FORMAT = Format(
    name="syslog",
    begin=re.compile(
        rb"\n(?:<\d{1,3}>)?(?P<time>" + _OLD + rb"|" + _NEW
        + rb") [\w.\-]{1,100} [\w.\-/@()]{1,100}?(?:\[\d{1,10}\])?: " + _INNER
    ),
    levels=oslo.LEVELS,
    moment=_moment,
    details=details,
    judge=judge,
    writer=writer,
)  # fmt: skip
