"""What must be true of a run and its way back before one of them begins or goes on; all of it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ostler.errors import Finding, Refused, Severity
from ostler.execution.history import has_changed, history_in, later_upgrades, ways_back
from ostler.execution.journal import Journal
from ostler.execution.records import RunState
from ostler.execution.second_look import read_twice
from ostler.facts.model import FactRequest, JsonValue, Unknown, wanted
from ostler.planning.model import Plan
from ostler.planning.rollback.losses import KINDS, added, losses
from ostler.planning.rollback.records import UNDO_EDITS

TAKES_BACK = ("rollback", UNDO_EDITS)

STANDING: Mapping[str, str] = {
    "state": "its state",
    "newest": "the newest run of its cloud",
    "begun": "the number of its steps that began",
    "done": "the number of its steps that are done",
    "steps": "which of its steps are done",
}
"""What the plan of a way back keeps of the run it takes back, in words (see RunHistory.standing)."""

Read = Callable[[Sequence[FactRequest]], Mapping[FactRequest, JsonValue | Unknown]]


def check_run_as_planned(plan: Plan, journal: Journal) -> None:
    """Raises Refused, naming each difference, when the run that a plan takes back is not as the planner saw it, or when
    any run was begun on its cloud since."""
    if plan.operation not in TAKES_BACK:
        return
    run = str(plan.request.get("run"))
    planned, now = plan.request.get("history") or {}, history_in(journal, run).standing()
    changed = [
        Finding(
            "execution.run-moved-on",
            Severity.FAILURE,
            f"run {run}",
            f"{words} has changed since the plan was made",
            found=str(now[name]),
            expected=str(planned.get(name, "nothing was written down")),
            do_next="make the plan again",
        )
        for name, words in STANDING.items()
        if planned.get(name) != now[name]
    ]
    if changed:
        raise Refused(
            "execution.stale",
            f"run {run} is not as it was when its way back was planned",
            findings=changed,
            do_next=f"make the plan again: ostler rollback {run} --out back.plan",
        )


def check_losses_as_planned(plan: Plan, journal: Journal, read: Read) -> None:
    """Raises Refused, naming each, when a restore of the databases would lose more than the plan says."""
    more = newly_lost(plan, journal, plan.findings, read)
    if more:
        raise Refused(
            "execution.stale",
            "more would be lost with the databases than when the plan was made",
            findings=more,
            do_next="keep users from creating anything, then make the plan again",
        )


def newly_lost(plan: Plan, journal: Journal, told: Sequence[Finding], read: Read) -> tuple[Finding, ...]:
    """What a restore of the databases would lose beyond what was told. Empty for plans that restore nothing."""
    if plan.request.get("databases") != "restore":
        return ()
    requests = [wanted(fact) for _, fact in KINDS]
    values = read_twice(read, requests)
    known = {request.fact: None if isinstance(value, Unknown) else value for request, value in values.items()}
    inventory = history_in(journal, str(plan.request.get("run"))).inventory
    return added(losses(known.__getitem__, inventory), tuple(told))


def check_may_go_on(run: str, plan: Plan, journal: Journal) -> None:
    """Raises Refused for a run that is being taken back, or was in part: what its journal says is done is no longer so.
    And for one that another run has overtaken."""
    for back in ways_back(journal, run):
        if back.state.is_open:
            raise Refused(
                "execution.being-taken-back",
                f"run {back.id} takes run {run} back and is {back.state}: going on with both would mix old and new",
                do_next=f"ostler resume {back.id}"
                + (
                    ""
                    if has_changed(journal, back.id)
                    else f"; it changed nothing yet: ostler cancel {back.id} ends it"
                ),
            )
        if back.state is RunState.CANCELLED and has_changed(journal, back.id):
            raise Refused(
                "execution.taken-back-in-part",
                f"run {back.id} took run {run} back in part and was cancelled: what run {run} has done is no longer so",
                do_next=f"take it back to the end: ostler rollback {run} --out back.plan && ostler apply back.plan",
            )
    overtaken = _overtaken_by(run, plan, journal)
    if overtaken:
        raise Refused(
            "execution.overtaken",
            f"the cloud is not as run {run} left it: since then, {overtaken}",
            do_next=f"ostler cancel {run}, and make a new plan from the cloud as it is",
        )


def _overtaken_by(run: str, plan: Plan, journal: Journal) -> str:
    later = later_upgrades(journal, journal.runs.get(run))
    if later:
        return f"run {later[0]} changed it"
    taken_back = next((r for r in journal.runs.all() if r.id == plan.request.get("run")), None)
    if plan.operation in TAKES_BACK and taken_back is not None and taken_back.state is RunState.ROLLED_BACK:
        return f"run {taken_back.id} was {taken_back.message}"
    return ""
