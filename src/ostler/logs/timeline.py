"""Many logs in one order of time, holding no more of them than what is being written at the same time.

A log is opened when the others have come to the time of its first event. What two logs have of the same moment comes
in the order of their names.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter

from ostler.logs.event import Event
from ostler.logs.opening import PIECE_BYTES
from ostler.logs.reading import Opened, Tally, read_events
from ostler.logs.wanted import Wanted

IN_HAND_BYTES = 64 << 20
"""About how many bytes of logs are held at once, however many are open."""

LEAST_PIECE_BYTES = 16 << 10
LONGEST_STRETCH_S = 3600.0

_TIME = attrgetter("time")


FEW, MANY = 1000, 8000
"""Events that are put in order at once: fewer make the next stretch of time longer, more make it shorter."""

Head = tuple[float, int, list[Event], Iterator[list[Event]]]
"""The time of a log's next event, the log's place among the others, its events in hand, and what is to come."""


def in_order(logs: Sequence[Opened], wanted: Wanted, tally: Tally) -> Iterator[Event]:
    """Yield the wanted events of all logs in the order of time."""
    chosen = [log for log in logs if log.formats and wanted.may_be_in(log.log)]
    waiting = sorted(enumerate(chosen), key=lambda each: (_begins(each[1]), each[0]), reverse=True)
    size = max(LEAST_PIECE_BYTES, min(PIECE_BYTES, IN_HAND_BYTES // max(1, len(waiting))))
    heads: list[Head] = []
    stretch_s = 1.0
    while waiting or heads:
        until = min(heads[0][0] if heads else math.inf, _begins(waiting[-1][1]) if waiting else math.inf) + stretch_s
        while waiting and _begins(waiting[-1][1]) <= until:
            place, log = waiting.pop()
            _push(heads, place, read_events(log, wanted, tally, size))
        taken = _up_to(until, heads)
        taken.sort(key=_TIME)
        yield from taken
        if len(taken) < FEW:
            stretch_s = min(LONGEST_STRETCH_S, stretch_s * 2)
        elif len(taken) > MANY:
            stretch_s /= 4


def _begins(log: Opened) -> float:
    return log.begins or 0.0


def _up_to(until: float, heads: list[Head]) -> list[Event]:
    """Take all events that are not after a time out of the logs, those of one log after those of another."""
    taken: list[Event] = []
    back: list[Head] = []
    while heads and heads[0][0] <= until:
        _, place, events, batches = heapq.heappop(heads)
        while events and events[-1].time <= until:
            taken += events
            events = next(batches, [])
        count = bisect_right(events, until, key=_TIME)
        taken += events[:count]
        if len(events) > count:
            back.append((events[count].time, place, events[count:], batches))
    for head in back:
        heapq.heappush(heads, head)
    return taken


def _push(heads: list[Head], place: int, batches: Iterator[list[Event]]) -> None:
    """Put a log among the others, unless it has no events."""
    events = next(batches, [])
    if events:
        heapq.heappush(heads, (events[0].time, place, events, batches))
