"""One request through all services: which ids belong together, and who called whom.

A service that is called gives the request an id of its own, and keeps its caller's as the global one (since Pike;
source: oslo.middleware's request_id, read 2026-11-26). Older ones, and whatever quotes the answer of another service,
name the other's id in what they say: `used request id req-…`, `(Request-ID: req-…)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ostler.logs.event import Event
from ostler.logs.reading import Opened, Tally, read_events
from ostler.logs.wanted import Wanted, any_of

REQUEST = re.compile(r"req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOST_ROUNDS = 6
MOST_NEIGHBOURS = 40
"""An id that is named together with more others than this is a service's own, not a request's: it leads nowhere."""

MOST_IDS = 500


@dataclass
class Family:
    """Ids that belong to one request. ``calls`` are pairs of a caller's id and that of the request it made."""

    ids: set[str]
    calls: set[tuple[str, str]] = field(default_factory=set)

    def wanted(self, others: Wanted) -> Wanted:
        """The same wishes, for events of this request."""
        return Wanted(others.level, others.since, others.until, others.hosts, others.services, any_of(self.ids))


def family_of(ids: Iterable[str], logs: Sequence[Opened], tally: Tally) -> Family:
    """Return all ids that belong to the same request as these: read again until no new ones are found."""
    family = Family(set(ids))
    neighbours: dict[str, set[str]] = {}
    fresh = set(family.ids)
    for _ in range(MOST_ROUNDS):
        for log in logs:
            for batch in read_events(log, Wanted(words=any_of(fresh)), tally):
                for event in batch:
                    _note(event, family, neighbours)
        reached = {
            other
            for each in family.ids
            if len(neighbours.get(each, ())) <= MOST_NEIGHBOURS
            for other in neighbours.get(each, ())
        }
        fresh = reached - family.ids
        if not fresh or len(family.ids) + len(fresh) > MOST_IDS:
            break
        family.ids |= fresh
    family.calls = {call for call in family.calls if family.ids.issuperset(call)}
    return family


def _note(event: Event, family: Family, neighbours: dict[str, set[str]]) -> None:
    own, caller = event.request, event.global_request
    if own is None:
        return
    called = {each for each in REQUEST.findall(event.text) if each not in (own, caller)}
    if caller is not None and caller != own:
        family.calls.add((caller, own))
        neighbours.setdefault(own, set()).add(caller)
        neighbours.setdefault(caller, set()).add(own)
    for each in called:
        family.calls.add((own, each))
        neighbours.setdefault(own, set()).add(each)
        neighbours.setdefault(each, set()).add(own)


def requests_about(server: str, logs: Sequence[Opened], tally: Tally) -> set[str]:
    """Return the ids of the requests in which a server was named."""
    found: set[str] = set()
    for log in logs:
        for batch in read_events(log, Wanted(words=any_of([server])), tally):
            found.update(event.request for event in batch if event.request is not None)
    return found
