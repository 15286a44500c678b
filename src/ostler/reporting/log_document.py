"""Logged events as JSON: one object for each line, the last one a summary; and other answers as one document. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from ostler.logs.clocks import Clock
from ostler.logs.event import Event
from ostler.logs.joining import Family
from ostler.logs.moments import moment
from ostler.logs.personal import personal_in
from ostler.logs.rates import Rates
from ostler.logs.reading import Tally
from ostler.logs.templates import Template
from ostler.reporting.log_words import LONGEST_IN_FULL, clean, shown


@dataclass(frozen=True)
class FrameShown:
    """One frame of a traceback; ``module`` is the file below its folder of packages."""

    file: str
    module: str
    line: int
    function: str


@dataclass(frozen=True)
class EventShown:
    """One event: ``time`` is corrected by what is known of its host's clock, ``line`` is 0 when it was not counted,
    ``offset`` the place of its first byte, None in an export of the journal, ``personal`` names the kinds of personal
    data in it. Secrets are masked in ``text``."""

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
    offset: int | None
    is_whole: bool
    event: Literal["logged"] = "logged"


@dataclass(frozen=True)
class ClockShown:
    """A host's clock beside the reference's, in seconds; None where nothing bounds the difference."""

    host: str
    reference: str
    ahead_s: float
    least_s: float | None
    most_s: float | None
    is_zone: bool


@dataclass(frozen=True)
class NotRead:
    """A log that was not, or not wholly, read, or of which something is estimated."""

    file: str
    says: str


@dataclass(frozen=True)
class SummaryShown:
    """What was read, after all events."""

    events: int
    files: int
    lines: int
    clocks: list[ClockShown]
    calls: list[tuple[str, str]]
    not_read: list[NotRead]
    estimated: list[NotRead]
    event: Literal["summary"] = "summary"


_ENCODER = json.JSONEncoder(default=vars, ensure_ascii=False)
"""One for all: `json.dumps` makes a new one for each event."""


def event_line(event: Event) -> str:
    """One event as one line of JSON."""
    return _ENCODER.encode(event_shown(event))


def event_shown(event: Event) -> EventShown:
    """One event as it is shown."""
    details = event.details
    return EventShown(
        time=moment(event.time),
        host=clean(event.host),
        project=clean(event.project),
        service=clean(event.service),
        level=event.level.name.lower(),
        module=clean(details.module),
        pid=details.pid,
        request=details.request,
        global_request=details.global_request,
        instance=details.instance,
        status=details.status,
        duration_s=details.duration_s,
        text=shown(details.text, LONGEST_IN_FULL),
        frames=[
            FrameShown(clean(frame.file), clean(frame.module), frame.line, clean(frame.function))
            for frame in event.frames
        ],
        personal=list(personal_in(event)),
        file=clean(event.file),
        line=event.line,
        offset=None if event.log.is_part else event.offset,
        is_whole=event.is_whole,
    )


def summary_line(count: int, tally: Tally, clocks: Sequence[Clock], family: Family | None = None) -> str:
    """What was read, as one line of JSON."""
    found = SummaryShown(
        events=count,
        files=tally.files,
        lines=tally.lines,
        clocks=[_clock_shown(each) for each in clocks],
        calls=sorted(family.calls) if family else [],
        not_read=[NotRead(clean(each.log.name), clean(each.says)) for each in tally.problems],
        estimated=[NotRead(clean(each.log.name), clean(each.says)) for each in tally.notes],
    )
    return json.dumps(found, default=vars, ensure_ascii=False)


def _clock_shown(clock: Clock) -> ClockShown:
    return ClockShown(
        clean(clock.host),
        clean(clock.reference),
        round(clock.ahead_s, 3),
        None if clock.least_s is None else round(clock.least_s, 3),
        None if clock.most_s is None else round(clock.most_s, 3),
        clock.is_zone,
    )


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
                "example": asdict(event_shown(each.example)),
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
