"""Error logs of Apache, 2.2 and 2.4, and what WSGI services behind it write to their standard error.

    [Thu Jan 15 10:05:48.123456 2026] [wsgi:error] [pid 12:tid 34] [client 10.0.0.7:1234] mod_wsgi (pid=12): …
    [Thu Jan 15 10:05:48 2026] [error] [client 10.0.0.7] …

mod_wsgi says `error` of every line: where the line is one of oslo.log, the level is that line's.
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats import oslo
from ostler.logs.formats.format import Format, Writer, said, word_list
from ostler.logs.frames import BEGINS
from ostler.logs.moments import weekday_first

WORDS = {
    b"debug": Level.DEBUG,
    b"info": Level.INFO,
    b"notice": Level.INFO,
    b"warn": Level.WARNING,
    b"error": Level.ERROR,
    b"crit": Level.CRITICAL,
    b"alert": Level.CRITICAL,
    b"emerg": Level.CRITICAL,
}
_ENVELOPE = re.compile(
    rb"\[[^\]\n]{1,60}\] \[(?:(?P<module>[\w\-]*):)?\w+\] (?:\[pid (?P<pid>\d{1,10})[^\]\n]{0,60}\] )?"
    rb"(?P<client>\[(?:remote|client) [^\]\n]{0,80}\] )?"
)
_AGAIN = re.compile(
    rb"\n" + _ENVELOPE.pattern.replace(b"?P<module>", b"?:").replace(b"?P<pid>", b"?:").replace(b"?P<client>", b"?:")
)


def details(raw: bytes) -> Details:
    """The fields of an event, those of the line of oslo.log in it when there is one."""
    line = _ENVELOPE.match(raw)
    if line is None:
        return Details(said(raw))
    rest = _AGAIN.sub(b"\n", raw[line.end() :])
    pid = int(line["pid"]) if line["pid"] else None
    return oslo.inner(rest) or Details(said(rest), module=(line["module"] or b"apache").decode() or "apache", pid=pid)


def writer(raw: bytes) -> Writer | None:
    """Who wrote a line: a process, for as long as it goes on with a traceback."""
    line = _ENVELOPE.match(raw)
    if line is None or not line["pid"]:
        return None
    rest = raw[line.end() :]
    within = oslo.writer(rest)
    if within is not None:
        return Writer(line["pid"] + within.key, within.is_more, within.begins_traceback)
    begins = rest.startswith(BEGINS.encode())
    return Writer(line["pid"], begins or rest[:1] in (b" ", b"\t"), begins)


FORMAT = Format(
    name="apache-error",
    begin=re.compile(
        rb"\n\[(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4})\] "
        rb"\[(?:[\w\-]*:)?(?P<level>" + word_list(WORDS) + rb")\d?\] (?:\[pid [^\]\n]{0,60}\] )?"
        rb"(?:\[(?:remote|client) [^\]\n]{0,80}\] )?"
        rb"(?:" + oslo.TIME + rb" (?:\d+ )?(?P<inner>" + word_list(oslo.LEVELS) + rb") )?"
    ),
    levels={**WORDS, **oslo.LEVELS},
    moment=weekday_first,
    details=details,
    writer=writer,
)
