"""Carries effects out and writes each into the journal, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ostler.errors import ApiError, CommandTimedOut, HostUnreachable, InputError, OstlerError, OutsideError
from ostler.execution.crash_points import crash_point
from ostler.execution.effect_bench import Bench, CannotTell, EffectResult
from ostler.execution.events import EffectDone, Events, FindingTold
from ostler.execution.executor import carry_out, checks_itself, describe
from ostler.execution.waiting import Abandoned
from ostler.steps.effects import Effect, Until

GIVING_BACK = -1
"""Places below zero belong to effects that give a loan back early."""


@dataclass(frozen=True)
class EffectsFailed(Exception):
    """An effect failed; those after it were not carried out."""

    reason: str
    evidence: tuple[str, ...]


class EffectLog:
    """The effects of one run."""

    def __init__(self, bench: Bench, events: Events) -> None:
        self._bench = bench
        self._journal = bench.journal
        self._events = events

    def carry_out_all(
        self, step: str, attempt: int, effects: Sequence[Effect], *, done: frozenset[int] = frozenset()
    ) -> None:
        """Carry effects out in order, leaving out those at the places in `done` that do not check themselves.

        Raises EffectsFailed at the first that fails.
        """
        for place, effect in enumerate(effects):
            if place in done and not checks_itself(effect):
                continue
            self._carry_out(step, attempt, place, effect)

    def give_back_all(self, step: str, attempt: int, effects: Sequence[Effect]) -> None:
        """Carry out the effects that give back what a step lent, also those after one that failed (a load balancer
        that is dead keeps nobody out of the others); but nothing after something that did not become so.

        Raises EffectsFailed with the first failure afterwards.
        """
        failures: list[EffectsFailed] = []
        for index, effect in enumerate(effects):
            try:
                self._carry_out(step, attempt, GIVING_BACK - index, effect)
            except EffectsFailed as failed:
                failures.append(failed)
                if isinstance(effect, Until):
                    break
        if failures:
            raise failures[0]

    def _carry_out(self, step: str, attempt: int, place: int, effect: Effect) -> None:
        began = self._bench.means.clock.elapsed()
        what = describe(effect)
        number = self._journal.steps.begin_effect(self._bench.run, step, attempt, place, what)
        try:
            result = carry_out(self._bench, effect)
        except (OutsideError, InputError) as error:
            if self._bench.is_abandoned():
                raise Abandoned("execution.abandoned", "the operator did not wait for the running step") from error
            told = tuple(line for line in (error.found, error.do_next) if line)
            result = EffectResult(
                error.summary, failure=error.summary, evidence=told, is_in_doubt=_end_was_not_seen(error)
            )
        except CannotTell as error:
            result = EffectResult(str(error), is_change=False, failure=str(error))
        crash_point("after_effect", step)  # done to the host, not yet in the journal
        seconds = self._bench.means.clock.elapsed() - began
        self._told(step, number, result, seconds)
        self._events.tell(EffectDone(step, number, what, result.is_change, seconds))
        if result.failure is not None:
            raise EffectsFailed(result.failure, result.evidence)

    def _told(self, step: str, number: int, result: EffectResult, seconds: float) -> None:
        for finding in result.findings:
            self._journal.runs.add_finding(self._bench.run, step, finding)
            self._events.tell(FindingTold(step, finding))
        failed = result.failure is not None
        self._journal.steps.end_effect(
            number,
            result.text,
            seconds,
            is_change=result.is_change,
            is_failure=failed,
            is_in_doubt=result.is_in_doubt,
        )


def _end_was_not_seen(error: OstlerError) -> bool:
    """Whether the effect may have happened all the same."""
    return isinstance(error, HostUnreachable | CommandTimedOut) or (isinstance(error, ApiError) and error.status == 0)
