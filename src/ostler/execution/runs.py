"""Runs: apply a plan, go on with it, say yes to its gates, cancel it, look at it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ostler.cloud.model import Cloud
from ostler.errors import Finding, InputError
from ostler.execution.as_planned import check_as_planned
from ostler.execution.cloud_lock import CloudLock
from ostler.execution.events import Listener
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.lock import Holder, hold_here, holder_here, this_process
from ostler.execution.means import Means
from ostler.execution.records import Approval, EffectRecord, Loan, RunRecord, RunState, SavedFile, StepOutcome
from ostler.execution.run_checks import (
    check_applyable,
    check_cloud,
    check_gates,
    check_not_begun,
    check_steps,
    open_plan,
    settle,
)
from ostler.execution.run_result import RunResult
from ostler.execution.run_task import RunTask
from ostler.execution.ways_back import check_losses_as_planned, check_may_go_on, check_run_as_planned
from ostler.facts.model import FactRequest, JsonValue
from ostler.planning.model import Plan
from ostler.planning.replacement import cloud_within_reach
from ostler.remote.protocol import Api, Transport


def apply(
    plan: Plan,
    cloud: Cloud,
    transport: Transport,
    api: Api | None,
    *,
    means: Means | None = None,
    approve_gates: Sequence[str] = (),
    events: Sequence[Listener] = (),
) -> RunResult:
    """Carry a plan out as a new run. `approve_gates` are names of stages whose gates are said yes to beforehand (or
    `all`).

    Raises Refused (nothing was changed) for a plan that is not applyable, was begun before or belongs to another state
    of the cloud (or of the run it takes back), and while another run is open or somebody else works on the cloud;
    JournalUnwritable when its disk is full.
    """
    means = means or Means()
    check_applyable(plan)
    check_cloud(plan, cloud)
    check_gates(plan, approve_gates)
    check_steps(plan, means)
    cloud = cloud_within_reach(plan, cloud)
    with (
        contextlib.closing(Journal(means.home, means.clock)) as journal,
        _holding("(beginning)", cloud, transport, means) as hold,
    ):
        check_not_begun(plan, journal)
        check_run_as_planned(plan, journal)
        check_as_planned(plan, cloud, transport, api, means)
        check_losses_as_planned(plan, journal, lambda asked: means.read_facts(cloud, transport, api, asked))
        run = journal.runs.begin(plan, means.who)
        hold.say(run)
        task = RunTask(run, plan, cloud, transport, api, means, journal, events)
        return task.carry_out(hold.lock, approve_gates, is_resumed=False)


def resume(
    run: str,
    cloud: Cloud,
    transport: Transport,
    api: Api | None,
    *,
    means: Means | None = None,
    approve_gates: Sequence[str] = (),
    settled: Sequence[tuple[str, str]] = (),
    events: Sequence[Listener] = (),
) -> RunResult:
    """Go on with a run, whatever stopped it. `settled` are (step id, `done` or `again`) for steps of which nobody knew
    whether they happened. Raises as `apply`, InputError for a run that has ended, and Refused for one that is being
    taken back."""
    means = means or Means()
    with contextlib.closing(Journal(means.home, means.clock)) as journal:
        plan = open_plan(journal, run)
        check_may_go_on(run, plan, journal)
        check_cloud(plan, cloud)
        check_gates(plan, approve_gates)
        check_steps(plan, means)
        cloud = cloud_within_reach(plan, cloud)
        with _holding(run, cloud, transport, means) as hold:
            for step, decision in settled:
                settle(journal, run, step, decision, means.who)
            journal.runs.set_state(run, RunState.RUNNING)
            task = RunTask(run, plan, cloud, transport, api, means, journal, events)
            return task.carry_out(hold.lock, approve_gates, is_resumed=True)


def cancel(
    run: str,
    cloud: Cloud,
    transport: Transport,
    api: Api | None,
    *,
    means: Means | None = None,
    events: Sequence[Listener] = (),
) -> RunResult:
    """End a run for good and give back what it lent; while something could not be given back it is only stopped. One
    that another process carries out is asked to end as soon as nothing is half done, and does so by itself."""
    means = means or Means()
    with contextlib.closing(Journal(means.home, means.clock)) as journal:
        plan = open_plan(journal, run)
        check_cloud(plan, cloud)
        cloud = cloud_within_reach(plan, cloud)
        task = RunTask(run, plan, cloud, transport, api, means, journal, events)
        if is_alive(run, cloud.name, means.home):
            journal.runs.set_wish(run, "cancel")
            return task.result()
        with _holding(run, cloud, transport, means):
            return task.cancel()


@dataclass(frozen=True)
class _Hold:
    """Both locks of a cloud, held."""

    lock: CloudLock
    holder: Holder
    say_here: Callable[[Holder], None]

    def say(self, run: str) -> None:
        """Tell everybody for which run the cloud is held."""
        holder = replace(self.holder, run=run)
        self.say_here(holder)
        self.lock.say(holder)


@contextlib.contextmanager
def _holding(run: str, cloud: Cloud, transport: Transport, means: Means) -> Iterator[_Hold]:
    holder = this_process(run, means.who, means.clock.now())
    lock = CloudLock(cloud, transport, holder)
    with hold_here(means.home.lock(cloud.name), cloud.name, holder) as say_here, lock.held():
        yield _Hold(lock, holder, say_here)


def approve(run: str, gate: str | None, *, home: Home, who: str) -> str:
    """Say yes to a gate: the stage of that name, or the next that waits. Returns the stage's name; the run goes on
    with `resume`. Raises InputError when no gate of that name waits, Refused for a run that is being taken back."""
    with contextlib.closing(Journal(home)) as journal:
        plan = open_plan(journal, run)
        check_may_go_on(run, plan, journal)
        approved = journal.runs.approvals(run)
        waiting = [stage.name for stage in plan.stages if stage.gate and stage.name not in approved]
        chosen = gate or next(iter(waiting), None)
        if chosen is None or chosen not in waiting:
            raise InputError(
                "execution.no-such-gate",
                f"run {run} has no gate {chosen or ''} that waits",
                expected=", ".join(waiting) or "no gate waits",
                do_next="name one of those" if waiting else f"ostler resume {run}",
            )
        journal.runs.approve(run, chosen, who)
        return chosen


def is_alive(run: str, cloud: str, home: Home) -> bool:
    """Whether a process of this machine carries the run out now."""
    return run in alive_runs([cloud], home)


@dataclass(frozen=True)
class RunHistory:
    """Everything the journal knows of one run; `remembered` are the facts each step read before it first acted."""

    record: RunRecord
    plan: Plan
    outcomes: tuple[StepOutcome, ...]
    effects: tuple[EffectRecord, ...]
    loans: tuple[Loan, ...]
    files: tuple[SavedFile, ...]
    findings: tuple[tuple[str, Finding], ...]
    approvals: Mapping[str, Approval]
    remembered: Mapping[str, Mapping[FactRequest, JsonValue]]
    unfinished: tuple[str, ...]
    is_alive: bool

    @property
    def last_outcomes(self) -> dict[str, StepOutcome]:
        """How each step that has ended ended last, by step id."""
        return {outcome.step: outcome for outcome in self.outcomes}


def alive_runs(clouds: Collection[str], home: Home) -> frozenset[str]:
    """The runs on these clouds that processes of this machine carry out now."""
    holders = (holder_here(home.lock(cloud)) for cloud in set(clouds))
    return frozenset(holder.run for holder in holders if holder is not None)


def list_runs(home: Home) -> list[RunRecord]:
    """Every run of this machine, the newest first."""
    with _journal_if_any(home) as journal:
        return journal.runs.all() if journal else []


def load_run(run: str, home: Home) -> RunHistory:
    """Everything the journal knows of one run. Raises InputError for one it does not know."""
    with contextlib.closing(Journal(home)) as journal:
        record = journal.runs.get(run)
        return RunHistory(
            record,
            journal.runs.plan(run),
            tuple(journal.steps.outcomes(run)),
            tuple(journal.steps.effects(run)),
            tuple(journal.loans.all(run)),
            tuple(journal.files.all(run)),
            tuple(journal.runs.findings(run)),
            journal.runs.approvals(run),
            journal.steps.remembered(run),
            tuple(journal.steps.unfinished(run)),
            is_alive(run, record.cloud, home),
        )


@contextlib.contextmanager
def _journal_if_any(home: Home) -> Iterator[Journal | None]:
    if not home.journal.exists():
        yield None
        return
    with contextlib.closing(Journal(home)) as journal:
        yield journal
