"""How a project's databases were before a command that may have to be run again after a fix: kept beside the copy, and
put back where the command failed half way.

MariaDB ends a transaction with each change of a schema, and row migrations commit as they go: what a command leaves
that failed is nothing that a cloud would have whose operator made the fix beforehand.
"""

from __future__ import annotations

import gzip
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ostler.errors import CommandFailed, Finding, Severity
from ostler.planning.rehearsed import PutBack
from ostler.rehearsal.scratch import NOT_KEPT, Scratch
from ostler.reporting.findings import one_line

FOLDER = "before"
CHUNK_BYTES = 2**20

TABLES = """SELECT CONCAT(t.table_schema, '.', t.table_name), COALESCE(t.create_time, ''), COALESCE(i.table_id, ''),
 COALESCE(s.rows_changed, 0)
 FROM information_schema.tables AS t
 LEFT JOIN information_schema.table_statistics AS s
 ON s.table_schema = t.table_schema AND s.table_name = t.table_name
 LEFT JOIN information_schema.innodb_sys_tables AS i ON i.name = CONCAT(t.table_schema, '/', t.table_name)
 WHERE t.table_schema IN ({0})
 UNION ALL SELECT CONCAT(event_object_schema, '.', event_object_table, ' (trigger ', trigger_name, ')'),
 COALESCE(created, ''), '', 0 FROM information_schema.triggers WHERE trigger_schema IN ({0})"""
"""Every change of a table shows in one of these: `create_time` in each ALTER, also in one that writes no row; the
table's number where it is emptied or made anew within the same second; the counter of changed rows, which `userstat`
keeps, in all else, also in what was taken back with its transaction. A trigger changes nothing of its table.
`update_time` is not used: a table that leaves MariaDB's cache has none any more. All tried with 10.11.19, 2026-11-27.
"""

NEXT_SECOND = """SELECT SLEEP(1) FROM (SELECT 1 FROM information_schema.tables
 WHERE table_schema IN ({}) AND create_time >= NOW() LIMIT 1) AS new"""
"""`create_time` has whole seconds: a change in that in which a table was made would not show."""


@dataclass(frozen=True)
class Before:
    """The databases of a project at one moment: of those that were there the collation (`there`), and each table's
    and trigger's state. `is_kept`: what is in them is kept, too; `why_not` says why, when it could not be."""

    scratch: Scratch
    databases: tuple[str, ...]
    there: Mapping[str, str]
    tables: Mapping[str, Sequence[str]]
    is_kept: bool
    why_not: str = ""

    def changed(self) -> tuple[str, ...]:
        """The tables that are otherwise now, that came or that went, as DATABASE.TABLE; a trigger stands behind its
        table's name."""
        now = _tables(self.scratch, self.databases)
        return tuple(name for name in sorted({*now, *self.tables}) if now.get(name) != self.tables.get(name))

    def put_back(self, changed: tuple[str, ...]) -> PutBack:
        """Let the databases be again as they were. Raises NoSpace, CommandFailed."""
        began = time.monotonic()
        for name in self.databases:
            self.scratch.rows(f"DROP DATABASE IF EXISTS `{name}`")
        for name, collation in self.there.items():
            self.scratch.rows(f"CREATE DATABASE `{name}` COLLATE {collation}")
            with gzip.open(_file(self.scratch, name)) as kept:
                done = self.scratch.load(name, iter(partial(kept.read, CHUNK_BYTES), b""))
            if done.exit_code != 0:
                raise self.scratch.no_space(done.stdout) or _not_put_back(name)
        return PutBack(changed, round(time.monotonic() - began, 3))


@contextmanager
def remembered(scratch: Scratch, databases: Sequence[str], *, is_kept: bool) -> Iterator[Before]:
    """How databases are now; what is in them is kept only if wished, as long as the block lasts, and unless
    mariadb-dump refuses (a view of an operator's own may have become invalid on the way). Raises NoSpace,
    CommandFailed."""
    names, why_not = tuple(databases), ""
    scratch.rows("SET GLOBAL userstat = 1")
    there = _collations(scratch, names)
    try:
        if is_kept:
            why_not = _keep(scratch, list(there))
        scratch.rows(NEXT_SECOND.format(_listed(names)))
        yield Before(scratch, names, there, _tables(scratch, names), is_kept and not why_not, why_not)
    finally:
        for name in there:
            _file(scratch, name).unlink(missing_ok=True)


def _keep(scratch: Scratch, databases: Sequence[str]) -> str:
    """Keep what is in the databases; return why that is not possible, empty when it is."""
    (scratch.folder / FOLDER).mkdir(exist_ok=True)
    for name in databases:
        try:
            scratch.save(name, _file(scratch, name))
        except CommandFailed as error:
            if error.code != NOT_KEPT:
                raise
            return f"{error.summary}: {error.found}"
    return ""


def clear(scratch: Scratch) -> None:
    """Remove what was kept when a rehearsal was killed: whoever goes on begins with the dumps."""
    shutil.rmtree(scratch.folder / FOLDER, ignore_errors=True)


def not_tried(subject: str, changed: Sequence[str], why_not: str) -> Finding:
    """That a fix was not tried, since the tables and triggers that were ``changed`` could not be put back; ``why_not``
    says why they were not kept, where that was tried."""
    return Finding(
        code="rehearsal.fix-not-tried",
        severity=Severity.NOTE,
        subject=subject,
        summary="the fix was not tried: the command had changed tables, and how they were was not kept",
        found=f"{'; '.join(filter(None, (f'changed: {len(changed)}', why_not)))}",
        expected="none" if why_not else "none, since no row that the blocker is about was counted before the command",
        do_next="make the fix on the cloud, make the dumps again and rehearse once more",
        evidence=tuple(changed),
    )


def _file(scratch: Scratch, database: str) -> Path:
    return scratch.folder / FOLDER / f"{database}.sql.gz"


def _tables(scratch: Scratch, databases: Sequence[str]) -> dict[str, Sequence[str]]:
    return {one_line(name): state for name, *state in scratch.rows(TABLES.format(_listed(databases)))}


def _collations(scratch: Scratch, databases: Sequence[str]) -> dict[str, str]:
    question = "SELECT schema_name, default_collation_name FROM information_schema.schemata"
    found = scratch.rows(f"{question} WHERE schema_name IN ({_listed(databases)})")
    return {row[0]: row[1] for row in found}


def _listed(databases: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in databases)


def _not_put_back(database: str) -> CommandFailed:
    return CommandFailed(
        "rehearsal.not-put-back",
        f"{database} could not be put back to what it was before the command that failed",
        do_next="see whether memory is left, and give the same command again, or leave --try-fixes out",
    )
