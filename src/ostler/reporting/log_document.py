"""Logged events as JSON: one object for each line, the last one a summary; and other answers as one document. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal, TypedDict

from pydantic import TypeAdapter

from ostler.logs.clocks import Clock
from ostler.logs.event import Event
from ostler.logs.joining import Family
from ostler.logs.personal import personal_in
from ostler.logs.rates import Rates
from ostler.logs.reading import Tally
from ostler.logs.templates import Template
from ostler.reporting.log_words import LONGEST_IN_FULL, clean, moment, shown


class FrameShown(TypedDict):
    """One frame of a traceback; ``module`` is the file below its folder of packages."""

    file: str
    module: str
    line: int
    function: str


class EventShown(TypedDict):
    """One event: ``time`` is corrected by what is known of its host's clock, ``line`` is 0 when it was not counted,
    ``personal`` names the kinds of personal data in it. Secrets are masked in ``text``."""

    event: Literal["logged"]
    time: str
    host: str
    project: str
    service: str
    level: str
    module: str
    pid: int | None
    request: str | None
    global_request: str | None
    instance: str | None
    status: int | None
    duration_s: float | None
    text: str
    frames: list[FrameShown]
    personal: list[str]
    file: str
    line: int
    offset: int
    is_whole: bool


class ClockShown(TypedDict):
    """A host's clock beside the reference's, in seconds; None where nothing bounds the difference."""

    host: str
    reference: str
    ahead_s: float
    least_s: float | None
    most_s: float | None
    is_zone: bool


class NotRead(TypedDict):
    """A log that was not, or not wholly, read."""

    file: str
    says: str


class SummaryShown(TypedDict):
    """What was read, after all events."""

    event: Literal["summary"]
    events: int
    files: int
    lines: int
    clocks: list[ClockShown]
    calls: list[tuple[str, str]]
    not_read: list[NotRead]


def event_line(event: Event) -> str:
    """One event as one line of JSON."""
    return json.dumps(event_document(event), ensure_ascii=False)


def event_document(event: Event) -> EventShown:
    """One event as plain data."""
    details = event.details
    return {
        "event": "logged",
        "time": moment(event.time),
        "host": clean(event.host),
        "project": clean(event.project),
        "service": clean(event.service),
        "level": event.level.name.lower(),
        "module": clean(details.module),
        "pid": details.pid,
        "request": details.request,
        "global_request": details.global_request,
        "instance": details.instance,
        "status": details.status,
        "duration_s": details.duration_s,
        "text": shown(details.text, LONGEST_IN_FULL),
        "frames": [
            {
                "file": clean(frame.file),
                "module": clean(frame.module),
                "line": frame.line,
                "function": clean(frame.function),
            }
            for frame in event.frames
        ],
        "personal": list(personal_in(event)),
        "file": clean(event.log.name),
        "line": event.line,
        "offset": event.offset,
        "is_whole": event.is_whole,
    }


def summary_document(
    count: int, tally: Tally, clocks: Sequence[Clock], family: Family | None = None
) -> SummaryShown:
    """What was read, as plain data."""
    return {
        "event": "summary",
        "events": count,
        "files": tally.files,
        "lines": tally.lines,
        "clocks": [
            {
                "host": clean(each.host),
                "reference": clean(each.reference),
                "ahead_s": round(each.ahead_s, 3),
                "least_s": None if each.least_s is None else round(each.least_s, 3),
                "most_s": None if each.most_s is None else round(each.most_s, 3),
                "is_zone": each.is_zone,
            }
            for each in clocks
        ],
        "calls": sorted(family.calls) if family else [],
        "not_read": [{"file": clean(each.log.name), "says": clean(each.says)} for each in tally.problems],
    }


def templates_document(templates: Sequence[Template], since: float | None) -> dict[str, Any]:
    """New templates as plain data."""
    return {
        "since": None if since is None else moment(since),
        "templates": [
            {
                "template": shown(each.text),
                "level": each.level.name.lower(),
                "project": clean(each.project),
                "module": clean(each.module),
                "count": each.count,
                "first": moment(each.first),
                "last": moment(each.last),
                "example": event_document(each.example),
            }
            for each in templates
        ],
    }


def rates_document(rates: Rates, level: str) -> dict[str, Any]:
    """Rates as plain data."""
    return {
        "level": level,
        "begins": moment(rates.begins),
        "step_s": rates.step_s,
        "services": {clean(service): row for service, row in rates.rows.items()},
    }


def logs_schema() -> str:
    """The published schema of one line of `ostler logs --json`."""
    schema = TypeAdapter[EventShown | SummaryShown](EventShown | SummaryShown).json_schema()
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"
