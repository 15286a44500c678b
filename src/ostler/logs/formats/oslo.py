"""OpenStack's services: oslo.log, old and new, with and without the context of a request.

    2026-01-15 10:05:48.751 10557 INFO cinder.api.wsgi [req-… USER PROJECT - default default] POST http://…
    2026-01-15 10:05:48.751 10557 ERROR nova.compute.manager [None req-… admin demo] [instance: UUID] Failed …
    2026-01-15 10:05:48.751 7 WARNING nova.scheduler [req-GLOBAL req-OWN USER PROJECT - - -] …
    INFO nova.api [None req-… admin demo] …                       (in the journal, where the time is the journal's)

The lines of a traceback repeat the time, process, level and logger, but not the request (oslo.log's
`logging_exception_prefix`; source: oslo.log's options, read 2026-11-26). Releases before Kilo wrote TRACE for them.
"""

from __future__ import annotations

import re

from ostler.logs.event import Details, Level
from ostler.logs.formats.format import LONGEST_LOOKED_AT, Format, Writer, said, word_list
from ostler.logs.frames import BEGINS
from ostler.logs.moments import iso

LEVELS = {
    b"DEBUG": Level.DEBUG,
    b"INFO": Level.INFO,
    b"AUDIT": Level.INFO,
    b"WARNING": Level.WARNING,
    b"WARN": Level.WARNING,
    b"ERROR": Level.ERROR,
    b"TRACE": Level.ERROR,
    b"CRITICAL": Level.CRITICAL,
}
COLOUR = rb"(?:\x1b\[[\d;]{0,8}m)?"
WORDS = rb"(?:" + word_list(LEVELS) + rb")"
TIME = rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?(?:Z|[+-]\d\d:?\d\d)?"
REQUEST = rb"req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

_LINE = re.compile(
    rb"(?:(?P<time>" + TIME + rb") )?(?:(?P<pid>\d{1,10}) )?"
    + COLOUR
    + rb"(?P<level>"
    + word_list(LEVELS)
    + rb"):? (?P<module>[\w.\-]{1,200})(?= |\n|$) ?"
    + COLOUR
    + rb"(?P<context>\[(?:(?:None |- )?"
    + REQUEST
    + rb"[^\]\n]{0,600}|(?:- ?|None ?){1,8})\] ?)?"
    + COLOUR
    + rb"(?P<instance>\[instance: ?(?P<server>[0-9a-f\-]{36})\] {0,2})?"
)  # fmt: skip
_REQUEST = re.compile(REQUEST)
_ANSWER = re.compile(
    rb'"[A-Z]{3,8} [^"\n]{1,4000} HTTP/[\d.]+" (?:status: )?(?P<status>\d{3})(?:,? +(?:len: )?\d+)?'
    rb"(?:,? +(?:time: )?(?P<seconds>\d{1,7}\.\d+))?"
)
_REPEATED = re.compile(rb"\n" + TIME + rb" (?:\d+ )?" + WORDS + rb" [\w.\-]{1,200} (?:\[instance: ?[0-9a-f\-]{36}\] )?")


def details(raw: bytes) -> Details:
    """The fields of an event; what is no line of oslo.log is text without fields."""
    raw = raw[:LONGEST_LOOKED_AT]
    line = _LINE.match(raw)
    if line is None:
        return Details(said(raw))
    ids = _REQUEST.findall(line["context"] or b"")
    after = (line["context"] or b"").rpartition(ids[-1])[2].rstrip(b"] ").split() if ids else []
    rest = raw[line.end() :]
    answer = _ANSWER.search(raw, line.end(), line.end() + 5000) if b" HTTP/" in raw else None
    return Details(
        text=said(_REPEATED.sub(b"\n", rest) if b"\n" in rest[:-1] else rest),
        module=line["module"].decode(),
        pid=int(line["pid"]) if line["pid"] else None,
        request=ids[-1].decode() if ids else None,
        global_request=ids[0].decode() if len(ids) > 1 else None,
        user=_named(after, 0),
        tenant=_named(after, 1),
        instance=line["server"].decode() if line["server"] else None,
        status=int(answer["status"]) if answer else None,
        duration_s=float(answer["seconds"]) if answer and answer["seconds"] else None,
    )


def inner(raw: bytes) -> Details | None:
    """The fields of what an envelope carries; None when that is no line of oslo.log."""
    return details(raw) if _LINE.match(raw) else None


def writer(raw: bytes) -> Writer | None:
    """Who wrote a line; a traceback's lines have no request, and what is said for the first time has."""
    line = _LINE.match(raw)
    if line is None:
        return None
    key = raw[: line.end("module")].replace(b" TRACE ", b" ERROR ")
    begins = raw.startswith(BEGINS.encode(), line.end())
    is_trace = line["level"] == b"TRACE"
    return Writer(key, is_trace or (line["context"] is None and line["level"] in (b"ERROR", b"CRITICAL")), begins)


def _named(words: list[bytes], place: int) -> str | None:
    return words[place].decode("utf-8", "replace") if len(words) > place and words[place] != b"-" else None


FORMAT = Format(
    name="oslo",
    begin=re.compile(
        rb"\n" + COLOUR + rb"(?P<time>" + TIME + rb") (?:\d{1,10} )?" + COLOUR
        + rb"(?P<level>" + word_list(LEVELS) + rb"):? [\w.\-]{1,200}(?=[ \n])"
    ),
    levels=LEVELS,
    moment=iso,
    details=details,
    writer=writer,
)  # fmt: skip
