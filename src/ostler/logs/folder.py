"""A folder of logs, looked into: what can be read, until when it goes, and what its hosts' clocks are said to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ostler.errors import InputError
from ostler.logs.clocks import Clock, Spans, clocks_of
from ostler.logs.event import LogFile
from ostler.logs.finding import find_logs, is_named_like_a_log
from ostler.logs.moments import is_wild
from ostler.logs.reading import Opened, Tally, look_into, read_events
from ostler.logs.searching import last_time
from ostler.logs.wanted import Wanted, any_of

COMPARED_BYTES = 64 << 20
"""Of logs larger than this together, only what is new enough is read to compare clocks."""


def open_folder(where: Path, tally: Tally, zones: Mapping[str, float] | None = None) -> list[Opened]:
    """Look into every log of a folder; those that are none are left out, and told of when their names say they are one.

    ``zones`` are the time zones of hosts that are known, in seconds east of UTC; others are told by the logs.
    Raises InputError when there is nothing that could be read.
    """

    def skipped(place: str, why: str) -> None:
        tally.tell(LogFile(str(where / place), place), f"it cannot be read: {why}")

    opened = [look_into(log, tally) for log in find_logs(where, skipped)]
    for each in opened:
        if not each.formats and (is_named_like_a_log(each.log.path.rpartition("/")[2]) or len(opened) == 1):
            tally.tell(each.log, "it is written in no format that is known")
    known = [each for each in opened if each.formats]
    if not known:
        raise InputError(
            "logs.nothing-understood",
            f"nothing in {where} is written as a log that Ostler knows",
            found="; ".join(f"{problem.log.name}: {problem.says}" for problem in tally.problems[:3]),
            do_next="name the folder that holds the logs; an archive must be unpacked first, a journal exported: "
            "journalctl -o export",
        )
    return with_zones(known, zones or {})


def with_zones(logs: Sequence[Opened], zones: Mapping[str, float]) -> list[Opened]:
    """Give the logs of a host the time zone that others of its logs state, where those agree."""
    stated: dict[str, set[float]] = {}
    for each in logs:
        if each.stated_zone_s is not None:
            stated.setdefault(each.log.host, set()).add(each.stated_zone_s)
    found = []
    for each in logs:
        agreed = stated.get(each.log.host, set())
        zone_s = zones.get(each.log.host, next(iter(agreed)) if len(agreed) == 1 else 0.0)
        shift_s = zone_s if each.begins is not None and each.is_naive else 0.0
        found.append(replace(each, zone_s=zone_s, begins=None if each.begins is None else each.begins - shift_s))
    return found


def ends_of(logs: Iterable[Opened]) -> float | None:
    """The time of the last event of all: of packed logs only when there are no plain ones, and of those whose end has a
    wild date only when all have. None: nobody knows."""
    logs = list(logs)
    plain = [each for each in logs if not each.is_packed and not each.translation]
    ends = [(last, each.log.changed_at) for each in plain or logs if (last := last_time(each)) is not None]
    believed = [last for last, changed_at in ends if not is_wild(last, changed_at)]
    return max(believed or (last for last, _ in ends), default=None)


def compare_clocks(logs: Sequence[Opened], tally: Tally, wanted: Wanted | None = None) -> list[Clock]:
    """Estimate the clocks of the hosts by the requests they share; nothing when there is one host only.

    ``wanted`` restricts what is read for it; without it, large logs are read in part.
    """
    if len({each.log.host for each in logs}) < 2 and not any(each.has_hosts for each in logs):
        return []
    if wanted is None:
        size = sum(each.log.size_bytes for each in logs)
        ends = ends_of(logs) if size > COMPARED_BYTES else None
        begins = min((each.begins for each in logs if each.begins is not None), default=None)
        part = None if ends is None or begins is None else ends - (ends - begins) * COMPARED_BYTES / size
        wanted = Wanted(since=part, words=any_of(["req-"]))
    spans = Spans()
    for each in logs:
        for batch in read_events(each, wanted, tally):
            spans.add(batch)
    return clocks_of(spans.spans)


def with_clocks(logs: Sequence[Opened], clocks: Sequence[Clock]) -> list[Opened]:
    """The same logs, their times corrected by what is known of their hosts' clocks."""
    ahead = {clock.host: clock.ahead_s for clock in clocks if clock.ahead_s}
    found = []
    for each in logs:
        ahead_s = ahead.get(each.log.host, 0.0)
        begins = None if each.begins is None else each.begins - ahead_s
        named = ahead if each.has_hosts and not each.log.host else {}
        found.append(replace(each, ahead_s=ahead_s, begins=begins, ahead_of=named))
    return found


def corrected(logs: Sequence[Opened]) -> tuple[list[Opened], list[Clock]]:
    """The same logs, their times corrected as far as requests tell, and what those tell of the clocks."""
    clocks = compare_clocks(logs, Tally())
    return with_clocks(logs, clocks), clocks
