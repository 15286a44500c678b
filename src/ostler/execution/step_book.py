"""The part of the journal about steps: intent before, effects during, outcome after; and what a person settled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from ostler.execution.clock import Now
from ostler.execution.database import Database
from ostler.execution.loan_book import close_loan, open_loan
from ostler.execution.records import GIVEN_BACK_BY_STEP, NOT_LENT, EffectRecord, Intent, Outcome, StepOutcome
from ostler.execution.remembering import remembered_from_json, remembered_to_json
from ostler.execution.tables import EFFECTS, INTENTS, OUTCOMES, SETTLED
from ostler.facts.model import FactRequest, JsonValue
from ostler.steps.model import Step

# Made once: a run executes thousands of statements, and making one costs more than executing it.
_INTENTS_OF_RUN = sa.select(INTENTS).where(INTENTS.c.run == sa.bindparam("of_run")).order_by(INTENTS.c.number)
_INTENTS_OF_STEP = _INTENTS_OF_RUN.where(INTENTS.c.step == sa.bindparam("of_step"))
_OUTCOMES_OF_RUN = sa.select(OUTCOMES).where(OUTCOMES.c.run == sa.bindparam("of_run")).order_by(OUTCOMES.c.number)
_OUTCOMES_OF_STEP = _OUTCOMES_OF_RUN.where(OUTCOMES.c.step == sa.bindparam("of_step"))
_ADD_INTENT, _ADD_OUTCOME, _ADD_EFFECT = sa.insert(INTENTS), sa.insert(OUTCOMES), sa.insert(EFFECTS)
_END_EFFECT = sa.update(EFFECTS).where(EFFECTS.c.number == sa.bindparam("of_number"))


@dataclass(frozen=True)
class Places:
    """Places of effects within a step: those carried out, and those begun of which nobody knows the end."""

    done: frozenset[int]
    in_doubt: frozenset[int]


class StepBook:
    """What every step of every run did."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    def add_intent(self, run: str, step: Step, attempt: int, remembered: Mapping[FactRequest, JsonValue]) -> Intent:
        """Record that a step is about to act; what it lends is out from now on."""
        intent = Intent(step.id, step.digest, attempt, remembered, self._now())
        values = {"digest": step.digest, "remembered": remembered_to_json(remembered), "at": intent.at}
        with self._database.changing() as connection:
            connection.execute(_ADD_INTENT, {"run": run, "step": step.id, "attempt": attempt, **values})
            if step.lends is not None:
                open_loan(connection, run, step.lends, step.id, intent.at)
        return intent

    def intents(self, run: str, step: str) -> list[Intent]:
        """The intents of one step, the oldest first."""
        with self._database.reading() as connection:
            return [
                Intent(row.step, row.digest, row.attempt, remembered_from_json(row.remembered), row.at)
                for row in connection.execute(_INTENTS_OF_STEP, {"of_run": run, "of_step": step})
            ]

    def remembered(self, run: str) -> dict[str, Mapping[FactRequest, JsonValue]]:
        """The facts every step of a run remembered before it first acted, by step id: what undo is built from."""
        query = sa.select(INTENTS).where(INTENTS.c.run == run).order_by(INTENTS.c.number.desc())
        with self._database.reading() as connection:
            return {row.step: remembered_from_json(row.remembered) for row in connection.execute(query)}

    def begun(self, run: str, since: float = 0.0) -> frozenset[str]:
        """The steps of a run that meant to act, from a time on (seconds since the epoch)."""
        query = sa.select(INTENTS.c.step).where(INTENTS.c.run == run, INTENTS.c.at >= since).distinct()
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def add_outcome(self, run: str, step: Step, told: StepOutcome) -> StepOutcome:
        """Record how an attempt ended, and with it the loan it gave back or, when it was so before, never took."""
        told = replace(told, at=self._now())
        values = {
            "digest": told.digest,
            "outcome": told.outcome,
            "reason": told.reason,
            "evidence": json.dumps(told.evidence),
            "seconds": told.seconds,
            "at": told.at,
        }
        with self._database.changing() as connection:
            connection.execute(_ADD_OUTCOME, {"run": run, "step": step.id, "attempt": told.attempt, **values})
            if step.returns is not None and told.outcome in (Outcome.DONE, Outcome.ALREADY_SO):
                close_loan(connection, run, step.returns, told.at, f"{GIVEN_BACK_BY_STEP} {step.id}")
            if step.lends is not None and told.outcome is Outcome.ALREADY_SO:
                close_loan(connection, run, step.lends, told.at, NOT_LENT)
        return told

    def outcomes(self, run: str, step: str | None = None) -> list[StepOutcome]:
        """The outcomes of a run (of one step), the oldest first."""
        query = _OUTCOMES_OF_RUN if step is None else _OUTCOMES_OF_STEP
        with self._database.reading() as connection:
            return [
                StepOutcome(
                    row.step,
                    row.digest,
                    row.attempt,
                    Outcome(row.outcome),
                    row.reason,
                    tuple(json.loads(row.evidence)),
                    row.seconds,
                    row.at,
                )
                for row in connection.execute(query, {"of_run": run, "of_step": step})
            ]

    def last_outcomes(self, run: str) -> dict[str, StepOutcome]:
        """How each step that has ended ended last, by step id."""
        return {outcome.step: outcome for outcome in self.outcomes(run)}

    def unfinished(self, run: str) -> list[str]:
        """The steps that meant to act and have no outcome of that attempt: they run now, or were killed."""
        query = (
            sa.select(INTENTS.c.step)
            .outerjoin(
                OUTCOMES,
                (OUTCOMES.c.run == INTENTS.c.run)
                & (OUTCOMES.c.step == INTENTS.c.step)
                & (OUTCOMES.c.attempt == INTENTS.c.attempt),
            )
            .where(INTENTS.c.run == run, OUTCOMES.c.number.is_(None))
            .order_by(INTENTS.c.number)
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def begin_effect(self, run: str, step: str, attempt: int, place: int, what: str) -> int:
        """Record that an effect is about to be carried out and return its number."""
        values = {"step": step, "attempt": attempt, "place": place, "what": what, "at": self._now()}
        open_ended = {"result": "", "is_change": True, "is_failure": False, "has_ended": False, "seconds": 0.0}
        with self._database.changing() as connection:
            return int(connection.execute(_ADD_EFFECT, {"run": run, **values, **open_ended}).lastrowid)

    def end_effect(
        self, number: int, result: str, seconds: float, *, is_change: bool, is_failure: bool, is_in_doubt: bool
    ) -> None:
        """Record what an effect came to; one whose end was not seen (the connection broke) stays in doubt."""
        values = {"result": result, "is_change": is_change, "is_failure": is_failure, "seconds": seconds}
        with self._database.changing() as connection:
            connection.execute(_END_EFFECT, {"of_number": number, "has_ended": not is_in_doubt, **values})

    def effects(self, run: str) -> list[EffectRecord]:
        """Every effect of a run, in the order they were carried out."""
        query = sa.select(EFFECTS).where(EFFECTS.c.run == run).order_by(EFFECTS.c.number)
        names = EffectRecord.__dataclass_fields__
        with self._database.reading() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return [EffectRecord(**{name: row[name] for name in names}) for row in rows]

    def places(self, run: str, step: str, attempt: int | None = None) -> Places:
        """Which effects of one attempt (None: of any) were carried out, and of which this is in doubt."""
        where = (EFFECTS.c.run == run) & (EFFECTS.c.step == step) & (EFFECTS.c.place >= 0)
        if attempt is not None:
            where &= EFFECTS.c.attempt == attempt
        with self._database.reading() as connection:
            rows = connection.execute(
                sa.select(EFFECTS.c.place, EFFECTS.c.has_ended, EFFECTS.c.is_failure).where(where)
            )
            told = [(row.place, row.has_ended, row.is_failure) for row in rows]
        done = frozenset(place for place, has_ended, is_failure in told if has_ended and not is_failure)
        return Places(done, frozenset(place for place, has_ended, _ in told if not has_ended) - done)

    def settle(self, run: str, step: str, decision: str, who: str) -> None:
        """Record what a person decided about a step's present attempt: `done` or `again`."""
        attempt = len(self.outcomes(run, step))
        values = {"run": run, "step": step, "attempt": attempt, "decision": decision, "who": who, "at": self._now()}
        with self._database.changing() as connection:
            connection.execute(SETTLED.insert().values(**values))

    def settled(self, run: str, step: str, attempt: int) -> tuple[str, str] | None:
        """The decision about an attempt and who made it; None when nobody did."""
        where = (SETTLED.c.run == run) & (SETTLED.c.step == step) & (SETTLED.c.attempt == attempt)
        query = sa.select(SETTLED).where(where).order_by(SETTLED.c.number.desc())
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.decision, row.who)


def effects_repeated(effects: Sequence[EffectRecord]) -> list[str]:
    """The effects that changed something more than once within one attempt: `step[place]`. Empty after any number of
    kills, unless something is wrong. (A new attempt, after a failure, does the step again on purpose.)"""
    changes = Counter(
        (effect.step, effect.attempt, effect.place)
        for effect in effects
        if effect.has_ended and effect.is_change and not effect.is_failure and effect.place >= 0
    )
    return [f"{step}[{place}]" for (step, _, place), times in changes.items() if times > 1]
