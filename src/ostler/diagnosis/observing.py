"""What is kept of the logs for a diagnosis: what is grave, what users were answered, how far work came.

Events go by once, in the order of time; what is kept does not grow with the length of the logs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ostler.diagnosis.knowledge import Knowledge
from ostler.logs.event import Event, Level
from ostler.logs.personal import personal_in
from ostler.logs.templates import shape_of

LONGEST_KEPT = 24_000
"""Characters of one event that are kept: a traceback that was sent through several services is long."""

MOST_ALIKE = 12
MOST_KEPT = 4000
MOST_MARKS = 20_000

_ANSWER = re.compile(
    r'"(?P<method>[A-Z]{3,8}) (?P<path>[^\s"]{1,2000})(?: HTTP/[\d.]+)?" (?:status: )?(?P<status>\d{3})'
)
_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Said:
    """One event as it is kept: its fields, where it stands, and which kinds of personal data are in it."""

    time: float
    level: int
    project: str
    service: str
    host: str
    module: str
    request: str | None
    instance: str | None
    text: str
    file: str
    line: int
    personal: tuple[str, ...] = ()

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """An API's answer to a request: ``path`` without ids and query; ``said`` is the line that tells it."""

    method: str
    path: str
    status: int
    said: Said


@dataclass
class Activity:
    """When one service on one host was heard of, and how long it was silent at most; seconds."""

    first: float
    last: float
    count: int = 0


@dataclass
class Seen:
    """All that a diagnosis judges.

    ``answers`` are those that failed; ``answered`` counts all by project and method; ``marks`` are the times at which
    work of a kind was begun or came to a stage, by the mark's name; ``kinds`` counts warnings and worse by module and
    shape.
    """

    errors: list[Said] = field(default_factory=list)
    warnings: list[Said] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    answered: Counter[tuple[str, str]] = field(default_factory=Counter)
    marks: dict[str, list[Said]] = field(default_factory=dict)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    services: dict[tuple[str, str, str], Activity] = field(default_factory=dict)
    events: int = 0
    begins: float = 0.0
    ends: float = 0.0

    @property
    def projects(self) -> set[str]:
        """The projects that said anything."""
        return {project for _, project, _ in self.services}


def observe(events: Iterable[Event], knowledge: Knowledge) -> Seen:
    """Keep what matters of events, which come in the order of time."""
    seen = Seen()
    for event in events:
        _observe(event, seen, knowledge)
    return seen


def _observe(event: Event, seen: Seen, knowledge: Knowledge) -> None:
    seen.begins = event.time if not seen.events else min(seen.begins, event.time)
    seen.ends = max(seen.ends, event.time)
    seen.events += 1
    key = (event.host, event.project, event.service)
    activity = seen.services.get(key)
    if activity is None:
        activity = seen.services[key] = Activity(event.time, event.time)
    activity.last, activity.count = max(activity.last, event.time), activity.count + 1
    text = event.text
    said: Said | None = None
    if event.level >= Level.WARNING:
        said = _keep(event, text, seen)
    found = _ANSWER.search(text, 0, 5000) if event.level < Level.ERROR else None
    if found is not None:
        said = said or said_of(event)
        _observe_answer(found, said, seen, knowledge)
    for name in knowledge.marks_in(event.module, text[:400]):
        _mark(name, said or said_of(event), seen)


def _keep(event: Event, text: str, seen: Seen) -> Said | None:
    kind = (event.module or event.service, shape_of(text))
    seen.kinds[kind] += 1
    kept = seen.errors if event.level >= Level.ERROR else seen.warnings
    if seen.kinds[kind] > MOST_ALIKE or len(kept) >= MOST_KEPT:
        return None
    said = said_of(event)
    kept.append(said)
    return said


def _observe_answer(found: re.Match[str], said: Said, seen: Seen, knowledge: Knowledge) -> None:
    method, status = found["method"], int(found["status"])
    path = _ID.sub("*", found["path"].partition("?")[0])
    seen.answered[said.project, method] += 1
    for name in knowledge.marks_of_answer(said.project, method, path, status):
        _mark(name, said, seen)
    if status >= 400 and len(seen.answers) < MOST_KEPT:
        seen.answers.append(Answer(method, path, status, said))


def _mark(name: str, said: Said, seen: Seen) -> None:
    marks = seen.marks.setdefault(name, [])
    if len(marks) < MOST_MARKS:
        marks.append(said)


def said_of(event: Event) -> Said:
    """What is kept of one event."""
    return Said(
        event.time, int(event.level), event.project, event.service, event.host, event.module, event.request,
        event.instance, event.text[:LONGEST_KEPT], event.log.name, event.line, personal_in(event),
    )  # fmt: skip
