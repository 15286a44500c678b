"""SQLite as a place for what must survive a power cut: write-ahead log, every commit on disk, one writer at a time."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ostler.errors import Stopped

BUSY_TIMEOUT_MS = 30_000
FIRST_SQLITE_WITH_SUBSECONDS = (3, 42)


class JournalUnwritable(Stopped):
    """The journal's disk is full or gone: without a journal no effect is carried out."""


def sqlite_engine(path: Path) -> sa.Engine:
    """An SQLAlchemy engine on one SQLite file, made with mode 0600."""
    path.touch(mode=0o600)
    engine = sa.create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    if sqlite3.sqlite_version_info < FIRST_SQLITE_WITH_SUBSECONDS:
        # DBOS asks for unixepoch('subsec'), which older SQLite answers with NULL.
        connection.create_function("unixepoch", -1, lambda *_modifiers: time.time())


class Database:
    """One SQLite file. `changing()` commits to disk when its block ends; `reading()` only looks."""

    def __init__(self, path: Path, tables: sa.MetaData) -> None:
        self.path = path
        with _told_plainly(path):
            self._engine = sqlite_engine(path)
            with self._engine.begin() as connection:
                _create(tables, connection)

    @contextlib.contextmanager
    def changing(self) -> Iterator[sa.Connection]:
        """A transaction. Raises JournalUnwritable when it cannot be put on disk."""
        with _told_plainly(self.path), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A look at what is committed."""
        with _told_plainly(self.path), self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """End all connections."""
        self._engine.dispose()


def _create(tables: sa.MetaData, connection: sa.Connection) -> None:
    """Create what is not there; two processes may do so at the same time."""
    for table in tables.sorted_tables:
        connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))


@contextlib.contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.DatabaseError, OSError) as error:
        if isinstance(error, sa.exc.IntegrityError):
            raise
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        raise JournalUnwritable(
            "execution.journal-unwritable",
            f"the journal {path} cannot be written: {cause}",
            do_next="free space on that disk (or repair it); then `ostler resume` goes on where the journal ends",
        ) from error
