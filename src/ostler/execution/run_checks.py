"""What must be true before a run begins or goes on; all of it changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.errors import Finding, InputError, Refused, Severity
from ostler.execution.journal import Journal
from ostler.execution.means import Means
from ostler.execution.records import Outcome, RunRecord, RunState
from ostler.planning.model import Plan

ALL_GATES = "all"

UNFINISHED = "runs.unfinished"
"""The warning about an open run that stands in plans made meanwhile, and that an operator can take on."""


def check_applyable(plan: Plan) -> None:
    """Raises Refused with everything that forbids carrying the plan out."""
    if plan.is_applyable:
        return
    unfinished = Finding(
        "plan.incomplete",
        Severity.FAILURE,
        plan.cloud,
        "the plan is not complete: something it needs could not be read, or was not there, when it was made",
        do_next="see to what could not be read or is missing, then make the plan again",
    )
    findings = [*plan.refusals, *([] if plan.is_complete else [unfinished])]
    raise Refused(
        "execution.not-applyable",
        "the plan must not be carried out",
        findings=findings,
        do_next="see to the findings and make the plan again; warnings can be accepted with --accept CODE",
    )


def check_cloud(plan: Plan, cloud: Cloud) -> None:
    """Raises Refused when the plan was made for another cloud, or for this one as it no longer is."""
    if plan.cloud != cloud.name:
        raise Refused(
            "execution.other-cloud",
            f"the plan is for the cloud {plan.cloud}, this is {cloud.name}",
            do_next="name the cloud file the plan was made with",
        )
    if plan.cloud_digest != cloud.digest():
        raise Refused(
            "execution.cloud-changed",
            f"the cloud file of {cloud.name} was changed after the plan was made",
            do_next="make the plan again",
        )


def check_steps(plan: Plan, means: Means) -> None:
    """Raises InputError for a step kind this Ostler does not have, or two steps of one name."""
    seen: set[str] = set()
    for _, _, step in plan.steps():
        means.kind_of(step.kind)
        if step.id in seen:
            raise InputError("plan.repeated-step", f"the plan has two steps {step.id}", do_next="make the plan again")
        seen.add(step.id)


def check_gates(plan: Plan, gates: Sequence[str]) -> None:
    """Raises InputError for a gate the plan does not have."""
    known = [stage.name for stage in plan.stages if stage.gate]
    wrong = [gate for gate in gates if gate != ALL_GATES and gate not in known]
    if wrong:
        raise InputError(
            "execution.no-such-gate",
            f"the plan has no gate {wrong[0]!r}",
            expected=", ".join([*known, ALL_GATES]),
            do_next="name the stage whose gate is meant",
        )


def check_not_begun(plan: Plan, journal: Journal) -> None:
    """Raises Refused when this very plan was begun before, or when it is an upgrade and another run on its cloud is
    open that the operator did not take on when the plan was made."""
    runs = journal.runs.all()
    for run in runs:
        if run.plan_digest == plan.digest:
            raise Refused(
                "execution.already-begun",
                f"this plan was begun as run {run.id}, which is {run.state}",
                do_next=_begun_do_next(run),
            )
    taken_on = any(accepted.code == UNFINISHED for accepted in plan.accepted)
    for run in runs:
        if plan.operation != "upgrade" or run.cloud != plan.cloud or not run.state.is_open:
            continue
        if not (taken_on and run.began_at <= plan.created_at):
            raise Refused(
                "execution.another-run-open",
                f"run {run.id} on the cloud {run.cloud} is {run.state}: it must end before an upgrade begins",
                do_next=f"ostler resume {run.id}, or take it back with ostler rollback {run.id}, or end it with "
                f"ostler cancel {run.id}; then make the plan again",
            )


def _begun_do_next(run: RunRecord) -> str:
    if run.state.is_open:
        return f"ostler resume {run.id} (or ostler cancel {run.id}, and make the plan again)"
    return "make the plan again: the cloud is not as it was when this one was made"


def open_plan(journal: Journal, run: str) -> Plan:
    """The plan of a run that can be gone on with. Raises InputError for another, or a plan that was tampered with."""
    record = journal.runs.get(run)
    if not record.state.is_open:
        raise InputError(
            "execution.run-ended",
            f"run {run} is {record.state}: there is nothing to go on with",
            do_next="make a new plan" if record.state is RunState.CANCELLED else "`ostler show` tells what it did",
        )
    plan = journal.runs.plan(run)
    if plan.digest != record.plan_digest:
        raise InputError(
            "execution.plan-edited",
            f"the plan of run {run} in the journal was changed",
            do_next="find out who wrote to the journal; then make a new plan, which is read from the cloud as it is",
        )
    return plan


def settle(journal: Journal, run: str, step: str, decision: str, who: str) -> None:
    """Record what a person found out about a step of which nobody knew whether it happened. Raises InputError."""
    last = journal.steps.last_outcomes(run).get(step)
    if last is None or last.outcome is not Outcome.UNKNOWN or decision not in ("done", "again"):
        open_steps = [s for s, o in journal.steps.last_outcomes(run).items() if o.outcome is Outcome.UNKNOWN]
        raise InputError(
            "execution.nothing-to-settle",
            f"{step}={decision} settles nothing",
            expected="; ".join(f"{s}=done or {s}=again" for s in open_steps) or "no step waits to be settled",
            do_next="name a step whose outcome is unknown",
        )
    journal.steps.settle(run, step, decision, who)
