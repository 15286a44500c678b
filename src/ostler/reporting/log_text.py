"""Logged events as text for a tired operator: in order, repetitions folded, errors with their place. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ostler.logs.clocks import Clock
from ostler.logs.event import Event, Level
from ostler.logs.joining import Family
from ostler.logs.moments import moment
from ostler.logs.reading import Tally
from ostler.logs.templates import Template, shape_of
from ostler.reporting.log_words import (
    LETTERS,
    LONGEST_IN_FULL,
    PERSONAL,
    cause,
    clean,
    clock,
    day,
    first_line,
    personal_mark,
    place,
    shown,
)
from ostler.reporting.report_picture import span_words

Paint = Callable[[str, Level], str]
"""Colours a text for a terminal by how grave it is; must not look at the text."""

LEAST_WIDTH = 60
MOST_PROBLEMS = 8


class Lines:
    """Turns events into lines. ``width`` is that of the terminal (None: lines are not cut); ``is_full`` shows whole
    texts and tracebacks."""

    def __init__(self, *, width: int | None, is_full: bool, has_hosts: bool, paint: Paint | None = None) -> None:
        self._width = None if width is None or is_full else max(LEAST_WIDTH, width)
        self._is_full = is_full
        self._has_hosts = has_hosts
        self._paint = paint
        self._day = ""
        self.count = 0
        self.personal = 0
        self.first: float | None = None
        self.last: float | None = None

    def of(self, events: Iterable[Event]) -> Iterator[str]:
        """Yield the lines of events in their order; what one service says again and again is said once."""
        before: Event | None = None
        shape, again = "", 0
        for event in events:
            self._note(event)
            its_shape = shape_of(event.text)
            is_again = before is not None and its_shape == shape and self._is_alike(before, event)
            if is_again and not self._is_full:
                again, before = again + 1, event
                continue
            if before is not None and again:
                yield _again(again, before)
            yield from self._lines(event)
            before, shape, again = event, its_shape, 0
        if before is not None and again:
            yield _again(again, before)

    def _note(self, event: Event) -> None:
        self.count += 1
        self.first = event.time if self.first is None else min(self.first, event.time)
        self.last = event.time if self.last is None else max(self.last, event.time)

    @staticmethod
    def _is_alike(one: Event, other: Event) -> bool:
        return (one.service, one.host, one.module, one.level) == (other.service, other.host, other.module, other.level)

    def _lines(self, event: Event) -> Iterator[str]:
        if day(event.time) != self._day:
            self._day = day(event.time)
            yield f"── {self._day} (UTC) ──"
        mark = personal_mark(event)
        self.personal += bool(mark)
        host = f"{clean(event.host) or '-':<12} " if self._has_hosts else ""
        request = f"{event.request[:12]} " if event.request else ""
        module = f"{clean(event.module)}: " if event.module else ""
        head = f"{clock(event.time)} {host}{clean(event.service) or '-':<18} {LETTERS[event.level]} {mark}"
        line = self._cut(f"{head}{request}{module}{first_line(event)}")
        yield self._paint(line, event.level) if self._paint else line
        if self._is_full:
            yield from (f"    {rest}" for rest in shown(event.text, LONGEST_IN_FULL).split("\n")[1:])
        if self._is_full or event.level >= Level.ERROR:
            why = cause(event)
            yield self._cut(f"{'':12} └ {place(event)}{'  ' + why if why else ''}")

    def _cut(self, line: str) -> str:
        return line if self._width is None or len(line) <= self._width else line[: self._width - 1] + "…"


def _again(count: int, last: Event) -> str:
    return f"{'':12} … {count} more like it, the last at {clock(last.time)}"


def summary_text(lines: Lines, tally: Tally, clocks: Sequence[Clock]) -> Iterator[str]:
    """Yield what stands below the events: how many, of what, what could not be read, how the clocks differ."""
    yield ""
    when = f", {moment(lines.first)} to {moment(lines.last)}" if lines.first is not None and lines.last else ""
    yield f"{lines.count:,} events shown of {tally.lines:,} lines in {tally.files:,} logs{when}."
    if lines.personal:
        yield f"{PERSONAL} marks {lines.personal} with personal data (addresses, names): mind where you paste them."
    yield from clocks_text(clocks)
    yield from problems_text(tally)


def problems_text(tally: Tally) -> Iterator[str]:
    """Yield one line for each log that was not, or not wholly, read, or of which something is estimated."""
    for problem in tally.problems[:MOST_PROBLEMS]:
        yield f"not read: {clean(problem.log.name)}: {clean(problem.says)}"
    if len(tally.problems) > MOST_PROBLEMS:
        yield f"not read: {len(tally.problems) - MOST_PROBLEMS} more; --json lists them"
    for note in tally.notes[:MOST_PROBLEMS]:
        yield f"{clean(note.log.name)}: {clean(note.says)}"


def clocks_text(clocks: Sequence[Clock]) -> Iterator[str]:
    """Yield one line for each host whose clock differs, and one for all that do not."""
    for clock_of in clocks:
        if clock_of.ahead_s:
            word = "ahead of" if clock_of.ahead_s > 0 else "behind"
            what = "another time zone?" if clock_of.is_zone else "a wrong clock?"
            yield (
                f"{clean(clock_of.host)} is {_span(abs(clock_of.ahead_s))} {word} {clean(clock_of.reference)} "
                f"({_bounds(clock_of)}; {what} Times are shown corrected.)"
            )
    fine = [clean(each.host) for each in clocks if not each.ahead_s]
    if fine:
        yield f"clocks that agree with {clean(clocks[0].reference)}'s, as far as requests tell: {', '.join(fine[:20])}"


def _bounds(clock_of: Clock) -> str:
    if clock_of.least_s is None or clock_of.most_s is None:
        return "requests bound it from one side only"
    return f"by requests that both hosts saw: {clock_of.least_s:+.1f} to {clock_of.most_s:+.1f} s"


def _span(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else span_words(seconds)


def calls_text(family: Family, events: Sequence[Event]) -> Iterator[str]:
    """Yield who called whom within a request, as far as its events tell."""
    services: dict[str, list[str]] = {}
    for event in events:
        if event.request and event.service not in services.setdefault(event.request, []):
            services[event.request].append(event.service)
    children = sorted(family.calls)
    called = {child for _, child in children}
    known = [each for each in services if each not in called]
    if len(services) > 1:
        yield "calls between services:"
        done: set[str] = set()
        for each in known or sorted(services)[:1]:
            yield from _call_lines(each, children, services, 1, done)


def _call_lines(
    request: str, calls: Sequence[tuple[str, str]], services: dict[str, list[str]], depth: int, done: set[str]
) -> Iterator[str]:
    if request in done or depth > 12:
        return
    done.add(request)
    yield f"{'  ' * depth}{request}  {clean(', '.join(services.get(request, ['(nothing logged)'])))}"
    for parent, child in calls:
        if parent == request:
            yield from _call_lines(child, calls, services, depth + 1, done)


def templates_text(templates: Sequence[Template], since: float | None, of: str) -> Iterator[str]:
    """Yield templates that were not there before, the gravest first."""
    when = f" before {moment(since)}" if since is not None else ""
    yield f"{len(templates)} kinds of events that {of}{when}" + (":" if templates else ".")
    for template in templates:
        event = template.example
        yield ""
        count = f"{template.count:,} times" if template.count != 1 else "once"
        yield (
            f"{LETTERS[template.level]} {clean(event.service)} {clean(template.module)}: {count}, "
            f"{clock(template.first)} to {clock(template.last)}, first at {place(event)}"
        )
        yield f"    {personal_mark(event)}{first_line(event)}"
        if why := cause(event):
            yield f"    {why}"
