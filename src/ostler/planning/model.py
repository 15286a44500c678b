"""The plan: stages in order, lanes within them, steps within those; pure data, frozen before the first effect.

Saved as JSON (published schema: docs/schemas/plan.json) and shown as text. A plan carries three separate truths:
``is_complete`` (everything needed to write it was known and there, save what the operator took on; a way back, for
clouds that are unwell, needs only its run's journal), ``is_applyable`` (it may be carried out), and the findings with
the refusals among them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from ostler.errors import Finding, InputError, Severity
from ostler.steps.model import Step

PLAN_FORMAT = 1
"""Raised when a plan of an older Ostler can no longer be carried out."""


@dataclass(frozen=True)
class Lane:
    """Steps that run one after another, usually on one host."""

    name: str
    steps: tuple[Step, ...]
    domain: str | None = None


@dataclass(frozen=True)
class Stage:
    """Lanes that may run side by side.

    ``in_flight`` lanes at most at once, ``per_domain`` at most of one failure domain (0: no limit);
    the stage stops when more than ``tolerate`` lanes failed. ``gate`` is a question a person must say yes to
    before the stage begins; ``is_point_of_no_return`` marks the gate behind which only a restore leads back.
    ``first_alone`` runs the first lane as a canary before the others.
    """

    name: str
    title: str
    why: str
    undo: str
    lanes: tuple[Lane, ...]
    in_flight: int = 1
    per_domain: int = 0
    tolerate: int = 0
    first_alone: bool = False
    gate: str | None = None
    is_point_of_no_return: bool = False

    @property
    def estimate_s(self) -> float:
        """Seconds, from the lanes' estimates and how many run side by side."""
        per_lane = [sum(step.estimate_s for step in lane.steps) for lane in self.lanes]
        if not per_lane:
            return 0.0
        return max(max(per_lane), sum(per_lane) / max(1, self.in_flight))


@dataclass(frozen=True)
class Acceptance:
    """Who accepted which warning, and when (seconds since the epoch)."""

    code: str
    by: str
    at: float


@dataclass(frozen=True)
class Plan:
    """What is to be done to one cloud. ``cloud_digest`` ties it to its cloud file, ``snapshot_digest`` to what was
    read; ``request`` repeats what the operator asked for; ``notes`` are for the reader."""

    operation: str
    title: str
    cloud: str
    cloud_digest: str
    created_at: float
    snapshot_digest: str
    request: Mapping[str, Any]
    stages: tuple[Stage, ...]
    findings: tuple[Finding, ...] = ()
    accepted: tuple[Acceptance, ...] = ()
    notes: tuple[str, ...] = ()
    is_complete: bool = True
    format: int = PLAN_FORMAT
    digest: str = field(default="")

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that forbid carrying the plan out."""
        accepted = {acceptance.code for acceptance in self.accepted}
        return tuple(
            finding
            for finding in self.findings
            if finding.severity is Severity.FAILURE
            or (finding.severity is Severity.WARNING and finding.code not in accepted)
        )

    @property
    def is_fast_forward(self) -> bool:
        """Whether it stops every service of OpenStack for a while: the APIs are away, as the plan says."""
        return self.operation == "upgrade" and self.request.get("strategy") == "fast-forward"

    @property
    def is_replacement(self) -> bool:
        """Whether it moves the cloud to another control plane."""
        return self.operation == "upgrade" and self.request.get("strategy") == "replace"

    @property
    def takes_apis_away(self) -> bool:
        """Whether the APIs are away for a while, as the plan says: in a fast-forward or a replacement, on the way back
        of either, and while databases are restored."""
        request = self.request
        return request.get("strategy") in ("fast-forward", "replace") or request.get("databases") == "restore"

    @property
    def is_applyable(self) -> bool:
        """Whether the plan may be carried out."""
        return self.is_complete and not self.refusals

    @property
    def estimate_s(self) -> float:
        """Seconds for the whole plan."""
        return sum(stage.estimate_s for stage in self.stages)

    def steps(self) -> Iterator[tuple[Stage, Lane, Step]]:
        """Yield every step with its stage and lane, in order."""
        for stage in self.stages:
            for lane in stage.lanes:
                for step in lane.steps:
                    yield stage, lane, step

    def sealed(self) -> Plan:
        """Return the plan with its digest filled in."""
        return replace(self, digest=_digest(self))


PLAN_ADAPTER: TypeAdapter[Plan] = TypeAdapter(Plan)


def plan_to_json(plan: Plan) -> str:
    """Return the plan as JSON text (indented, keys in the order of the model)."""
    return json.dumps(PLAN_ADAPTER.dump_python(plan, mode="json"), indent=1, ensure_ascii=False) + "\n"


def plan_from_json(text: str) -> Plan:
    """Read a plan back. Raises InputError for another format, a damaged file, or one edited by hand."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(
            "plan.not-json", f"this is not a plan file: {error}", do_next="make the plan again with --out"
        ) from None
    if not isinstance(document, dict) or document.get("format") != PLAN_FORMAT:
        found = document.get("format") if isinstance(document, dict) else "no format"
        raise InputError(
            "plan.other-format",
            "the plan file has a format this Ostler cannot carry out",
            found=str(found),
            expected=str(PLAN_FORMAT),
            do_next="make the plan again with this version of Ostler",
        )
    try:
        plan = PLAN_ADAPTER.validate_python(document, strict=False)
    except ValueError as error:
        raise InputError(
            "plan.damaged",
            "the plan file does not follow its schema",
            found="; ".join(str(error).splitlines()[1:3]),
            do_next="make the plan again",
        ) from None
    if plan.digest != _digest(plan):
        raise InputError(
            "plan.edited",
            "the plan file was changed after it was written",
            found=_digest(plan),
            expected=plan.digest,
            do_next="make the plan again; to change what it does, change the request, not the file",
        )
    return plan


def _digest(plan: Plan) -> str:
    document = PLAN_ADAPTER.dump_python(replace(plan, digest=""), mode="json")
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
