"""The part of the journal about loans: what is lent, since when, and how it came back."""

from __future__ import annotations

import sqlalchemy as sa

from ostler.execution.clock import Now
from ostler.execution.database import Database
from ostler.execution.records import GIVEN_BACK_EARLY, Loan
from ostler.execution.tables import LOANS, RUNS


def open_loan(connection: sa.Connection, run: str, name: str, step: str, at: float) -> None:
    """Record a loan within a transaction; one that is already out stays the same loan."""
    where = (LOANS.c.run == run) & (LOANS.c.name == name) & LOANS.c.returned_at.is_(None)
    kept = connection.execute(LOANS.update().where(where).values(returning_at=None))
    if kept.rowcount == 0:
        connection.execute(LOANS.insert().values(run=run, name=name, step=step, lent_at=at))


def close_loan(connection: sa.Connection, run: str, name: str, at: float, how: str) -> None:
    """Record within a transaction that a loan came back, in whichever run on the same cloud it was lent."""
    cloud = sa.select(RUNS.c.cloud).where(RUNS.c.id == run).scalar_subquery()
    same_cloud = LOANS.c.run.in_(sa.select(RUNS.c.id).where(RUNS.c.cloud == cloud))
    where = same_cloud & (LOANS.c.name == name) & LOANS.c.returned_at.is_(None)
    connection.execute(LOANS.update().where(where).values(returned_at=at, how=how))


class LoanBook:
    """What is lent."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    def all(self, run: str) -> list[Loan]:
        """Every loan of a run, the oldest first."""
        return self._select(LOANS.c.run == run)

    def open(self, run: str) -> list[Loan]:
        """What a run has lent and not given back, the oldest first."""
        return self._select((LOANS.c.run == run) & LOANS.c.returned_at.is_(None))

    def open_on(self, cloud: str) -> list[Loan]:
        """What any run has lent on a cloud and not given back."""
        runs = sa.select(RUNS.c.id).where(RUNS.c.cloud == cloud)
        return self._select(LOANS.c.run.in_(runs) & LOANS.c.returned_at.is_(None))

    def last(self, run: str, name: str) -> Loan | None:
        """The newest loan of a run under a name."""
        found = self._select((LOANS.c.run == run) & (LOANS.c.name == name))
        return found[-1] if found else None

    def returning(self, loan: Loan) -> None:
        """Record that a loan is about to be given back early."""
        self._set(loan, returning_at=self._now())

    def returned(self, loan: Loan) -> None:
        """Record that a loan was given back early."""
        self._set(loan, returned_at=self._now(), how=GIVEN_BACK_EARLY)

    def _set(self, loan: Loan, **values: object) -> None:
        where = (LOANS.c.run == loan.run) & (LOANS.c.name == loan.name) & LOANS.c.returned_at.is_(None)
        with self._database.changing() as connection:
            connection.execute(LOANS.update().where(where).values(**values))

    def _select(self, where: sa.ColumnElement[bool]) -> list[Loan]:
        query = sa.select(LOANS).where(where).order_by(LOANS.c.number)
        with self._database.reading() as connection:
            return [
                Loan(row.run, row.name, row.step, row.lent_at, row.returning_at, row.returned_at, row.how)
                for row in connection.execute(query)
            ]
