"""How far the clocks of hosts are apart, told by requests that cross them: nothing happens before what caused it.

Each request that is seen on two hosts bounds the difference of their clocks from one side or from both:

- an API that says how long an answer took says when it began: what the request did elsewhere came after that;
- a service that was called (its global request id is the caller's) was called after the caller first spoke of the
  request, and had answered before the caller last did.

The second kind can be wrong by what the caller did in silence; so of many bounds not the sharpest one counts but one
that a few contradict. From bounds between pairs follow bounds between all (shortest ways in a graph).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ostler.logs.event import Event

CONTRADICTED = 0.05
"""The part of the bounds between two hosts that may be wrong."""

AGREES_S = 1.0
"""Clocks that differ by less than this are said to agree: requests tell no better."""

QUARTER_S = 900.0
ZONE_S = 60.0
"""What differs by whole quarters of an hour, give or take this, is another time zone rather than a wrong clock."""

MOST_SPANS = 200_000


@dataclass
class Span:
    """What one service on one host said of one request: from when to when, and whether it is known when it began."""

    host: str
    service: str
    request: str
    caller: str | None
    begins: float
    ends: float
    is_timed: bool = False


@dataclass(frozen=True)
class Clock:
    """What is known of a host's clock: it is ahead of ``reference``'s by ``ahead_s`` seconds (behind when negative),
    and surely by no less than ``least_s`` and no more than ``most_s`` (None: nothing bounds it on that side).

    ``is_zone`` says that the difference looks like another time zone.
    """

    host: str
    reference: str
    ahead_s: float
    least_s: float | None
    most_s: float | None

    @property
    def is_zone(self) -> bool:
        quarters = round(self.ahead_s / QUARTER_S)
        return quarters != 0 and abs(self.ahead_s - quarters * QUARTER_S) <= ZONE_S


class Spans:
    """Gathers what services said of requests; of very many requests only some, whichever come first."""

    def __init__(self) -> None:
        self.spans: dict[tuple[str, str, str], Span] = {}

    def add(self, events: Iterable[Event]) -> None:
        """Take events in, in any order."""
        for event in events:
            details, host = event.details, event.host
            if details.request is None or not host:
                continue
            key = (details.request, host, event.service)
            begins = event.time - (details.duration_s or 0.0)
            span = self.spans.get(key)
            if span is None:
                if len(self.spans) >= MOST_SPANS:
                    continue
                span = Span(host, event.service, details.request, details.global_request, begins, event.time)
                self.spans[key] = span
            span.begins, span.ends = min(span.begins, begins), max(span.ends, event.time)
            span.is_timed = span.is_timed or details.duration_s is not None
            span.caller = span.caller or details.global_request


Bounds = dict[tuple[str, str], list[float]]
"""For two hosts: what the second's clock is ahead of the first's at most, as many samples say."""


def clocks_of(spans: Mapping[tuple[str, str, str], Span]) -> list[Clock]:
    """Return what is known of the clocks of all hosts that share requests with others, in the order of their names."""
    bounds = _bounds(spans)
    if not bounds:
        return []
    sharpest = {pair: sorted(samples)[int(CONTRADICTED * len(samples))] for pair, samples in bounds.items()}
    hosts = sorted({host for pair in sharpest for host in pair})
    shared = Counter(host for pair, samples in bounds.items() for host in pair for _ in samples)
    timed = Counter(span.host for span in spans.values() if span.is_timed)
    reference = max(hosts, key=lambda host: (timed[host], shared[host], host))
    most, least = _shortest(reference, hosts, sharpest), _shortest(reference, hosts, _turned(sharpest))
    return [_clock(host, reference, least.get(host), most.get(host)) for host in hosts if host != reference]


def _clock(host: str, reference: str, turned: float | None, most: float | None) -> Clock:
    least = None if turned is None else -turned
    return Clock(host, reference, _estimate(least, most), least, most)


def _estimate(least: float | None, most: float | None) -> float:
    if least is not None and most is not None:
        middle = (least + most) / 2
        is_sure = (least > 0) == (most > 0) and abs(middle) > AGREES_S
        return middle if is_sure or (least > most and abs(middle) > AGREES_S) else 0.0
    if most is not None:
        return most if most < -AGREES_S else 0.0
    return least if least is not None and least > AGREES_S else 0.0


def _bounds(spans: Mapping[tuple[str, str, str], Span]) -> Bounds:
    of_request: dict[str, list[Span]] = {}
    for span in spans.values():
        of_request.setdefault(span.request, []).append(span)
    bounds: Bounds = {}
    for group in of_request.values():
        for one in group:
            if one.is_timed:
                for other in group:
                    if not other.is_timed:
                        _at_most(bounds, one.host, other.host, other.begins - one.begins)
            for caller in of_request.get(one.caller or "", ()):
                if caller.request != one.request and one.is_timed:
                    _at_most(bounds, caller.host, one.host, one.begins - caller.begins)
                    if caller.ends > caller.begins:
                        _at_most(bounds, one.host, caller.host, caller.ends - one.ends)
    return bounds


def _at_most(bounds: Bounds, one: str, other: str, seconds: float) -> None:
    if one != other:
        bounds.setdefault((one, other), []).append(seconds)


def _turned(bounds: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    return {(other, one): seconds for (one, other), seconds in bounds.items()}


def _shortest(start: str, hosts: list[str], bounds: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """The least sums of bounds along ways from a host; bounds that contradict each other go round only so often."""
    reached = {start: 0.0}
    for _ in hosts:
        for (one, other), seconds in bounds.items():
            if one in reached and other != start and reached[one] + seconds < reached.get(other, float("inf")):
                reached[other] = reached[one] + seconds
    return reached
