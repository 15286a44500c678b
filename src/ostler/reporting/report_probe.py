"""The report's part about the probe: figures per API, its timeline, and what it saw during each stage."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict

from ostler.execution.probe.figures import ApiFigures, Figures
from ostler.execution.probe.limits import beyond_limits, longest_wait_s
from ostler.reporting.report_model import BucketSeen, FailureSeen, ProbeAbout, ProbeApi, StallSeen

MOST_BUCKETS = 600
"""A timeline has at most so many points: for longer runs several seconds are one."""


def probe_about(seen: Figures | None) -> ProbeAbout:
    """Return what is told of the probe as a whole."""
    if seen is None or seen.begins is None or seen.ends is None:
        return ProbeAbout(
            ran=False, begins=None, ends=None, requests=0, failed=0, servers_booted=0, servers_in_error=0, bucket_s=1
        )
    return ProbeAbout(
        ran=True,
        begins=seen.begins,
        ends=seen.ends,
        requests=seen.requests,
        failed=seen.failed,
        servers_booted=seen.servers_booted,
        servers_in_error=seen.servers_in_error,
        bucket_s=max(1, math.ceil((seen.ends - seen.begins) / MOST_BUCKETS)),
    )


def probe_apis(seen: Figures | None, bucket_s: int, held: Collection[str]) -> dict[str, ProbeApi]:
    """Return what the probe saw of each API; empty when no probe ran. ``held`` are those that the plan holds."""
    return {} if seen is None else {name: _api(api, bucket_s, held) for name, api in seen.apis.items()}


def _api(api: ApiFigures, bucket_s: int, held: Collection[str]) -> ProbeApi:
    first, last = api.first_failure, api.last_failure
    return ProbeApi(
        requests=api.requests,
        failed=api.failed,
        outcomes=api.outcomes,
        wrong_outcomes=api.outcomes_failed,
        longest_stall_s=api.longest_stall_s,
        longest_stall_op=api.longest_stall_op,
        longest_stall_at=api.longest_stall_at,
        stall_limit_s=longest_wait_s(api.api, held),
        median_s=api.median_s,
        per_second=api.per_second,
        beyond_limits=beyond_limits(api, held),
        available_percent=None if api.available_percent is None else round(api.available_percent, 4),
        first_failure=None if first is None else FailureSeen(**asdict(first)),
        last_failure=None if last is None else FailureSeen(**asdict(last)),
        failures=[FailureSeen(**asdict(failure)) for failure in api.failures],
        failures_left_out=api.failures_left_out,
        causes=dict(api.causes),
        stalls=[StallSeen(**asdict(stall)) for stall in api.stalls],
        buckets=_buckets(api, bucket_s),
    )


def _buckets(api: ApiFigures, bucket_s: int) -> list[BucketSeen]:
    found: dict[int, BucketSeen] = {}
    for bucket in api.buckets:
        at = bucket.second - bucket.second % bucket_s
        was = found.get(at) or BucketSeen(at=at, asked=0, failed=0, longest_s=0.0)
        found[at] = BucketSeen(
            at=at,
            asked=was.asked + bucket.asked,
            failed=was.failed + bucket.failed,
            longest_s=max(was.longest_s, bucket.longest_s),
        )
    return list(found.values())


def during(seen: Figures | None, begins: float | None, ends: float | None) -> tuple[int | None, float | None]:
    """Return how many requests failed of those that began in a stretch of time, and the longest wait among them.

    None and None when nothing was measured then. A second that two stages share counts for both.
    """
    if seen is None or begins is None or ends is None:
        return None, None
    buckets = [b for api in seen.apis.values() for b in api.buckets if begins - 1 < b.second <= ends]
    if not buckets:
        return None, None
    return sum(b.failed for b in buckets), max(b.longest_s for b in buckets)


def failures_of(apis: Mapping[str, ProbeApi]) -> int:
    """Return how many requests failed and objects ended wrong."""
    return sum(api.failed + api.wrong_outcomes for api in apis.values())
