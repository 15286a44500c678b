"""The algorithm for one step: look into the journal, check what it relies on, intend, act, verify, record.

After a kill the journal and the step's own verify decide: an outcome that is recorded stands; an intent without an
outcome is looked into on the cloud before anything is done again; what nobody can know is left to a person.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ostler.errors import OstlerError
from ostler.execution.crash_points import crash_point
from ostler.execution.database import JournalUnwritable
from ostler.execution.effect_bench import Bench
from ostler.execution.effect_log import EffectLog, EffectsFailed
from ostler.execution.events import Events, LoanOpened, LoanReturned, StepEnded, StepStarted
from ostler.execution.executor import checks_itself
from ostler.execution.logged_errors import logged_errors
from ostler.execution.records import GIVEN_BACK_BY_STEP, Intent, Outcome, StepOutcome
from ostler.execution.waiting import Abandoned, judge
from ostler.facts.model import FactRequest, JsonValue, Unknown
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Until
from ostler.steps.model import Remembered, Step, StepKind

READ_TRIES = 3
READ_PAUSE_S = 2.0


@dataclass(frozen=True)
class _Verdict:
    """How a step came out; becomes its outcome in the journal."""

    outcome: Outcome
    reason: str = ""
    evidence: tuple[str, ...] = ()


class StepRunner:
    """Runs the steps of one run, each at most once at a time. `lenders` are, by step id, the steps whose loans it
    stands within."""

    def __init__(self, bench: Bench, events: Events, lenders: Mapping[str, Sequence[str]]) -> None:
        self._bench = bench
        self._events = events
        self._log = EffectLog(bench, events)
        self._journal = bench.journal
        self._run = bench.run
        self._lenders = lenders

    def run(self, step: Step) -> StepOutcome:
        """Run a step, or return the outcome it already has.

        Raises JournalUnwritable (no effect is carried out without a journal) and Abandoned (the step is left as if
        the process had been killed).
        """
        outcomes = self._journal.steps.outcomes(self._run, step.id)
        known = self._standing(step, outcomes)
        if known is not None:
            return known
        began = self._bench.means.clock.elapsed()
        kind = self._bench.means.kind_of(step.kind)
        self._events.tell(StepStarted(step.id, step.kind, step.host, kind.title(step), step.estimate_s))
        attempt = 1 + len(outcomes)
        try:
            verdict = self._verdict(step, kind, attempt)
        except (JournalUnwritable, Abandoned):
            raise
        except OstlerError as error:
            verdict = _Verdict(Outcome.FAILED, error.summary, tuple(t for t in (error.found, error.do_next) if t))
        except Exception as error:
            frames = traceback.format_exception(error)
            reason = f"a bug in Ostler, please report it: {type(error).__name__}: {error}"
            verdict = _Verdict(Outcome.FAILED, reason, tuple("".join(frames).splitlines()[-8:]))
        return self._record(step, attempt, verdict, self._bench.means.clock.elapsed() - began)

    def recorded(self, step: Step) -> StepOutcome | None:
        """The good outcome a step already has; None when it must run, or run again because its loan (or, when what it
        saw is fleeting, a loan it stands within) was given back early. A recorded step with another digest is
        refused."""
        return self._standing(step, self._journal.steps.outcomes(self._run, step.id))

    def _standing(self, step: Step, outcomes: Sequence[StepOutcome]) -> StepOutcome | None:
        """What `recorded` tells, of the outcomes that the journal holds."""
        if not outcomes or not outcomes[-1].outcome.is_good:
            return None
        last = outcomes[-1]
        if last.digest != step.digest:
            reason = f"the journal holds step {step.id} with digest {last.digest}, the plan has {step.digest}"
            return StepOutcome(step.id, step.digest, last.attempt, Outcome.REFUSED, reason, (), 0.0, last.at)
        if step.lends is not None:
            loan = self._journal.loans.last(self._run, step.lends)
            if loan is not None and loan.is_disturbed:
                return None
        return None if self._is_stale(step, last) else last

    def _is_stale(self, step: Step, last: StepOutcome) -> bool:
        """Whether what a step saw is fleeting, and a loan it stands within was lent again since."""
        if not self._bench.means.kind_of(step.kind).is_fleeting:
            return False
        lent = [i for lender in self._lenders.get(step.id, ()) for i in self._journal.steps.intents(self._run, lender)]
        return any(intent.at > last.at for intent in lent)

    def _verdict(self, step: Step, kind: StepKind, attempt: int) -> _Verdict:
        skipped = self._nothing_to_return(step)
        if skipped is not None:
            return skipped
        intents = self._journal.steps.intents(self._run, step.id)
        if any(intent.digest != step.digest for intent in intents):
            return _Verdict(Outcome.REFUSED, f"step {step.id} is not the one the journal knows by this name")
        if not intents:
            return self._first_time(step, kind, attempt)
        return self._once_more(step, kind, attempt, intents)

    def _nothing_to_return(self, step: Step) -> _Verdict | None:
        """A step that gives back what this run did not lend, or gave back early, has nothing to do."""
        loan = self._journal.loans.last(self._run, step.returns) if step.returns is not None else None
        if loan is None or loan.is_open:
            return None
        return _Verdict(Outcome.SKIPPED, f"nothing to give back: {loan.how}")

    def _first_time(self, step: Step, kind: StepKind, attempt: int) -> _Verdict:
        to_remember = kind.remember(step, self._bench.cloud)
        early = _verify_without_memory(kind, step, self._bench)
        values = self._read(
            [*to_remember, *(expectation.request for expectation in step.relies_on)],
            [until.expectation.request for until in early],
        )
        stale = _stale(step.relies_on, values)
        if stale is not None:
            return stale
        unread = {request: value for request in to_remember if isinstance(value := values[request], Unknown)}
        if unread:
            told = tuple(f"{request}: {value.reason}" for request, value in unread.items())
            return _Verdict(Outcome.REFUSED, f"what must be remembered could not be read: {told[0]}", told)
        intent = self._intend(step, attempt, {request: values[request] for request in to_remember})
        if early and early == kind.verify(step, self._bench.cloud, intent.remembered):
            verdicts = [judge(until.expectation, values[until.expectation.request]) for until in early]
            if all(verdict.holds for verdict in verdicts):
                return _Verdict(Outcome.ALREADY_SO, "; ".join(str(until.expectation) for until in early[:3]))
        return self._act(step, kind, intent)

    def _once_more(self, step: Step, kind: StepKind, attempt: int, intents: list[Intent]) -> _Verdict:
        """The step meant to act before: it was killed, it failed, or its loan was given back early."""
        settled = self._journal.steps.settled(self._run, step.id, attempt - 1)
        if settled is not None and settled[0] == "done":
            return _Verdict(Outcome.DONE, f"settled by {settled[1]}: it was done")
        remembered = intents[0].remembered
        was_killed = intents[-1].attempt == attempt
        untils = kind.verify(step, self._bench.cloud, remembered)
        holds = self._holds(untils) if untils else None
        if not holds and settled is None and self._must_be_settled(step, kind, remembered, holds):
            return _Verdict(
                Outcome.UNKNOWN,
                "it is not known whether this happened, and it must not happen twice",
                (f"look at the cloud, then: ostler resume {self._run} --settle {step.id}=done (or =again)",),
            )
        stale = None if holds else self._stale_meanwhile(step, untils)
        if stale is not None:
            return stale
        intent = intents[-1] if was_killed else self._intend(step, attempt, remembered)
        if holds:
            return self._do_the_rest(step, kind, intent)
        return self._act_again(step, kind, intent, was_killed=was_killed)

    def _stale_meanwhile(self, step: Step, untils: Sequence[Until]) -> _Verdict | None:
        """What the step relies on and no longer finds; None when all is so. What it changes itself is left out: it may
        have got half way."""
        own = {(until.expectation.request, until.expectation.path) for until in untils}
        relied_on = [each for each in step.relies_on if (each.request, each.path) not in own]
        return _stale(relied_on, self._read([each.request for each in relied_on], []))

    def _must_be_settled(self, step: Step, kind: StepKind, remembered: Remembered, holds: bool | None) -> bool:
        """Whether only a person can tell if an effect that must not be repeated happened.

        Its verify tells when it can be read and there is but one such effect; with several, the one that was under
        way when the process was killed is in doubt.
        """
        if kind.is_repeatable:
            return False
        in_doubt = self._journal.steps.places(self._run, step.id).in_doubt
        effects = kind.effects(step, self._bench.cloud, remembered)
        blind = [effect for effect in effects if not checks_itself(effect)]
        return holds is None or (len(blind) > 1 and bool(in_doubt))

    def _do_the_rest(self, step: Step, kind: StepKind, intent: Intent) -> _Verdict:
        """The step's verification holds; what lies behind the effect that was under way, and cannot be seen (that
        systemd reads its files anew), is still to be done."""
        places = self._journal.steps.places(self._run, step.id, intent.attempt)
        begun = range(max(places.done | places.in_doubt, default=-1) + 1)
        if not begun or len(begun) >= len(kind.effects(step, self._bench.cloud, intent.remembered)):
            return _Verdict(Outcome.DONE, "found done when the run was gone on with")
        return self._act(step, kind, intent, done=frozenset(begun))

    def _act_again(self, step: Step, kind: StepKind, intent: Intent, *, was_killed: bool) -> _Verdict:
        """Go on behind the effects that were carried out; if that does not lead there, and they may be repeated, do
        all of them once more."""
        if not kind.is_repeatable:
            return self._act(step, kind, intent, done=self._journal.steps.places(self._run, step.id).done)
        done = self._journal.steps.places(self._run, step.id, intent.attempt).done if was_killed else frozenset()
        verdict = self._act(step, kind, intent, done=done)
        if done and not verdict.outcome.is_good:
            return self._act(step, kind, intent)
        return verdict

    def _intend(self, step: Step, attempt: int, remembered: Mapping[FactRequest, JsonValue]) -> Intent:
        crash_point("before_intent", step.id)
        intent = self._journal.steps.add_intent(self._run, step, attempt, remembered)
        crash_point("after_intent", step.id)
        self._announce_loan(step)
        return intent

    def _announce_loan(self, step: Step) -> None:
        if step.lends is not None:
            self._events.tell(LoanOpened(step.lends, step.id))

    def _act(self, step: Step, kind: StepKind, intent: Intent, *, done: frozenset[int] = frozenset()) -> _Verdict:
        cloud = self._bench.cloud
        try:
            effects = kind.effects(step, cloud, intent.remembered)
            self._log.carry_out_all(step.id, intent.attempt, effects, done=done)
        except EffectsFailed as failed:
            return _Verdict(Outcome.FAILED, failed.reason, (*failed.evidence, *self._logged(step, kind, intent)))
        missed = self._bench.waiter.wait(kind.verify(step, cloud, intent.remembered))
        if not missed:
            return _Verdict(Outcome.DONE)
        until, verdict = missed[0]
        advice = f"; {until.on_timeout}" if until.on_timeout else ""
        reason = f"not verified after {until.timeout_s:.0f} s: {verdict.expectation}{advice}"
        seen = tuple(str(verdict) for _, verdict in missed)
        return _Verdict(Outcome.FAILED, reason, (*seen, *self._logged(step, kind, intent)))

    def _logged(self, step: Step, kind: StepKind, intent: Intent) -> tuple[str, ...]:
        patterns = kind.logs(step)
        if not patterns or step.host is None:
            return ()
        return logged_errors(self._bench.transport, step.host, patterns, intent.at)

    def _holds(self, untils: Sequence[Until]) -> bool | None:
        """Whether all of it is true now, and stays so where it must; None when some fact could not be read and nothing
        known speaks against."""
        verdicts = [verdict.holds for verdict in self._bench.waiter.look([until.expectation for until in untils])]
        if False in verdicts:
            return False
        if None in verdicts:
            return None
        steady = [until for until in untils if until.steady_s]
        return not self._bench.waiter.wait(steady)

    def _read(
        self, needed: Sequence[FactRequest], useful: Sequence[FactRequest]
    ) -> Mapping[FactRequest, JsonValue | Unknown]:
        """Read facts in one go; what is needed and could not be read is read again, since a host may be busy for a
        moment."""
        values = dict(self._bench.read([*needed, *useful]))
        for _ in range(READ_TRIES - 1):
            unread = [request for request in needed if isinstance(values[request], Unknown)]
            if not unread:
                break
            self._bench.means.clock.sleep(READ_PAUSE_S)
            values.update(self._bench.read(unread))
        return values

    def _record(self, step: Step, attempt: int, verdict: _Verdict, seconds: float) -> StepOutcome:
        told = StepOutcome(
            step.id, step.digest, attempt, verdict.outcome, verdict.reason, verdict.evidence, seconds, 0.0
        )
        crash_point("before_outcome", step.id)
        outcome = self._journal.steps.add_outcome(self._run, step, told)
        crash_point("after_outcome", step.id)
        if step.returns is not None and outcome.outcome in (Outcome.DONE, Outcome.ALREADY_SO):
            self._events.tell(LoanReturned(step.returns, f"{GIVEN_BACK_BY_STEP} {step.id}"))
        self._events.tell(StepEnded(step.id, outcome.outcome, outcome.reason, seconds, outcome.evidence))
        return outcome


def _stale(relied_on: Sequence[Expectation], values: Mapping[FactRequest, JsonValue | Unknown]) -> _Verdict | None:
    """The refusal that names what is not as the step relies on; None when all is."""
    verdicts = [judge(expectation, values[expectation.request]) for expectation in relied_on]
    changed = [verdict for verdict in verdicts if not verdict.holds]
    if not changed:
        return None
    return _Verdict(Outcome.REFUSED, f"stale: {changed[0]}", tuple(str(verdict) for verdict in changed))


def _verify_without_memory(kind: StepKind, step: Step, bench: Bench) -> tuple[Until, ...]:
    """What the step verifies when it remembers nothing; empty when it cannot say so without."""
    try:
        return kind.verify(step, bench.cloud, {})
    except (KeyError, TypeError, AttributeError):
        return ()
