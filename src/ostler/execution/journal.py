"""The journal: the record of truth about every run.

Intent is on disk before an effect begins and the outcome after it ended; every method that changes something has
committed when it returns. Nothing is ever taken out. Every method raises JournalUnwritable when the disk fails.
"""

from __future__ import annotations

from ostler.execution.clock import Clock
from ostler.execution.database import Database
from ostler.execution.file_book import FileBook
from ostler.execution.home import Home
from ostler.execution.loan_book import LoanBook
from ostler.execution.run_book import RunBook
from ostler.execution.step_book import StepBook
from ostler.execution.tables import TABLES


class Journal:
    """One database per home; safe to use from several threads and processes."""

    def __init__(self, home: Home, clock: Clock | None = None) -> None:
        now = (clock or Clock()).now
        self.home = home
        self._database = Database(home.journal, TABLES)
        self.runs = RunBook(self._database, now)
        self.steps = StepBook(self._database, now)
        self.loans = LoanBook(self._database, now)
        self.files = FileBook(self._database, now)

    def close(self) -> None:
        """End all connections."""
        self._database.close()
