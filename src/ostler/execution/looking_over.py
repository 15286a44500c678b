"""Looks a cloud over before something is planned or said about it: its facts, what runs left there, and whether this
machine has room for another."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass

from ostler.cloud.model import Cloud
from ostler.errors import Finding
from ostler.execution.connecting import connect_hosts, connected
from ostler.execution.home import Home, find_home
from ostler.execution.leftovers import leftovers
from ostler.execution.own_room import own_room
from ostler.execution.reading import read_snapshot
from ostler.execution.second_look import look_again
from ostler.facts.model import FactRequest, Snapshot


@dataclass(frozen=True)
class LookedOver:
    """What was seen; ``left`` are the findings about runs and about this machine, which no fact tells."""

    snapshot: Snapshot
    left: tuple[Finding, ...]


def look_over_onto(cloud: Cloud, requests: Iterable[FactRequest]) -> Snapshot:
    """Read facts of the hosts that are to become the control plane, with them as the cloud's; nothing of its APIs."""
    with contextlib.closing(connect_hosts(cloud)) as transport:
        return read_snapshot(cloud, transport, None, requests, time.time)


def look_over(
    cloud: Cloud, requests: Iterable[FactRequest], target: str | None = None, home: Home | None = None
) -> LookedOver:
    """Read the facts, twice where the first look may have met something passing, and find what runs left.

    ``target`` is the release an upgrade is to go to (None: there is none, and no room is needed here). Raises
    InputError for credentials that are named but not there.
    """
    with connected(cloud) as (transport, api):
        first = read_snapshot(cloud, transport, api, requests, time.time)
        snapshot = look_again(first, transport, api, target, time.time, time.sleep)
        home = home or find_home()
        room = own_room(snapshot, home) if target else []
        return LookedOver(snapshot, (*leftovers(cloud, transport, home), *room))
