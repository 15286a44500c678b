"""The part of the journal about loans: what is lent, since when, and how it came back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ostler.execution.clock import Now
from ostler.execution.database import Database
from ostler.execution.records import GIVEN_BACK_EARLY, Loan
from ostler.execution.tables import LOANS, RUNS

# Made once: a run executes these for many of its steps.
_RUN, _NAME = LOANS.c.run == sa.bindparam("of_run"), LOANS.c.name == sa.bindparam("of_name")
_IS_OPEN = LOANS.c.returned_at.is_(None)
_ALL = sa.select(LOANS).where(_RUN).order_by(LOANS.c.number)
_OPEN, _NAMED = _ALL.where(_IS_OPEN), _ALL.where(_NAME)
_CLOUD_OF_RUN = sa.select(RUNS.c.cloud).where(RUNS.c.id == sa.bindparam("of_run")).scalar_subquery()
_ON_SAME_CLOUD = LOANS.c.run.in_(sa.select(RUNS.c.id).where(RUNS.c.cloud == _CLOUD_OF_RUN))
_CLOSE = sa.update(LOANS).where(_ON_SAME_CLOUD, _NAME, _IS_OPEN)
_CHANGE = sa.update(LOANS).where(_RUN, _NAME, _IS_OPEN)
_ADD = sa.insert(LOANS)


def open_loan(connection: sa.Connection, run: str, name: str, step: str, at: float) -> None:
    """Record a loan within a transaction; one that is already out stays the same loan."""
    kept = connection.execute(_CHANGE, {"of_run": run, "of_name": name, "returning_at": None})
    if kept.rowcount == 0:
        connection.execute(_ADD, {"run": run, "name": name, "step": step, "lent_at": at})


def close_loan(connection: sa.Connection, run: str, name: str, at: float, how: str) -> None:
    """Record within a transaction that a loan came back, in whichever run on the same cloud it was lent."""
    connection.execute(_CLOSE, {"of_run": run, "of_name": name, "returned_at": at, "how": how})


class LoanBook:
    """What is lent."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    def all(self, run: str) -> list[Loan]:
        """Every loan of a run, the oldest first."""
        return self._select(_ALL, of_run=run)

    def open(self, run: str) -> list[Loan]:
        """What a run has lent and not given back, the oldest first."""
        return self._select(_OPEN, of_run=run)

    def open_on(self, cloud: str) -> list[Loan]:
        """What any run has lent on a cloud and not given back."""
        runs = sa.select(RUNS.c.id).where(RUNS.c.cloud == cloud)
        return self._select(sa.select(LOANS).where(LOANS.c.run.in_(runs), _IS_OPEN).order_by(LOANS.c.number))

    def last(self, run: str, name: str) -> Loan | None:
        """The newest loan of a run under a name."""
        found = self._select(_NAMED, of_run=run, of_name=name)
        return found[-1] if found else None

    def returning(self, loan: Loan) -> None:
        """Record that a loan is about to be given back early."""
        self._set(loan, returning_at=self._now())

    def returned(self, loan: Loan) -> None:
        """Record that a loan was given back early."""
        self._set(loan, returned_at=self._now(), how=GIVEN_BACK_EARLY)

    def _set(self, loan: Loan, **values: object) -> None:
        with self._database.changing() as connection:
            connection.execute(_CHANGE, {"of_run": loan.run, "of_name": loan.name, **values})

    def _select(self, query: sa.Select[Any], **values: str) -> list[Loan]:
        with self._database.reading() as connection:
            return [
                Loan(row.run, row.name, row.step, row.lent_at, row.returning_at, row.returned_at, row.how)
                for row in connection.execute(query, values)
            ]
