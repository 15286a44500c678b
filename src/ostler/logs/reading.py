"""From the bytes of a log to its events, batch by batch: blocks are searched as a whole, not line by line.

An event is all from where its first line begins to where the next event begins. Lines of a traceback that repeat what
stands before them belong to the event they go on with, also when other processes write in between. What fits no format
is part of the event before it; at the beginning of a log it is passed over. Whatever a log holds, reading it goes on.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import repeat
from operator import attrgetter

from ostler.logs.blocks import LONGEST_EVENT, Block, blocks_of, next_begin
from ostler.logs.envelopes import CONTAINERS, JOURNALS, envelope_of, translated
from ostler.logs.event import Event, Level, LogFile
from ostler.logs.formats import FORMATS, syslog
from ostler.logs.formats.format import Format
from ostler.logs.frames import BEGINS, CHAINED
from ostler.logs.opening import PIECE_BYTES, Spoiled, is_archive, is_packed, pieces
from ostler.logs.searching import first_time, is_without_zone, start_for, stated_zone
from ostler.logs.since_boot import dated
from ostler.logs.wanted import Wanted

SAMPLE_BYTES = 64 * 1024
GLANCE_BYTES = 8 * 1024
"""What is looked at of a log to tell its formats: first a little, then more."""

RARE = 0.02
"""A second format in a log counts when so large a part of its events is of it."""

INTERLEAVED = 64
"""How many writers may be in the middle of a traceback at once."""

LATE_S = 300.0
"""How much later than asked for the events of a log must be before the reading of it ends."""

TRACEBACK = BEGINS.encode()
INFO, ERROR = Level.INFO, Level.ERROR


@dataclass(frozen=True)
class Problem:
    """What could not be read of a log, or only be estimated, in words."""

    log: LogFile
    says: str


@dataclass
class Tally:
    """What a reading saw: files, lines and bytes (unpacked), what went wrong, and in ``notes`` what was estimated."""

    files: int = 0
    lines: int = 0
    bytes: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    def tell(self, log: LogFile, says: str) -> None:
        """Remember one problem of a log; more of the same log say nothing new."""
        if log.path not in self._told:
            self._told.add(log.path)
            self.problems.append(Problem(log, says))


@dataclass(frozen=True)
class Opened:
    """A log that was looked into.

    ``formats`` are those it is written in, the commonest first (none: it is no log); ``translation`` says which
    envelope it comes in; ``begins`` is the time of its first event (None: not known). ``zone_s`` is what its host's
    time zone is ahead of UTC, for times without one, and ``ahead_s`` what its host's clock is ahead of the others';
    ``stated_zone_s`` is the zone that its own times state; ``ahead_of`` is what the clocks of hosts are ahead that only
    its lines name.
    """

    log: LogFile
    formats: tuple[Format, ...] = ()
    is_packed: bool = False
    translation: str = ""
    begins: float | None = None
    zone_s: float = 0.0
    ahead_s: float = 0.0
    stated_zone_s: float | None = None
    ahead_of: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_naive(self) -> bool:
        """Whether its times say nothing of their zone."""
        return (
            self.stated_zone_s is None
            and self.translation not in JOURNALS
            and not all(each.has_zone for each in self.formats)
        )

    @property
    def has_hosts(self) -> bool:
        """Whether its lines name the hosts they are from."""
        return any(each.name == "syslog" for each in self.formats)


def look_into(log: LogFile, tally: Tally) -> Opened:
    """Read the beginning of a log, and say what it is."""
    try:
        beginning = next(pieces(log.path, size=SAMPLE_BYTES), b"")
        packed = len(beginning) != log.size_bytes and is_packed(log.path)
    except Spoiled as error:
        tally.tell(log, str(error))
        return Opened(log)
    except OSError as error:
        tally.tell(log, f"it cannot be read: {error.strerror or error}")
        return Opened(log)
    if is_archive(beginning):
        tally.tell(log, "it is an archive of files: unpack it first")
        return Opened(log)
    translation = envelope_of(beginning)
    if translation:
        beginning = b"".join(translated([beginning], translation, log.service))
    log = replace(log, is_part=True) if translation else log
    formats = formats_of(beginning)
    if translation in CONTAINERS and syslog.FORMAT not in formats:
        formats = (*formats, syslog.FORMAT)
    opened = Opened(log, formats, packed, translation)
    opened = _dated(opened, tally)
    zone_s = None if translation else stated_zone(opened, b"\n" + beginning)
    return replace(opened, begins=first_time(opened, b"\n" + beginning), stated_zone_s=zone_s)


def _dated(opened: Opened, tally: Tally) -> Opened:
    """The same log; times that are seconds since the start of its host are dated, and that is told."""
    try:
        found, how = dated(opened)
    except OSError as error:
        tally.tell(opened.log, f"it cannot be read: {error.strerror or error}")
        return opened
    if how:
        says = f"its times are estimated: they count from the start of the host, which is told by {how}"
        tally.notes.append(Problem(opened.log, says))
    return found


def formats_of(sample: bytes) -> tuple[Format, ...]:
    """The formats that the beginning of a log is written in, the commonest first."""
    for size in (GLANCE_BYTES, len(sample)):
        looked_at = b"\n" + sample[:size]
        counts = {each.name: sum(1 for _ in each.begin.finditer(looked_at)) for each in FORMATS}
        least = max(1.0, RARE * max(counts.values()))
        chosen = [each for each in FORMATS if counts[each.name] >= least]
        if chosen:
            return tuple(sorted(chosen, key=lambda each: -counts[each.name]))
    return ()


def read_events(opened: Opened, wanted: Wanted, tally: Tally, size: int = PIECE_BYTES) -> Iterator[list[Event]]:
    """Yield the events of one log that are wanted, in batches; each batch is in the order of time.

    What goes wrong is remembered in ``tally`` and ends the reading of this log, not of others.
    """
    if not opened.formats:
        return
    tally.files += 1
    reader = _Reader(opened, wanted)
    try:
        start = start_for(opened, wanted.since)
        stream = translated(pieces(opened.log.path, start, size), opened.translation, opened.log.service)
        for block in blocks_of(stream, opened.formats, start):
            tally.bytes += len(block.content)
            if batch := reader.read(block):
                yield batch
            if reader.is_past:
                break
    except Spoiled as error:
        tally.tell(opened.log, str(error))
    except OSError as error:
        tally.tell(opened.log, f"it cannot be read any further: {error.strerror or error}")
    if batch := reader.rest():
        yield batch
    tally.lines += reader.lines


class _Reader:
    """Makes events of blocks. What one block gave is handed out with the next one: a traceback may go on there."""

    def __init__(self, opened: Opened, wanted: Wanted) -> None:
        self._opened = opened
        self._wanted = wanted
        self._pending: list[Event] = []
        self._tracebacks: dict[bytes, Event] = {}
        self._has_numbers = not opened.log.is_part
        self.lines = 0
        self.is_past = False

    def read(self, block: Block) -> list[Event]:
        """Take a block in; return the events of the one before it that are wanted."""
        done, self._pending = self._pending, []
        words = self._wanted.words
        content = block.content
        if words is None or self._tracebacks or words.search(content) is not None:
            self._take(block)
            going_on = {id(event) for event in self._tracebacks.values()}
            if done and going_on:
                self._pending += [event for event in done if id(event) in going_on]
                done = [event for event in done if id(event) not in going_on]
        self.lines += block.lines
        return self._chosen(done)

    def rest(self) -> list[Event]:
        """The events of the last block that are wanted."""
        return self._chosen(self._pending)

    def _take(self, block: Block) -> None:
        content, opened, wanted = block.content, self._opened, self._wanted
        log, near, least, shift_s = opened.log, opened.log.changed_at, wanted.level, opened.ahead_s
        line = self.lines + 1 if self._has_numbers and block.is_counted else 0
        counted, before, moment = 1, self._tracebacks, opened.begins or near
        open_now: dict[bytes, Event] = {}
        offset, is_whole, pending = block.offset, block.is_whole, self._pending
        current: Format | None = None
        for match, shape, end in _begins(opened.formats, content, least):
            if shape is not current:
                current, read, levels, judge, write = shape, shape.moment, shape.levels, shape.judge, shape.writer
                time_group, level_group, inner_group = shape.groups
                is_shifted = bool(opened.zone_s or shift_s)
            at = match.start()
            stamp, word = match.group(time_group, level_group)
            known = read(stamp, near)
            if known is not None:
                moment = known
                if is_shifted:
                    moment -= shift_s + (opened.zone_s if is_without_zone(shape, stamp) else 0.0)
            raw = content[at + 1 : end + 1]
            if inner_group:
                word = match[inner_group] or word
            level = levels.get(word) if level_group or inner_group else None
            if level is None:
                level = INFO if judge is None else judge(raw)
            key = b""
            if write is not None and (level >= ERROR or judge is not None) and (writer := write(raw)) is not None:
                key = writer.key
                goes_on = (open_now.get(key) or before.get(key)) if writer.is_more else None
                if goes_on is not None and _has_more(goes_on.raw, writer.begins_traceback):
                    _append(goes_on, raw)
                    open_now[key] = goes_on
                    continue
                if writer.begins_traceback and level < ERROR:
                    level = ERROR
            if level < least:
                continue
            if line:
                line += content.count(b"\n", counted, at + 1)
                counted = at + 1
            place, number = (offset + at, line) if log.left_out is None else log.there(offset + at, line)
            event = Event(moment, level, shape, log, place, number, raw, is_whole)
            pending.append(event)
            if key and level >= ERROR:
                if len(open_now) >= INTERLEAVED:
                    open_now.clear()
                open_now[key] = event
        self._tracebacks = open_now

    def _chosen(self, events: list[Event]) -> list[Event]:
        wanted, ahead_of = self._wanted, self._opened.ahead_of
        if ahead_of:
            for event in events:
                event.time -= ahead_of.get(event.host, 0.0)
        if wanted.until is not None and events and events[0].time > wanted.until + LATE_S:
            self.is_past = True
        if wanted.is_choosy:
            events = [event for event in events if wanted.has(event)]
        events.sort(key=_TIME)
        return events


_TIME = attrgetter("time")


def _has_more(said: bytes, begins_traceback: bool) -> bool:
    """Whether a line of the same writer, the first of a traceback or another, goes on with what was said: a second
    traceback does only where the first one leads over to it."""
    if not begins_traceback:
        return TRACEBACK in said
    return TRACEBACK not in said or any(said.rfind(words) > said.rfind(TRACEBACK) for words in CHAINED)


def _append(event: Event, raw: bytes) -> None:
    if len(event.raw) < LONGEST_EVENT:
        event.raw += raw if event.raw.endswith(b"\n") else b"\n" + raw
    else:
        event.is_whole = False


@functools.cache
def _narrow(shape: Format, level: Level) -> re.Pattern[bytes] | None:
    return shape.at_least(level) if level > Level.DEBUG else None


def _begins(formats: tuple[Format, ...], block: bytes, least: Level) -> Iterable[tuple[re.Match[bytes], Format, int]]:
    """Where events begin in a block that begins with a byte of ours, of which format each is, and where it ends.

    Events that are not grave enough may be left out here already.
    """
    several: dict[int, tuple[re.Match[bytes], Format]] = {}
    is_narrow = False
    for shape in reversed(formats):
        narrow = _narrow(shape, least)
        is_narrow = is_narrow or narrow is not None
        matches = list((narrow or shape.begin).finditer(block))
        if len(formats) == 1 and not is_narrow:
            ends = [match.start() for match in matches[1:]]
            ends.append(len(block))
            return zip(matches, repeat(shape), ends)
        several.update((match.start(), (match, shape)) for match in matches)
    found = [several[place] for place in sorted(several)]
    if is_narrow:
        return [(match, shape, next_begin(formats, block, match.end())) for match, shape in found]
    places = [*sorted(several)[1:], len(block)]
    return [(match, shape, end) for (match, shape), end in zip(found, places, strict=True)]
