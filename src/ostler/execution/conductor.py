"""Carries out one run, stage by stage, and says how it stands when this process is done with it."""

from __future__ import annotations

from ostler.execution.effect_archives import forget_copies
from ostler.execution.effect_bench import Bench
from ostler.execution.engine import DbosEngine, Engine
from ostler.execution.events import (
    Events,
    FindingTold,
    GateWaiting,
    RunEnded,
    RunStarted,
    StageEnded,
    StageStarted,
)
from ostler.execution.former_loans import give_back_former
from ostler.execution.lane_runner import LANE_BROKEN, LANE_DONE, LANE_FAILED, LaneRunner
from ostler.execution.records import RunState
from ostler.execution.stage_runner import RunLane, StageRunner
from ostler.execution.stopping import Standing, StopWish
from ostler.execution.ways_back import newly_lost
from ostler.planning.model import Lane, Plan, Stage

NAMED = 5
"""How many things that would be lost a sentence names."""


class Conductor:
    """One run in this process."""

    def __init__(self, plan: Plan, bench: Bench, events: Events, stop: StopWish) -> None:
        self._plan = plan
        self._bench = bench
        self._events = events
        self._stop = stop
        self._lanes = LaneRunner(plan, bench, events, stop)
        self._book = bench.journal.runs

    def carry_out(self, *, is_resumed: bool) -> Standing:
        """Carry the run out as far as it goes. Raises JournalUnwritable and Abandoned."""
        began = self._bench.means.clock.elapsed()
        self._events.tell(
            RunStarted(
                self._bench.run,
                self._plan.cloud,
                self._plan.title,
                is_resumed,
                len(self._plan.stages),
                sum(1 for _ in self._plan.steps()),
                self._plan.estimate_s,
            )
        )
        standing = self._former_loans() or self._with_engine()
        if standing.state is RunState.FAILED:
            self._lanes.give_back_all()
        for run in self._over():
            forget_copies(self._bench.journal.home, run)
        if standing.state is RunState.CANCELLED:
            standing = self.cancelled()
        if standing.state is RunState.DONE and self._plan.operation == "rollback":
            self._book.set_rolled_back(str(self._plan.request.get("run")), self._bench.run)
        self._book.set_state(self._bench.run, standing.state, standing.message)
        lent = tuple(loan.name for loan in self._bench.journal.loans.open(self._bench.run))
        seconds = self._bench.means.clock.elapsed() - began
        self._events.tell(RunEnded(self._bench.run, standing.state, standing.message, seconds, lent))
        return standing

    def _over(self) -> tuple[str, ...]:
        """The runs of which nothing is at work any more: this one, and the one it takes back."""
        taken_back = self._plan.request.get("run") if self._plan.operation == "rollback" else None
        return (self._bench.run, *([str(taken_back)] if taken_back else []))

    def cancelled(self) -> Standing:
        """Give back everything the run has lent, and how it stands then: not at its end while something could not be
        given back, since nothing would give it back any more. What only steps undo stays lent, and is told."""
        forget_copies(self._bench.journal.home, self._bench.run)
        left = self._lanes.give_back_all()
        if not left:
            kept = ", ".join(loan.name for loan in self._bench.journal.loans.open(self._bench.run))
            still = f"; still lent, which only taking the run back undoes: {kept}" if kept else ""
            return Standing(RunState.CANCELLED, f"cancelled by the operator{still}")
        lent = ", ".join(loan.name for loan in left)
        again = f"put the cause right, then: ostler cancel {self._bench.run}"
        return Standing(RunState.STOPPED, f"not cancelled yet, {lent} could not be given back; {again}")

    def _former_loans(self) -> Standing | None:
        """Why a way back must not begin; None when it may."""
        return give_back_former(self._plan, self._bench, self._events) if self._plan.operation == "rollback" else None

    def _with_engine(self) -> Standing:
        engine: Engine = DbosEngine(
            self._bench.journal.home, self._bench.run, self._lanes, self._bench.means.database_url
        )
        try:
            return self._stages(engine)
        finally:
            engine.close()

    def _stages(self, engine: Engine) -> Standing:
        failed: list[str] = []
        for number, stage in enumerate(self._plan.stages, start=1):
            lanes = [lane for lane in stage.lanes if not self._lanes.is_complete(lane)]
            if not lanes:
                continue
            stopped = self._stopped_before(stage) or self._gate(stage)
            if stopped is not None:
                return stopped
            self._events.tell(StageStarted(stage.name, stage.title, number, len(lanes), stage.estimate_s))
            result = self._stage_runner(stage, lanes, engine).run()
            self._events.tell(StageEnded(stage.name, result.result, tuple(result.failed)))
            if result.result == LANE_BROKEN and self._lanes.broken is not None:
                raise self._lanes.broken
            failed += [f"{stage.name}/{lane}" for lane in result.failed]
            if result.result == LANE_FAILED:
                return Standing(RunState.FAILED, f"stage {stage.name} failed: {', '.join(result.failed)}")
            if result.result != LANE_DONE:
                return self._stop.reason() or Standing(RunState.STOPPED, "stopped")
        if failed:
            return Standing(RunState.DONE_WITH_FAILURES, f"done, except for {', '.join(failed)}")
        return Standing(RunState.DONE)

    def _stage_runner(self, stage: Stage, lanes: list[Lane], engine: Engine) -> StageRunner:
        return StageRunner(stage, lanes, self._lane_of(stage, engine), lambda: self._lanes.wants_no_lane(stage))

    def _stopped_before(self, stage: Stage) -> Standing | None:
        """Why the run stops before a stage; None when it should not, or must not yet."""
        return self._stop.reason() if self._stop.is_urgent() or self._lanes.may_leave(stage) else None

    def _gate(self, stage: Stage) -> Standing | None:
        """The gate before a stage; None when there is none, or a person said yes to what it means now."""
        if stage.gate is None:
            return None
        more = self._more_lost() if stage.is_point_of_no_return and not self._has_begun(stage) else ""
        if more:
            self._book.revoke(self._bench.run, stage.name)
        if stage.name in self._book.approvals(self._bench.run):
            return None
        self._events.tell(GateWaiting(stage.name, f"{more}{stage.gate}", stage.is_point_of_no_return))
        return Standing(
            RunState.WAITING,
            f"before {stage.name}: {more}{stage.gate} To say yes: ostler approve {self._bench.run}",
        )

    def _has_begun(self, stage: Stage) -> bool:
        """Whether any step of a stage meant to act: behind its gate, APIs may be away on purpose."""
        begun = self._bench.journal.steps.begun(self._bench.run)
        return any(step.id in begun for lane in stage.lanes for step in lane.steps)

    def _more_lost(self) -> str:
        """Tell what a restore would lose and nobody was told of: a yes from before does not cover it. Empty when there
        is nothing."""
        told = [*self._plan.findings, *(finding for _, finding in self._book.findings(self._bench.run))]
        more = newly_lost(self._plan, self._bench.journal, told, self._bench.read)
        for finding in more:
            self._book.add_finding(self._bench.run, "", finding)
            self._events.tell(FindingTold("", finding))
        if not more:
            return ""
        shown = ", ".join(finding.subject for finding in more[:NAMED])
        others = f" and {len(more) - NAMED} more" if len(more) > NAMED else ""
        return f"more would be lost than was said before: {shown}{others}. "

    def _no_longer_stands(self, result: str, lane: Lane) -> bool:
        """Whether the engine remembers an end of a lane that the journal knows better: a loan of the lane was given
        back since, or an earlier process could not write the journal any more."""
        if result == LANE_DONE:
            return not self._lanes.is_complete(lane)
        return result == LANE_BROKEN and self._lanes.broken is None

    def _lane_of(self, stage: Stage, engine: Engine) -> RunLane:
        def run_lane(lane: Lane) -> str:
            attempt = self._book.lane_attempt(self._bench.run, stage.name, lane.name)
            result = engine.run_lane(stage.name, lane.name, attempt)
            if self._no_longer_stands(result, lane):
                self._book.end_lane(self._bench.run, stage.name, lane.name, "reopened")
                result = engine.run_lane(stage.name, lane.name, attempt + 1)
            return result

        return run_lane
