"""The report of one run as a document: what stands behind its JSON and its page. Published: docs/schemas/report.json.

Times are seconds since the epoch; spans are seconds; shares are percent; None means: not known, or not yet.
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

REPORT_FORMAT: Final = 1
"""Raised when a reader of the JSON would have to change."""


class Part(BaseModel):
    """A part of the report: frozen, and without a key that is not listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Statement(Part):
    """One sentence of the verdict; ``ok`` None: it can be taken either way, or was not measured."""

    ok: bool | None
    text: str


class Verdict(Part):
    """How the run is to be judged in one word, and what that rests on."""

    ok: bool
    word: str
    statements: list[Statement]


class RunAbout(Part):
    """Which run this is."""

    id: str
    operation: str
    title: str
    cloud: str
    who: str
    began_at: float
    ended_at: float | None
    seconds: float | None
    estimate_s: float
    state: str
    message: str
    plan_digest: str


class FailureSeen(Part):
    """One failed request, or one object that ended wrong."""

    at: float
    op: str
    status: int
    cause: str


class StallSeen(Part):
    """A time in which requests waited; ``op`` waited longest."""

    at: float
    seconds: float
    op: str


class BucketSeen(Part):
    """What began in one stretch of ``bucket_s`` seconds from ``at`` on."""

    at: float
    asked: int
    failed: int
    longest_s: float


class ProbeApi(Part):
    """What the probe saw of one API through the virtual address. ``wrong_outcomes`` are objects that ended wrong (a
    server in ERROR); ``longest_stall_s`` is without the pauses of the slow upload, ``stall_limit_s`` what it may be;
    ``beyond_limits`` says what is not as demanded: a longer wait, or too few requests to judge by; ``failures`` are the
    first 200 failed requests and objects that ended wrong, ``failures_left_out`` how many came after these."""

    requests: int
    failed: int
    outcomes: int
    wrong_outcomes: int
    longest_stall_s: float | None
    longest_stall_op: str
    longest_stall_at: float | None
    stall_limit_s: float
    median_s: float | None
    per_second: float
    beyond_limits: list[str]
    available_percent: float | None
    first_failure: FailureSeen | None
    last_failure: FailureSeen | None
    failures: list[FailureSeen]
    failures_left_out: int
    causes: dict[str, int]
    stalls: list[StallSeen]
    buckets: list[BucketSeen]


class ProbeAbout(Part):
    """The probe as a whole; ``ran`` False: nothing was measured."""

    ran: bool
    begins: float | None
    ends: float | None
    requests: int
    failed: int
    servers_booted: int
    servers_in_error: int
    bucket_s: int


class ProofRow(Part):
    """One line of a proof's table."""

    name: str
    ok: bool
    detail: str
    seconds: float


class Proof(Part):
    """One proof's last result; ``release`` is the one that had to be seen. ``is_tried`` is False where there was
    nothing to prove, as ``detail`` says."""

    name: str
    ok: bool
    is_tried: bool
    detail: str
    says: str
    release: str
    at: float
    seconds: float
    rows: list[ProofRow]


class StepDone(Part):
    """One step of the plan and what happened to it; ``outcome`` is not_run for one that never began and
    interrupted for one whose process ended while it ran."""

    id: str
    stage: str
    lane: str
    kind: str
    host: str | None
    title: str
    outcome: str
    started: float | None
    seconds: float | None
    estimate_s: float
    attempts: int
    changes: int
    why: str
    undo: str
    reason: str
    evidence: list[str]


class StageDone(Part):
    """One stage; ``state`` is done, failed, partly or not_begun. ``failed_requests`` and ``longest_stall_s`` are what
    the probe saw of requests that began in it."""

    name: str
    title: str
    why: str
    undo: str
    state: str
    started: float | None
    seconds: float | None
    estimate_s: float
    steps: int
    steps_good: int
    steps_failed: int
    gate: str | None
    approved_by: str | None
    is_point_of_no_return: bool
    failed_requests: int | None
    longest_stall_s: float | None


class LoanSeen(Part):
    """Something temporary; ``returned_at`` None: it is still out."""

    name: str
    step: str
    lent_at: float
    returned_at: float | None
    how: str


class FindingSeen(Part):
    """Something a check had to say; ``step`` empty: it was known when the plan was made."""

    step: str
    code: str
    severity: str
    subject: str
    summary: str
    found: str
    expected: str
    do_next: str
    evidence: list[str]
    accepted_by: str | None


class ConfigDiff(Part):
    """How one file was changed, secrets masked; the same change on several hosts is one entry."""

    path: str
    hosts: list[str]
    lines: list[str]


class Availability(Part):
    """Services against controllers in percent; the first column is for users, through the virtual address."""

    columns: list[str]
    rows: dict[str, dict[str, float | None]]


class RanBefore(Part):
    """The environment that a service ran from before anything was changed, and on which hosts."""

    service: str
    environment: str
    hosts: list[str]


class LogKind(Part):
    """Log records of one kind since the run began; ``harmless`` says why they mean no harm (empty: nobody knows)."""

    file: str
    hosts: list[str]
    level: str
    logger: str
    count: int
    example: str
    cause: str
    harmless: str


class LogReview(Part):
    """What the logs hold; ``done`` False: they were not looked through."""

    done: bool
    detail: str
    kinds: list[LogKind]


class RunReport(Part):
    """The whole report."""

    format: Literal[1]
    ostler: str
    made_at: float
    verdict: Verdict
    run: RunAbout
    probe: dict[str, ProbeApi]
    probe_about: ProbeAbout
    proofs: list[Proof]
    availability: Availability
    ran_before: list[RanBefore]
    stages: list[StageDone]
    steps: list[StepDone]
    config_diffs: list[ConfigDiff]
    findings: list[FindingSeen]
    loans_open: list[LoanSeen]
    loans_returned: list[LoanSeen]
    log_review: LogReview


def report_to_json(report: RunReport) -> str:
    """Return the report as JSON text."""
    return report.model_dump_json(indent=1) + "\n"


def report_schema() -> str:
    """Return the published JSON Schema of the report."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RunReport.model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
