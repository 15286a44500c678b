"""What is kept of the logs for a diagnosis: what is grave, what users were answered, how far work came.

Events go by once, in the order of time; what is kept does not grow with the length of the logs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from ostler.diagnosis.knowledge import Knowledge
from ostler.diagnosis.leaning import known
from ostler.diagnosis.telltales import Telltales, Word, known_telltales
from ostler.logs.answers import Answered, answer_in
from ostler.logs.event import Event, Level
from ostler.logs.finding import PROJECTS
from ostler.logs.moments import is_wild
from ostler.logs.personal import personal_in
from ostler.logs.templates import shape_of

LONGEST_KEPT = 24_000
"""Characters of one event that are kept: a traceback that was sent through several services is long."""

MOST_ALIKE = 12
MOST_KEPT = 4000
MOST_MARKS = 20_000
MOST_HEARD = 1000
MOST_TIMES = 200
MOST_SAID = 5
LASTS_S = 60.0
"""A fault of the infrastructure that nobody speaks of for so long has come up anew when somebody does."""


ANSWERING = frozenset(("access", "uwsgi", "haproxy"))
"""What tells of answers: its errors are answers of 500 and more."""

_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Said:
    """One event as it is kept: its fields, where it stands, and which kinds of personal data are in it. ``line`` is 0
    where lines were not counted, ``offset`` None in what is no file."""

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
    offset: int | None = None

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """An API's answer to a request: ``path`` without ids and query; ``said`` is the line that tells it, ``project``
    whose API it is, and ``is_told_by_balancer`` that the API itself may have told of it, too."""

    method: str
    path: str
    status: int
    said: Said
    project: str
    is_told_by_balancer: bool = False


@dataclass
class Activity:
    """When one service on one host was heard of, and how long it was silent at most; seconds."""

    first: float
    last: float
    count: int = 0
    longest_s: float = 0.0

    def again(self, time: float) -> None:
        """It said something."""
        self.longest_s = max(self.longest_s, time - self.last)
        self.last, self.count = max(self.last, time), self.count + 1


@dataclass
class Kind:
    """Warnings or errors that are alike: the first of them, how many there were, and when. Of many every second time is
    kept, of more every fourth, and so on."""

    first: Said
    count: int = 0
    began: float = 0.0
    last: float = 0.0
    _times: list[float] = field(default_factory=list)
    _each: int = 1

    def again(self, time: float, *, is_wild: bool = False) -> None:
        """It was said once more; a time that it cannot have been is no time of it."""
        if is_wild:
            self.count += 1
            return
        if self.count % self._each == 0:
            self._times.append(time)
            if len(self._times) > MOST_TIMES:
                self._times, self._each = self._times[::2], 2 * self._each
        self.count += 1
        self.began, self.last = self.began or time, time

    def since(self, time: float) -> int:
        """About how many there were from a time on."""
        return min(self.count, self._each * sum(at >= time for at in self._times))


@dataclass
class Heard:
    """What was heard of a fault of one part of the infrastructure: the first lines, how often, and when.

    ``times`` is how often it came up, ``began`` when it did the last time, ``longest_s`` how long it lasted at most
    each time; ``over`` when the logs said that it was well again, None when they did not since. ``by`` are those who
    said so, and when last.
    """

    said: list[Said]
    first: float
    last: float
    began: float
    count: int = 0
    times: int = 1
    longest_s: float = 0.0
    over: float | None = None
    by: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def again(self, said: Said) -> None:
        """It was said once more."""
        if self.over is not None or said.time - self.last > LASTS_S:
            self.began, self.over = said.time, None
            self.times += 1
        self.last, self.count = said.time, self.count + 1
        self.longest_s = max(self.longest_s, said.time - self.began)
        self.by[said.host, said.project, said.service] = said.time
        if len(self.said) < MOST_SAID:
            self.said.append(said)

    def ends(self, time: float) -> None:
        """It was said to be over."""
        if self.over is None:
            self.over, self.longest_s = time, max(self.longest_s, time - self.began)


@dataclass
class Seen:
    """All that a diagnosis judges.

    ``answers`` are those that failed; ``answered`` counts all by project and method; ``marks`` are the times at which
    work of a kind was begun or came to a stage, by the mark's name; ``kinds`` are warnings and worse by module and
    shape, as many as are kept. ``heard`` is what was said of broken parts of the infrastructure, by telltale, host and
    name of the part. ``begins`` and ``ends`` are the first and last time that is not wild, as far as there is one.
    """

    errors: list[Said] = field(default_factory=list)
    warnings: list[Said] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    answered: Counter[tuple[str, str]] = field(default_factory=Counter)
    marks: dict[str, list[Said]] = field(default_factory=dict)
    kinds: dict[tuple[str, str], Kind] = field(default_factory=dict)
    services: dict[tuple[str, str, str], Activity] = field(default_factory=dict)
    heard: dict[tuple[str, str, str], Heard] = field(default_factory=dict)
    events: int = 0
    begins: float = 0.0
    ends: float = 0.0

    @property
    def projects(self) -> set[str]:
        """The projects that said anything."""
        return {project for _, project, _ in self.services}


def observe(events: Iterable[Event], knowledge: Knowledge, *, hears: bool = True) -> Seen:
    """Keep what matters of events, which come in the order of time. Without ``hears`` words on broken parts of the
    infrastructure are not looked for: where rules judge those, nobody asks."""
    seen = Seen()
    for event in events:
        _observe(event, seen, knowledge, hears)
    if seen.events and not seen.ends:
        seen.begins = min(each.first for each in seen.services.values())
        seen.ends = max(each.last for each in seen.services.values())
    return seen


def _observe(event: Event, seen: Seen, knowledge: Knowledge, hears: bool) -> None:
    if not is_wild(event.time, event.log.changed_at):
        seen.begins = min(seen.begins, event.time) if seen.ends else event.time
        seen.ends = max(seen.ends, event.time)
    seen.events += 1
    key = (event.host, event.project, event.service)
    activity = seen.services.get(key)
    if activity is None:
        activity = seen.services[key] = Activity(event.time, event.time)
    activity.again(event.time)
    text = event.text
    said: Said | None = None
    answer = _answer_of(event, text)
    if event.level >= Level.WARNING and (answer is None or event.level < Level.ERROR):
        said = _keep(event, text, seen)
    if answer is not None:
        said = said or said_of(event)
        _observe_answer(answer, said, seen, knowledge)
    for word in telltales().in_event(event, text) if hears else ():
        said = said or said_of(event)
        _hear(word, said, seen)
    for name in knowledge.marks_in(event.module, text[:400]):
        _mark(name, said or said_of(event), seen)


def _answer_of(event: Event, text: str) -> Answered | None:
    """The answer of an API that an event is; an error that only quotes one is none."""
    if event.level >= Level.ERROR and event.module not in ANSWERING:
        return None
    return answer_in(text)


def _keep(event: Event, text: str, seen: Seen) -> Said | None:
    name = (event.module or event.service, shape_of(text))
    kept = seen.errors if event.level >= Level.ERROR else seen.warnings
    kind = seen.kinds.get(name)
    if kind is None:
        if len(seen.kinds) >= 2 * MOST_KEPT:
            return None
        kind = seen.kinds[name] = Kind(said_of(event))
    kind.again(event.time, is_wild=is_wild(event.time, event.log.changed_at))
    if kind.count > MOST_ALIKE or len(kept) >= MOST_KEPT:
        return None
    said = kind.first if kind.count == 1 else said_of(event)
    kept.append(said)
    return said


def _observe_answer(found: Answered, said: Said, seen: Seen, knowledge: Knowledge) -> None:
    """Count an answer. What a load balancer tells begins no work: the API tells of the same."""
    path = _ID.sub("*", found.path)
    project = _project_of(found, said)
    seen.answered[project, found.method] += 1
    if not found.backend:
        for name in knowledge.marks_of_answer(project, found.method, path, found.status):
            _mark(name, said, seen)
    if found.status >= 400 and len(seen.answers) < MOST_KEPT:
        seen.answers.append(Answer(found.method, path, found.status, said, project, bool(found.backend)))


def _project_of(found: Answered, said: Said) -> str:
    """Whose API answered: of a load balancer's backend by its name (`nova-api`, `nova_api_back`)."""
    named = re.split(r"[-_.:]", found.backend)[0].lower()
    return named if named in PROJECTS else said.project


def _hear(word: Word, said: Said, seen: Seen) -> None:
    key = (word.id, said.host, word.name)
    heard = seen.heard.get(key)
    if word.is_over:
        if heard is not None:
            heard.ends(said.time)
        return
    if heard is None:
        if len(seen.heard) >= MOST_HEARD:
            return
        heard = seen.heard[key] = Heard([], said.time, said.time, said.time)
    heard.again(said)


@cache
def telltales() -> Telltales:
    """The telltales, with those whose lines count for parts of a kind."""
    return Telltales(known_telltales(), {kind: each.services for kind, each in known().told.items()})


def _mark(name: str, said: Said, seen: Seen) -> None:
    marks = seen.marks.setdefault(name, [])
    if len(marks) < MOST_MARKS:
        marks.append(said)


def said_of(event: Event) -> Said:
    """What is kept of one event."""
    return Said(
        event.time, int(event.level), event.project, event.service, event.host, event.module, event.request,
        event.instance, event.text[:LONGEST_KEPT], event.file, event.line, personal_in(event),
        None if event.log.is_part else event.offset,
    )  # fmt: skip
