"""Runs the steps of a lane, and gives back what the lane lent when it does not come to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ostler.errors import Finding, OstlerError, Severity
from ostler.execution.database import JournalUnwritable
from ostler.execution.effect_bench import Bench
from ostler.execution.effect_log import EffectLog, EffectsFailed
from ostler.execution.events import Events, FindingTold, LaneEnded, LaneStarted, LoanReturned
from ostler.execution.records import GIVEN_BACK_EARLY, Loan
from ostler.execution.safe_points import safe_points
from ostler.execution.step_runner import StepRunner
from ostler.execution.stopping import StopWish
from ostler.execution.waiting import Abandoned
from ostler.planning.model import Lane, Plan, Stage
from ostler.planning.replacement import cloud_at
from ostler.steps.effects import Until
from ostler.steps.model import Step

LANE_DONE = "done"
LANE_FAILED = "failed"
LANE_STOPPED = "stopped"
LANE_BROKEN = "broken"
"""The journal could not be written, or the operator did not wait: nothing more was done, as after a kill."""


@dataclass(frozen=True)
class Told:
    """What one step of a lane came to, as the engine keeps it."""

    step: str
    digest: str
    outcome: str
    is_good: bool

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"step": self.step, "digest": self.digest, "outcome": self.outcome, "is_good": self.is_good}


class LaneRunner:
    """The lanes of one run."""

    def __init__(self, plan: Plan, bench: Bench, events: Events, stop: StopWish) -> None:
        self._bench = bench
        self._events = events
        self._stop = stop
        self._safe = safe_points(plan)
        self._benches = {stage.name: bench.on(cloud_at(plan, bench.cloud, stage.name)) for stage in plan.stages}
        self._runners = {name: StepRunner(each, events, self._safe.lenders) for name, each in self._benches.items()}
        self._log = EffectLog(bench, events)
        self._lanes = {(stage.name, lane.name): lane for stage in plan.stages for lane in stage.lanes}
        self._by_id: Mapping[str, Step] = {step.id: step for _, _, step in plan.steps()}
        self._stage_of = {step.id: stage.name for stage, _, step in plan.steps()}
        self.broken: JournalUnwritable | Abandoned | None = None

    def is_complete(self, lane: Lane) -> bool:
        """Whether every step of a lane has a good outcome that still stands."""
        known = [self._runner(step).recorded(step) for step in lane.steps]
        return all(outcome is not None and outcome.outcome.is_good for outcome in known)

    def begin(self, stage: str, lane: str) -> list[tuple[str, str]]:
        """Tell that a lane begins and return its steps as (id, digest)."""
        steps = self._lanes[stage, lane].steps
        self._events.tell(LaneStarted(stage, lane, len(steps)))
        return [(step.id, step.digest) for step in steps]

    def wants_stop(self, step: str) -> bool:
        """Whether the lane should stop before a step: at once, or where nothing is half done. A step that was done by
        an earlier process is no such place, whatever the plan says: the lane is behind it already."""
        if self.broken is not None or self._stop.is_urgent():
            return True
        known = self._by_id[step]
        is_wanted = step in self._safe.steps and self._stop.is_wanted()
        return is_wanted and self._runner(known).recorded(known) is None

    def may_leave(self, stage: Stage) -> bool:
        """Whether the run may stop before a stage."""
        return stage.name in self._safe.stages

    def wants_no_lane(self, stage: Stage) -> bool:
        """Whether no further lane of a stage should begin."""
        return self._stop.is_urgent() or (stage.name in self._safe.lanes and self._stop.is_wanted())

    def run_step(self, step: str) -> dict[str, Any]:
        """Run one step; never raises, so that the engine never has to keep an error."""
        known = self._by_id[step]
        try:
            outcome = self._runner(known).run(known)
        except (JournalUnwritable, Abandoned) as error:
            self.broken = error
            return Told(step, known.digest, LANE_BROKEN, False).to_json()
        return Told(step, known.digest, outcome.outcome, outcome.outcome.is_good).to_json()

    def _runner(self, step: Step) -> StepRunner:
        """Runs a step on the cloud as its stage finds it."""
        return self._runners[self._stage_of[step.id]]

    def end(self, stage: str, lane: str, result: str) -> str:
        """Close a lane. One that did not come to its end gives back what it alone lent, and may be tried again."""
        if self.broken is not None:
            result = LANE_BROKEN
        if result in (LANE_FAILED, LANE_STOPPED):
            try:
                self._give_back_of(self._lanes[stage, lane])
                self._bench.journal.runs.end_lane(self._bench.run, stage, lane, result)
            except (JournalUnwritable, Abandoned) as error:
                self.broken = error
                result = LANE_BROKEN
        self._events.tell(LaneEnded(stage, lane, result))
        return result

    def give_back_all(self, *, waits: bool = True) -> list[Loan]:
        """Give back everything this run has lent, the newest first; what cannot be stays open, is told and returned.
        `waits` False: what should be seen before something is given back is not waited for."""
        opened = reversed(self._bench.journal.loans.open(self._bench.run))
        return [loan for loan in opened if not self._give_back(loan, waits=waits)]

    def _give_back_of(self, lane: Lane) -> None:
        own = {step.id for step in lane.steps}
        returned_here = {step.returns for step in lane.steps if step.returns}
        for loan in reversed(self._bench.journal.loans.open(self._bench.run)):
            if loan.step in own and loan.name in returned_here:
                self._give_back(loan)

    def _give_back(self, loan: Loan, *, waits: bool = True) -> bool:
        """Give a loan back; False when it could not be. One without a way to do so early is left as it is."""
        try:
            self._try_to_give_back(loan, waits=waits)
        except EffectsFailed as failed:
            self._tell_still_lent(loan, failed.reason, failed.evidence)
        except (JournalUnwritable, Abandoned):
            raise
        except OstlerError as error:
            self._tell_still_lent(loan, error.summary, ())
        except Exception as error:
            self._tell_still_lent(loan, f"a bug in Ostler, please report it: {type(error).__name__}: {error}", ())
        else:
            return True
        return False

    def _try_to_give_back(self, loan: Loan, *, waits: bool) -> None:
        step = self._by_id[loan.step]
        intents = self._bench.journal.steps.intents(self._bench.run, step.id)
        kind = self._bench.means.kind_of(step.kind)
        cloud = self._benches[self._stage_of[step.id]].cloud
        effects = kind.give_back(step, cloud, intents[0].remembered)
        if not waits:
            effects = tuple(effect for effect in effects if not isinstance(effect, Until))
        if not effects:
            return
        self._bench.journal.loans.returning(loan)
        self._log.give_back_all(step.id, intents[-1].attempt, effects)
        self._bench.journal.loans.returned(loan)
        self._events.tell(LoanReturned(loan.name, GIVEN_BACK_EARLY))

    def _tell_still_lent(self, loan: Loan, reason: str, evidence: tuple[str, ...]) -> None:
        told = Finding(
            "execution.still-lent",
            Severity.FAILURE,
            loan.name,
            f"{loan.name} could not be given back: {reason}",
            do_next=f"give it back by hand, or: ostler resume {loan.run} (or ostler rollback {loan.run})",
            evidence=evidence,
        )
        self._bench.journal.runs.add_finding(loan.run, loan.step, told)
        self._events.tell(FindingTold(loan.step, told))
