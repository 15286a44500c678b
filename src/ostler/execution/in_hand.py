"""What the runs under way on a cloud have in hand: which services they have out, and which they are changing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from ostler.cloud.model import Cloud
from ostler.diagnosis.at_work import Work
from ostler.errors import InputError, OstlerError
from ostler.execution.cloud_lock import holder_now
from ostler.execution.history import LOOKING, PREPARING
from ostler.execution.home import JOURNAL_NAME, Home
from ostler.execution.journal import Journal
from ostler.execution.lock import holder_here
from ostler.execution.records import RunRecord, RunState
from ostler.execution.runs import alive_runs
from ostler.planning.model import Lane, Plan
from ostler.remote.protocol import Transport
from ostler.steps.model import Step

OUT = (
    "stop-service", "retire-units", "take-out-of-balancer", "hold-requests", "disable-compute",
    "disable-volume-backends",
)  # fmt: skip
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


def work_elsewhere(cloud: Cloud, home: Home, transport: Transport) -> tuple[Work, ...]:
    """The run that holds a cloud's lock with a journal that is not this one, on another machine as a rule: all that is
    known of it is that it is under way. None when nobody holds the lock, or a run of this journal does."""
    holder, here = holder_now(cloud, transport), holder_here(home.lock(cloud.name))
    if holder is None or (here is not None and holder.is_same_process(here)):
        return ()
    return (Work(holder.run, f"carried out by {holder.who}", machine=holder.machine, is_known=False),)


def works_on(cloud: Cloud, home: Home, since: float = math.inf) -> tuple[Work, ...]:
    """The runs under way on a cloud that the journal of this machine knows, with what each has in hand, or had `since`
    (seconds since the epoch); none when there is no journal, or it is broken."""
    if not (home.folder / JOURNAL_NAME).exists():
        return ()
    with suppress(OstlerError), closing(Journal(home)) as journal:
        alive = alive_runs([cloud.name], home)
        of_cloud = [run for run in journal.runs.all() if run.cloud == cloud.name]
        waiting = [run for run in of_cloud if run.id not in alive and _waits(run, of_cloud)]
        ended = [run for run in of_cloud if run not in waiting and (run.ended_at or 0.0) >= since]
        carried_out = [run for run in of_cloud if run.id in alive or run in ended]
        return (
            *(_work(journal, run, since, has_ended=run in ended) for run in carried_out),
            *(replace(_work(journal, run, since), waits_since=run.ended_at) for run in waiting),
        )
    return ()


def _waits(run: RunRecord, others: Iterable[RunRecord]) -> bool:
    """Whether a run waits at a gate, and may still go on: not when a later one began to take it back."""
    is_taken_back = any(
        other.operation == "rollback" and other.state.is_open and other.began_at > run.began_at for other in others
    )
    return run.state is RunState.WAITING and not is_taken_back


def _work(journal: Journal, run: RunRecord, since: float, *, has_ended: bool = False) -> Work:
    """What one run has in hand; of one that has ended, what it was at since then: what it left out, nobody gives back.
    Of one whose plan cannot be read (it is of another version of Ostler), nothing is known but that it is under way."""
    work = Work(run.id, run.title)
    try:
        course = _course(journal, run.id)
        taken_back = _taken_back(journal, course.plan)
    except InputError:
        return replace(work, is_known=False)
    recent = journal.steps.begun(run.id, since)
    out = set() if has_ended else _out(course, taken_back)
    lanes = course.lanes_at(recent if has_ended else recent | course.unended)
    changing = {each for lane in lanes for step in lane.steps for each in _names(step)}
    if course.plan.takes_apis_away and out & _still_to_come(course):
        changing |= {each for _, _, step in course.plan.steps() for each in _names(step)}
    has_changed = any(each.has_changed for each in (course, *taken_back))
    return replace(work, units=frozenset(changing | out), has_changed=has_changed)


@dataclass(frozen=True)
class _Course:
    """How far a run is: the steps that were begun, those that are done, and the lanes that failed and are not tried
    again at present. What is out there is nobody's work: those lanes gave back what they had, or could not."""

    plan: Plan
    begun: frozenset[str]
    done: frozenset[str]
    failed: frozenset[tuple[str, str]]

    @property
    def unended(self) -> frozenset[str]:
        """The steps of lanes that were begun and have not come to their end."""
        lanes = ({step.id for step in lane.steps} for stage in self.plan.stages for lane in stage.lanes)
        return frozenset(each for steps in lanes if steps & self.begun and steps - self.done for each in steps)

    def lanes_at(self, steps: frozenset[str]) -> tuple[Lane, ...]:
        """The lanes with one of these steps; none that failed."""
        return tuple(
            lane
            for stage in self.plan.stages
            for lane in stage.lanes
            if (stage.name, lane.name) not in self.failed and any(step.id in steps for step in lane.steps)
        )

    @property
    def has_changed(self) -> bool:
        """Whether it got beyond preparing."""
        return any(not step.startswith((*PREPARING, *LOOKING)) for step in self.begun)


def _course(journal: Journal, run: str) -> _Course:
    """Raises InputError for a run that is not known, and a plan that cannot be read."""
    plan, outcomes = journal.runs.plan(run), journal.steps.last_outcomes(run)
    running = set(journal.steps.unfinished(run))
    failed = set()
    for stage in plan.stages:
        for lane in stage.lanes:
            ended = [outcomes[step.id] for step in lane.steps if step.id in outcomes]
            is_good = max(reversed(ended), key=lambda each: each.at).outcome.is_good if ended else True
            if not is_good and not any(step.id in running for step in lane.steps):
                failed.add((stage.name, lane.name))
    done = (step for step, outcome in outcomes.items() if outcome.outcome.is_good)
    return _Course(plan, journal.steps.begun(run) | outcomes.keys(), frozenset(done), frozenset(failed))


def _taken_back(journal: Journal, plan: Plan) -> tuple[_Course, ...]:
    """The run that a way back takes back: what that has out comes back with it."""
    return (_course(journal, str(plan.request.get("run"))),) if plan.operation == "rollback" else ()


def _out(course: _Course, taken_back: Iterable[_Course]) -> set[tuple[str, str]]:
    """What was stopped, taken out or held, and not yet begun to be given back."""
    out: set[tuple[str, str]] = set()
    for each in (*taken_back, course):
        for stage, lane, step in each.plan.steps():
            if step.id not in each.begun or (stage.name, lane.name) in each.failed:
                continue
            if step.kind in OUT:
                out |= set(_names(step))
            if step.kind in BACK:
                out -= set(_names(step))
    return out


def _still_to_come(course: _Course) -> set[tuple[str, str]]:
    """What a run is going to give back."""
    later = (step for _, _, step in course.plan.steps() if step.kind in BACK and step.id not in course.begun)
    return {each for step in later for each in _names(step)}


def _names(step: Step) -> Iterator[tuple[str, str]]:
    host = "" if step.kind in EVERYWHERE else step.host or ""
    for param in NAMES:
        said = step.params.get(param, ())
        for name in [said] if isinstance(said, str) else said if isinstance(said, (list, tuple)) else ():
            yield str(name).removesuffix(".service"), host
    if step.kind == "disable-compute":
        yield "nova-compute", host
