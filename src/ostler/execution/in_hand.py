"""What the runs under way on a cloud have in hand: which services they have out, and which they are changing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace

from ostler.cloud.model import Cloud
from ostler.diagnosis.at_work import Work
from ostler.errors import OstlerError
from ostler.execution.home import JOURNAL_NAME, Home
from ostler.execution.journal import Journal
from ostler.execution.records import RunState, StepOutcome
from ostler.execution.runs import alive_runs
from ostler.planning.model import Lane, Plan
from ostler.steps.model import Step

OUT = ("stop-service", "take-out-of-balancer", "hold-requests", "disable-compute", "disable-volume-backends")
BACK = (
    "start-service", "start-units", "restart-service", "put-into-balancer", "release-requests", "enable-compute",
    "enable-volume-backends",
)  # fmt: skip
EVERYWHERE = ("hold-requests", "release-requests")
NAMES = ("units", "services", "backends", "backend")
"""The parameters of steps that name what they act on."""

Units = frozenset[tuple[str, str]]


def either(before: tuple[Work, ...], after: tuple[Work, ...]) -> tuple[Work, ...]:
    """What was in hand at one of two moments: between them, runs went on."""
    by_run = {work.run: work for work in before}
    for work in after:
        known = by_run.get(work.run, work)
        by_run[work.run] = replace(work, units=work.units | known.units)
    return tuple(by_run.values())


def works_on(cloud: Cloud, home: Home) -> tuple[Work, ...]:
    """The runs under way on a cloud that the journal of this machine knows, with what each has in hand; none when there
    is no journal, or it is broken."""
    if not (home.folder / JOURNAL_NAME).exists():
        return ()
    with suppress(OstlerError), closing(Journal(home)) as journal:
        alive = alive_runs([cloud.name], home)
        return tuple(
            Work(run.id, run.title, _in_hand(journal, run.id))
            for run in journal.runs.all()
            if run.cloud == cloud.name and (run.id in alive or run.state is RunState.WAITING)
        )
    return ()


def _in_hand(journal: Journal, run: str) -> Units:
    plan, outcomes = journal.runs.plan(run), journal.steps.last_outcomes(run)
    begun = journal.steps.remembered(run).keys() | outcomes.keys()
    open_lanes = [lane for stage in plan.stages for lane in stage.lanes if _is_open(lane, begun, outcomes)]
    changing = {each for lane in open_lanes for step in lane.steps for each in _names(step)}
    out = _out(plan, begun)
    if plan.takes_apis_away and any(step.kind in OUT and step.id in begun for _, _, step in plan.steps()):
        out |= {each for _, _, step in plan.steps() for each in _names(step)}
    return frozenset(changing | out)


def _is_open(lane: Lane, begun: Collection[str], outcomes: Mapping[str, StepOutcome]) -> bool:
    """Whether a lane was begun and has not come to its end."""
    ended = [step.id in outcomes and outcomes[step.id].outcome.is_good for step in lane.steps]
    return any(step.id in begun for step in lane.steps) and not all(ended)


def _out(plan: Plan, begun: Collection[str]) -> set[tuple[str, str]]:
    """What was stopped, taken out or held, and not yet begun to be given back."""
    out: set[tuple[str, str]] = set()
    for _, _, step in plan.steps():
        if step.id in begun and step.kind in OUT:
            out |= set(_names(step))
        if step.id in begun and step.kind in BACK:
            out -= set(_names(step))
    return out


def _names(step: Step) -> Iterator[tuple[str, str]]:
    host = "" if step.kind in EVERYWHERE else step.host or ""
    for param in NAMES:
        said = step.params.get(param, ())
        for name in [said] if isinstance(said, str) else said if isinstance(said, (list, tuple)) else ():
            yield str(name).removesuffix(".service"), host
    if step.kind == "disable-compute":
        yield "nova-compute", host
