"""The part of the journal about saved files: what each was before the run first touched it."""

from __future__ import annotations

import sqlalchemy as sa

from ostler.execution.clock import Now
from ostler.execution.database import Database
from ostler.execution.records import SavedFile
from ostler.execution.tables import SAVED_FILES


class FileBook:
    """The index of saved files; their bytes are in the run's vault."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    def add(self, run: str, files: list[SavedFile]) -> None:
        """Record files as they are now; what was recorded for a path before stays."""
        if not files:
            return
        at = self._now()
        rows = [
            {
                "run": run,
                "host": file.host,
                "path": file.path,
                "sha256": file.sha256,
                "mode": file.mode,
                "owner": file.owner,
                "group": file.group,
                "at": at,
            }
            for file in files
        ]
        with self._database.changing() as connection:
            connection.execute(SAVED_FILES.insert().prefix_with("OR IGNORE"), rows)

    def all(self, run: str, host: str | None = None) -> list[SavedFile]:
        """The recorded files of a run (of one host), ordered by host and path."""
        table = SAVED_FILES
        query = sa.select(table).where(table.c.run == run).order_by(table.c.host, table.c.path)
        if host is not None:
            query = query.where(table.c.host == host)
        with self._database.reading() as connection:
            return [
                SavedFile(row.host, row.path, row.sha256, row.mode, row.owner, row.group, row.at)
                for row in connection.execute(query)
            ]
