"""What a probe's records add up to: counts, stalls, failures with their causes, availability second by second."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ostler.execution.probe.identity import API_TYPES
from ostler.execution.probe.records import ASKING, RECORDS_NAME, Record, from_line

STALL_S = 1.0
"""Requests that waited longer than this are shown as stalls."""

ASKED_EVERY_S = 60
"""A longer time without a question says nothing of whether it was away."""

CAUSES_KEPT = 10
FAILURES_KEPT = 200
"""How many failures of one API are told one by one; all are counted."""

_VARIABLE = re.compile(r" ?\[?(req-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\]?")
"""Ids of requests and objects: causes that differ only in them are one."""


@dataclass(frozen=True)
class Failure:
    """One request that failed, or one object that ended wrong: when it began, what it was, and the cause."""

    at: float
    op: str
    status: int
    cause: str


@dataclass(frozen=True)
class Stall:
    """A time in which at least one request waited: from ``at`` (epoch) for ``seconds``; ``op`` waited longest."""

    at: float
    seconds: float
    op: str


@dataclass(frozen=True)
class Bucket:
    """One second (the epoch's): requests that began in it, how many of them failed, the longest wait of them."""

    second: int
    asked: int
    failed: int
    longest_s: float


@dataclass(frozen=True)
class ApiFigures:
    """One API through the virtual address.

    ``requests`` and ``failed`` count HTTP requests; ``outcomes`` and ``outcomes_failed`` the objects that were made
    and how many ended wrong (a server in ERROR, an image of the wrong size). ``longest_stall_s`` is the longest
    wait for an answer, without the pauses of the slow upload; None stands for "no request yet". ``per_second`` is
    how often it was asked while the probe was asking, not while one began or ended. ``failures`` are the first ones of
    both kinds, ``failures_left_out`` says how many came after these.
    """

    api: str
    requests: int = 0
    failed: int = 0
    outcomes: int = 0
    outcomes_failed: int = 0
    longest_stall_s: float | None = None
    longest_stall_op: str = ""
    longest_stall_at: float | None = None
    median_s: float | None = None
    per_second: float = 0.0
    first_failure: Failure | None = None
    last_failure: Failure | None = None
    failures: tuple[Failure, ...] = ()
    causes: Mapping[str, int] = field(default_factory=dict)
    stalls: tuple[Stall, ...] = ()
    buckets: tuple[Bucket, ...] = ()

    @property
    def failures_left_out(self) -> int:
        """Failures after those that are told one by one."""
        return self.failed + self.outcomes_failed - len(self.failures)

    @property
    def away_s(self) -> int:
        """Seconds of the longest time in which no second went by with good answers alone, and it was asked at least
        once a minute; 0 when no request failed."""
        longest = began = last = 0
        for bucket in self.buckets:
            if not bucket.failed:
                began = 0
                continue
            if not began or bucket.second - last > ASKED_EVERY_S:
                began = bucket.second
            last = bucket.second
            longest = max(longest, last - began + 1)
        return longest

    @property
    def available_percent(self) -> float | None:
        """The share of requests that were answered as they should be; None without requests."""
        return None if not self.requests else 100.0 * (self.requests - self.failed) / self.requests


@dataclass(frozen=True)
class DirectFigures:
    """One API asked directly on one controller, past the load balancer."""

    api: str
    host: str
    asked: int
    answered: int

    @property
    def available_percent(self) -> float | None:
        """The share of questions that were answered; None when none was asked."""
        return None if not self.asked else 100.0 * self.answered / self.asked


@dataclass(frozen=True)
class Figures:
    """All that was seen between the first and the last record (seconds since the epoch; None: nothing seen)."""

    begins: float | None
    ends: float | None
    apis: Mapping[str, ApiFigures]
    servers_booted: int
    servers_in_error: int
    direct: tuple[DirectFigures, ...] = ()

    @property
    def requests(self) -> int:
        """HTTP requests of all APIs."""
        return sum(api.requests for api in self.apis.values())

    @property
    def failed(self) -> int:
        """Failed HTTP requests of all APIs."""
        return sum(api.failed for api in self.apis.values())

    @property
    def outcomes_failed(self) -> int:
        """Objects that ended wrong."""
        return sum(api.outcomes_failed for api in self.apis.values())


def figures(folder: Path, since: float | None = None, until: float | None = None) -> Figures:
    """Read a probe's folder and add up the records that began from ``since`` up to before ``until`` (epoch).

    A folder without records gives figures that say nothing was seen.
    """
    return add_up(read_records(folder, since, until))


def read_records(folder: Path, since: float | None = None, until: float | None = None) -> list[Record]:
    """Return the records of a probe's folder in the order of their beginning; a line cut short is left out."""
    path = folder / RECORDS_NAME
    if not path.exists():
        return []
    with path.open(encoding="utf-8", errors="replace") as file:
        records = [record for record in map(from_line, file) if record is not None]
    kept = [r for r in records if (since is None or r.at >= since) and (until is None or r.at < until)]
    return sorted(kept, key=lambda record: record.at)


def add_up(records: Sequence[Record]) -> Figures:
    """Add up records, which are in the order of their beginning."""
    spans = _asking(records)
    records = [record for record in records if record.kind != "phase"]
    names = [*API_TYPES, *sorted({r.api for r in records if r.kind != "direct"} - set(API_TYPES))]
    by_api: dict[str, list[Record]] = {name: [] for name in names}
    direct: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if record.kind == "direct":
            direct.setdefault((record.api, record.host), []).append(record)
        else:
            by_api[record.api].append(record)
    boots = [r for r in by_api["nova"] if r.kind == "outcome" and r.op == "server-active"]
    return Figures(
        begins=records[0].at if records else None,
        ends=max((r.at + r.seconds for r in records), default=None),
        apis={api: _api_figures(api, its, spans) for api, its in by_api.items()},
        servers_booted=sum(r.is_ok for r in boots),
        servers_in_error=sum("is in ERROR" in r.error for r in by_api["nova"] if r.kind == "outcome"),
        direct=tuple(
            DirectFigures(api, host, len(its), sum(r.is_ok for r in its)) for (api, host), its in sorted(direct.items())
        ),
    )


def _asking(records: Sequence[Record]) -> list[tuple[float, float]]:
    """Return from when until when probes were asking. One that was killed did so until its last request."""
    spans: list[tuple[float, float]] = []
    begins: float | None = None
    last = 0.0
    for record in records:
        if record.kind != "phase":
            last = record.at
            continue
        if begins is not None:
            spans.append((begins, last if record.op == ASKING else record.at))
        begins = record.at if record.op == ASKING else None
    return spans if begins is None else [*spans, (begins, last)]


def _per_second(requests: Sequence[Record], spans: Sequence[tuple[float, float]]) -> float:
    """Return how often was asked in these spans of time; where none are known, from the first request to the last."""
    if not spans and requests:
        spans = [(requests[0].at, requests[-1].at)]
    seconds = sum(until - begins for begins, until in spans)
    asked = sum(any(begins <= request.at <= until for begins, until in spans) for request in requests)
    return round(asked / seconds, 2) if seconds > 0 else 0.0


def _api_figures(api: str, records: Sequence[Record], spans: Sequence[tuple[float, float]]) -> ApiFigures:
    requests = [r for r in records if r.kind == "request"]
    outcomes = [r for r in records if r.kind == "outcome"]
    failures = [Failure(r.at, r.op, r.status, r.error) for r in records if not r.is_ok]
    causes = Counter(f"{failure.op}: {_VARIABLE.sub('', failure.cause)}"[:200].strip() for failure in failures)
    longest = max(requests, key=waited_s, default=None)
    return ApiFigures(
        api=api,
        requests=len(requests),
        failed=sum(not r.is_ok for r in requests),
        outcomes=len(outcomes),
        outcomes_failed=sum(not r.is_ok for r in outcomes),
        longest_stall_s=None if longest is None else round(waited_s(longest), 3),
        longest_stall_op="" if longest is None else longest.op,
        longest_stall_at=None if longest is None else longest.at,
        median_s=round(statistics.median(map(waited_s, requests)), 4) if requests else None,
        per_second=_per_second(requests, spans),
        first_failure=failures[0] if failures else None,
        last_failure=failures[-1] if failures else None,
        failures=tuple(failures[:FAILURES_KEPT]),
        causes=dict(causes.most_common(CAUSES_KEPT)),
        stalls=tuple(merge_stalls(requests)),
        buckets=tuple(_buckets(requests)),
    )


def waited_s(record: Record) -> float:
    """Return how long a request waited for the cloud: without the pauses the probe made itself."""
    return max(0.0, record.seconds - record.own_s)


def merge_stalls(requests: Iterable[Record]) -> list[Stall]:
    """Return the times in which requests waited longer than ``STALL_S``, those that overlap as one."""
    merged: list[Stall] = []
    longest = 0.0
    for record in requests:
        wait = waited_s(record)
        if wait <= STALL_S:
            continue
        at = record.at + record.seconds - wait
        if merged and at <= merged[-1].at + merged[-1].seconds:
            last = merged[-1]
            op = record.op if wait > longest else last.op
            longest = max(longest, wait)
            merged[-1] = Stall(last.at, max(last.seconds, at + wait - last.at), op)
        else:
            longest = wait
            merged.append(Stall(at, wait, record.op))
    return merged


def _buckets(requests: Sequence[Record]) -> list[Bucket]:
    by_second: dict[int, list[Record]] = {}
    for record in requests:
        by_second.setdefault(int(record.at), []).append(record)
    return [
        Bucket(second, len(its), sum(not r.is_ok for r in its), round(max(map(waited_s, its)), 3))
        for second, its in sorted(by_second.items())
    ]


def over_budget(seen: Figures, max_failed: int) -> str | None:
    """Say why a run should pause: more failed requests and wrong outcomes than ``max_failed``; None: it may go on."""
    failed = seen.failed + seen.outcomes_failed
    if failed <= max_failed:
        return None
    per_api = ", ".join(
        f"{api.api} {api.failed + api.outcomes_failed}"
        for api in seen.apis.values()
        if api.failed or api.outcomes_failed
    )
    last = max(
        ((api.last_failure, api.api) for api in seen.apis.values() if api.last_failure is not None),
        key=lambda pair: pair[0].at,
    )
    return (
        f"the probe saw {failed} failures ({per_api}), {max_failed} are allowed; "
        f"the last: {last[1]} {last[0].op}: {last[0].cause}"
    )
