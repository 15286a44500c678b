"""A second look at what may be passing: a server deleted between two questions, a service just being started."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ostler.catalog import catalog_of
from ostler.execution.reading import read_snapshot
from ostler.facts.model import FactRequest, JsonValue, Snapshot, Unknown
from ostler.remote.protocol import Api, Transport
from ostler.rules.engine import evaluate, facts_needed
from ostler.rules.loader import load_rules
from ostler.rules.model import Purpose

PAUSE_S = 5.0

Values = Mapping[FactRequest, JsonValue | Unknown]


def read_twice(read: Callable[[Sequence[FactRequest]], Values], requests: Sequence[FactRequest]) -> Values:
    """Read facts; a host or an API may be busy for a moment: what could not be read is asked once more, at once."""
    values = dict(read(requests))
    unread = [request for request in requests if isinstance(values[request], Unknown)]
    values.update(read(unread) if unread else {})
    return values


def look_again(
    first: Snapshot,
    transport: Transport,
    api: Api | None,
    target: str | None,
    now: Callable[[], float],
    pause: Callable[[float], None],
    *,
    is_diagnosis: bool = False,
) -> Snapshot:
    """Return a snapshot that holds, when a rule that asks for it fires, a second reading of that rule's facts.

    The first reading is returned unchanged, at once, when no such rule fires.
    """
    purpose = Purpose.DIAGNOSIS if is_diagnosis else Purpose.HEALTH if target is None else Purpose.UPGRADE
    doubtful = [rule for rule in load_rules() if rule.confirm]
    codes = {
        finding.code
        for finding in evaluate(doubtful, first, catalog_of(first.cloud.release), target, is_diagnosis=is_diagnosis)
    }
    fired = [rule for rule in doubtful if rule.id in codes]
    if not fired:
        return first
    pause(PAUSE_S)
    requests = facts_needed(fired, first.cloud, purpose)
    return replace(first, later=read_snapshot(first.cloud, transport, api, requests, now))
