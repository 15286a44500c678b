"""One run in this process: its locks, its signals, and what it came to."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from ostler.cloud.model import Cloud
from ostler.execution.cloud_lock import CloudLock
from ostler.execution.conductor import Conductor
from ostler.execution.database import JournalUnwritable
from ostler.execution.effect_bench import Bench
from ostler.execution.events import Events, Listener, Note
from ostler.execution.journal import Journal
from ostler.execution.means import Means
from ostler.execution.probe_telling import telling_of_probe
from ostler.execution.records import RunState
from ostler.execution.run_checks import ALL_GATES
from ostler.execution.run_result import RunResult
from ostler.execution.stopping import Standing, StopWish
from ostler.execution.waiting import Abandoned
from ostler.planning.model import Plan
from ostler.remote.protocol import Api, Transport


@dataclass(frozen=True)
class RunTask:
    """A run and everything it is carried out with."""

    run: str
    plan: Plan
    cloud: Cloud
    transport: Transport
    api: Api | None
    means: Means
    journal: Journal
    listeners: Sequence[Listener] = ()

    def carry_out(self, lock: CloudLock, approve_gates: Sequence[str], *, is_resumed: bool) -> RunResult:
        """Carry the run out as far as it goes, and say how it stands."""
        for stage in self.plan.stages:
            if stage.gate and (stage.name in approve_gates or ALL_GATES in approve_gates):
                self.journal.runs.approve(self.run, stage.name, self.means.who)
        try:
            self._conduct(lock, is_resumed=is_resumed)
        except JournalUnwritable:
            raise
        except BaseException as error:
            # Whatever ended it: nothing runs any more, so the journal must not say that it does.
            self.journal.runs.set_state(self.run, RunState.STOPPED, f"{type(error).__name__}: {error}")
            raise
        return self.result()

    def _conduct(self, lock: CloudLock, *, is_resumed: bool) -> None:
        stop = StopWish(self._wish, self._pause, at_once=lambda: _lost(lock))
        events = Events(self.means.clock.now, *self.listeners)
        conductor = Conductor(self.plan, self.bench(stop), events, stop)
        with contextlib.ExitStack() as stack:
            if self.means.handles_interrupts:
                stack.enter_context(stop.on_signals(lambda text: events.tell(Note(text)), self.transport.close))
            stack.enter_context(telling_of_probe(self.means.look_at_probe, events.tell))
            try:
                conductor.carry_out(is_resumed=is_resumed)
            except Abandoned:
                self.journal.runs.set_state(self.run, RunState.STOPPED, "stopped at once by the operator")

    def bench(self, stop: StopWish) -> Bench:
        """Where effects are carried out."""
        accepted = frozenset(acceptance.code for acceptance in self.plan.accepted)
        return Bench(
            self.run, self.cloud, self.transport, self.api, self.means, self.journal, accepted, stop.is_abandoned
        )

    def cancel(self) -> RunResult:
        """Give back everything the run has lent, without going on with it, and end it when nothing is lent any more."""
        stop = StopWish()
        events = Events(self.means.clock.now, *self.listeners)
        standing = Conductor(self.plan, self.bench(stop), events, stop).cancelled()
        self.journal.runs.set_state(self.run, standing.state, standing.message)
        return self.result()

    def result(self) -> RunResult:
        """How the run stands, from the journal."""
        record = self.journal.runs.get(self.run)
        last = self.journal.steps.last_outcomes(self.run)
        steps = [step.id for _, _, step in self.plan.steps()]
        good = tuple(step for step in steps if step in last and last[step].outcome.is_good)
        bad = tuple(step for step in steps if step in last and not last[step].outcome.is_good)
        left = tuple(step for step in steps if step not in last)
        findings = tuple(finding for _, finding in self.journal.runs.findings(self.run))
        lent = tuple(self.journal.loans.open(self.run))
        return RunResult(self.run, record.state, record.message, good, bad, left, lent, findings)

    def _wish(self) -> Standing | None:
        if self.journal.runs.wish(self.run) == "cancel":
            return Standing(RunState.CANCELLED, "cancelled by the operator")
        return None

    def _pause(self) -> Standing | None:
        why = self.means.pause_when()
        return None if why is None else Standing(RunState.PAUSED, why)


def _lost(lock: CloudLock) -> Standing | None:
    return (
        Standing(RunState.STOPPED, "the lock of the cloud was lost: somebody else may be at work on it")
        if lock.is_lost
        else None
    )
