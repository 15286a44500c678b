"""The report's part about stages and steps: what the plan said, and what happened."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.errors import OstlerError
from ostler.execution.records import Outcome
from ostler.execution.run_data import RunData
from ostler.planning.model import Stage
from ostler.reporting.report_model import StageDone, StepDone
from ostler.reporting.report_probe import during
from ostler.steps.model import Step
from ostler.steps.registry import kind_of

NOT_RUN = "not_run"
INTERRUPTED = "interrupted"
BAD = {str(outcome) for outcome in (Outcome.FAILED, Outcome.UNKNOWN, Outcome.REFUSED)}
GOOD = {str(outcome) for outcome in Outcome if outcome.is_good}


def steps_of(data: RunData) -> list[StepDone]:
    """Return every step of the plan with what happened to it, in the plan's order."""
    return [_step(data, stage.name, lane.name, step) for stage, lane, step in data.plan.steps()]


def _step(data: RunData, stage: str, lane: str, step: Step) -> StepDone:
    times = data.steps.get(step.id)
    ended = times.outcome if times else None
    outcome = NOT_RUN if times is None else INTERRUPTED if ended is None else str(ended.outcome)
    return StepDone(
        id=step.id,
        stage=stage,
        lane=lane,
        kind=step.kind,
        host=step.host,
        title=_title(step),
        outcome=outcome,
        started=times.last_at if times else None,
        seconds=round(ended.seconds, 2) if ended else None,
        estimate_s=step.estimate_s,
        attempts=times.attempts if times else 0,
        changes=data.changes.get(step.id, 0),
        why=step.why,
        undo=step.undo,
        reason=ended.reason if ended else "",
        evidence=list(ended.evidence) if ended else [],
    )


def _title(step: Step) -> str:
    """Return the step in one line; a kind or a parameter that this Ostler does not know leaves its id."""
    try:
        return kind_of(step.kind).title(step)
    except (OstlerError, KeyError):
        return step.id


def stages_of(data: RunData, steps: Sequence[StepDone]) -> list[StageDone]:
    """Return every stage with what came of its steps."""
    by_stage: dict[str, list[StepDone]] = {stage.name: [] for stage in data.plan.stages}
    for step in steps:
        by_stage[step.stage].append(step)
    return [_stage(data, stage, by_stage[stage.name]) for stage in data.plan.stages]


def _stage(data: RunData, stage: Stage, steps: Sequence[StepDone]) -> StageDone:
    begins = min((times.first_at for step in steps if (times := data.steps.get(step.id))), default=None)
    ends = max((s.started + (s.seconds or 0.0) for s in steps if s.started is not None), default=None)
    good = sum(step.outcome in GOOD for step in steps)
    begun = sum(step.outcome != NOT_RUN for step in steps)
    failed = sum(step.outcome in BAD for step in steps)
    state = "failed" if failed else "done" if good == len(steps) else "partly" if begun else "not_begun"
    failed_requests, longest = during(data.seen, begins, ends)
    approval = data.approvals.get(stage.name)
    return StageDone(
        name=stage.name,
        title=stage.title,
        why=stage.why,
        undo=stage.undo,
        state=state,
        started=begins,
        seconds=None if begins is None or ends is None else round(ends - begins, 1),
        estimate_s=round(stage.estimate_s, 1),
        steps=len(steps),
        steps_good=good,
        steps_failed=failed,
        gate=stage.gate,
        approved_by=approval.who if approval else None,
        is_point_of_no_return=stage.is_point_of_no_return,
        failed_requests=failed_requests,
        longest_stall_s=longest,
    )
