"""How far the clocks of hosts are apart, told by requests that cross them: nothing happens before what caused it.

Each request that is seen on two hosts bounds the difference of their clocks from one side or from both:

- an API that says how long an answer took says when it began: what the request did elsewhere came after that;
- a service that was called (its global request id is the caller's) was called after the caller first spoke of the
  request, and had answered before the caller last did.

The second kind can be wrong by what the caller did in silence; so of many bounds not the sharpest one counts but one
that a few contradict. Nothing is made of a scheduler coming before what it chose: of a build that fails and is given to
another host, its first line often comes after those of the first.
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
    and by no less than ``least_s`` and no more than ``most_s`` (None: nothing bounds it on that side).

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
    """Return what is known of the clocks of all hosts that share requests with others, in the order of their names.

    Most clocks are right: as few hosts as possible are taken for wrong. They are found one after the other, the one
    first that contradicts most others; what is known of it then rests on all that do not contradict each other.
    """
    bounds = {pair: sorted(samples)[int(CONTRADICTED * len(samples))] for pair, samples in _bounds(spans).items()}
    hosts = {host for pair in bounds for host in pair}
    if not hosts:
        return []
    said = Counter(span.host for span in spans.values())
    ahead = dict.fromkeys(hosts, 0.0)
    wrong: list[str] = []
    while worst := _most_contradicting(bounds, hosts - set(wrong), said):
        wrong.append(worst)
    right = hosts - set(wrong)
    reference = max(right, key=lambda host: (said[host], host))
    found = {host: _clock(host, reference, bounds, dict.fromkeys(right - {host}, 0.0)) for host in right}
    for host in reversed(wrong):
        known = {each: ahead[each] for each in right}
        found[host] = _clock(host, reference, bounds, known, is_wrong=True)
        ahead[host] = found[host].ahead_s
        right.add(host)
    return [found[host] for host in sorted(hosts) if host != reference]


def _most_contradicting(
    bounds: Mapping[tuple[str, str], float], hosts: set[str], said: Mapping[str, int]
) -> str | None:
    """The host that more others contradict than any other; of several the one that has to do with the fewest others,
    then the one that said least. None when all agree."""
    within = {pair: seconds for pair, seconds in bounds.items() if hosts.issuperset(pair)}
    against = Counter(host for pair, seconds in within.items() for host in pair if seconds < -AGREES_S)
    met = {host: len({each for pair in within if host in pair for each in pair}) for host in against}
    return max(against, key=lambda host: (against[host], -met[host], -said[host], host), default=None)


def _clock(
    host: str,
    reference: str,
    bounds: Mapping[tuple[str, str], float],
    known: Mapping[str, float],
    *,
    is_wrong: bool = False,
) -> Clock:
    at_most = [known[one] + seconds for (one, other), seconds in bounds.items() if other == host and one in known]
    at_least = [known[other] - seconds for (one, other), seconds in bounds.items() if one == host and other in known]
    most, least = min(at_most, default=None), max(at_least, default=None)
    ahead = 0.0
    if is_wrong and most is not None and least is not None:
        ahead = (least + most) / 2
    elif is_wrong:
        ahead = most if most is not None else least if least is not None else 0.0
    return Clock(host, reference, ahead, least, most)


def _bounds(spans: Mapping[tuple[str, str, str], Span]) -> Bounds:
    of_request: dict[str, list[Span]] = {}
    for span in spans.values():
        of_request.setdefault(span.request, []).append(span)
    bounds: Bounds = {}
    for group in of_request.values():
        for one in group:
            for other in group:
                if one.is_timed and not other.is_timed:
                    _at_most(bounds, one.host, other.host, other.begins - one.begins)
            caller = _caller(one, of_request.get(one.caller or "", []))
            if caller is not None:
                _at_most(bounds, caller.host, one.host, one.begins - caller.begins)
                _at_most(bounds, one.host, caller.host, caller.ends - one.ends)
    return bounds


def _caller(called: Span, spans: list[Span]) -> Span | None:
    """Which of the services that worked on a request made a call: one that worked longer than the call took, rather
    one that works behind an API than the API itself. None when that cannot be told."""
    if not called.is_timed or called.caller == called.request:
        return None
    long_enough = [span for span in spans if span.ends - span.begins >= called.ends - called.begins]
    return max(long_enough, key=lambda span: (not span.is_timed, span.ends - span.begins), default=None)


def _at_most(bounds: Bounds, one: str, other: str, seconds: float) -> None:
    if one != other:
        bounds.setdefault((one, other), []).append(seconds)
