"""The schema at the end beside that of a fresh install: what the way through many releases has left otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ostler.catalog.database import MIGRATE_TABLE, Database
from ostler.catalog.project import Project
from ostler.catalog.remnant import Remnant
from ostler.errors import Finding, Severity
from ostler.masking import last_lines
from ostler.rehearsal.scratch import Scratch, database_url
from ostler.rehearsal.settings import config_files

PREFIX = "fresh_"
COMMAND_TIMEOUT_S = 3600.0

COLUMNS = """SELECT 'column', CONCAT(table_name, '.', column_name),
 CONCAT(column_type, IF(is_nullable = 'YES', ' NULL', ' NOT NULL'), ' ', COALESCE(column_default, ''), ' ', extra)
 FROM information_schema.columns WHERE table_schema = '{0}'"""
INDEXES = """SELECT IF(MAX(non_unique), 'index', 'unique index'),
 CONCAT(table_name, '.(', GROUP_CONCAT(column_name ORDER BY seq_in_index), ')'), ''
 FROM information_schema.statistics WHERE table_schema = '{0}' GROUP BY table_name, index_name"""
KEYS = """SELECT 'foreign key', CONCAT(table_name, '.(', GROUP_CONCAT(column_name, ' -> ', referenced_table_name, '.',
 referenced_column_name ORDER BY ordinal_position), ')'), ''
 FROM information_schema.key_column_usage WHERE table_schema = '{0}' AND referenced_table_name IS NOT NULL
 GROUP BY table_name, constraint_name"""
"""By what they are of, not by their names: those depend on the way."""

Part = tuple[str, str]
"""A kind of thing and which: ("column", "volumes.use_quota"), ("index", "volumes.(host,deleted)")."""


@dataclass(frozen=True)
class Comparing:
    """Comparing one project's databases with those that `programs`, the target's, make of nothing."""

    scratch: Scratch
    project: Project
    release: str
    programs: str
    is_past: bool
    remnants: Sequence[Remnant]

    def findings(self) -> Iterator[Finding]:
        """A warning for each database that is otherwise, or one that nothing fresh could be made; a note for what of it
        is known to be left by a long way."""
        failed = self._make()
        if failed:
            yield self._not_made(failed)
            return
        for database in self.project.databases:
            found, expected = (shape(self.scratch, name) for name in (database.name, f"{PREFIX}{database.name}"))
            differences = list(differences_of(found, expected, self._versions(database)))
            known = {each: self._why(database.name, each) for each in differences}
            unknown = [each for each in differences if not known[each]]
            if unknown:
                yield self._differs(database.name, unknown)
            if len(unknown) < len(differences):
                yield self._keeps(database.name, [f"{each}: {why}" for each, why in known.items() if why])

    def _why(self, database: str, difference: str) -> str:
        return next((each.why for each in self.remnants if each.explains(database, difference)), "")

    def _make(self) -> Sequence[str]:
        """The last lines of the command that failed; empty when every one ended well."""
        for database in self.project.databases:
            name = f"{PREFIX}{database.name}"
            self.scratch.rows(f"DROP DATABASE IF EXISTS `{name}`; CREATE DATABASE `{name}` CHARACTER SET utf8mb3")
        self._configure(PREFIX)
        try:
            for argv in self._commands():
                whole = [f"{self.programs}/{argv[0]}", *argv[1:]]
                result = self.scratch.run(whole, timeout_s=COMMAND_TIMEOUT_S, check=False)
                if result.exit_code != 0:
                    return last_lines(result.stdout + result.stderr) or ("it said nothing",)
        finally:
            self._configure("")
        return ()

    def _commands(self) -> Iterator[Sequence[str]]:
        for phase in self.project.schema_phases(self.release):
            if self.project.name == "nova" and "nova" in phase.databases:
                yield from _cells(self.project)
            yield phase.argv

    def _configure(self, prefix: str) -> None:
        files = config_files(self.project, lambda name: database_url(f"{prefix}{name}"), is_past=self.is_past)
        for path, text in files.items():
            self.scratch.write(path, text)

    def _versions(self, database: Database) -> tuple[str, ...]:
        return (database.version_table, MIGRATE_TABLE)

    def _differs(self, database: str, differences: Sequence[str]) -> Finding:
        return Finding(
            code="rehearsal.schema-differs",
            severity=Severity.WARNING,
            subject=f"{database} at {self.release}",
            summary="the schema is not that of a fresh install, in what is not known to be without harm",
            found=f"{len(differences)} difference{'' if len(differences) == 1 else 's'}",
            expected="none",
            do_next="nothing has to be done for what is left over; ask the project about what is missing",
            evidence=tuple(differences),
        )

    def _keeps(self, database: str, told: Sequence[str]) -> Finding:
        return Finding(
            code="rehearsal.schema-remnants",
            severity=Severity.NOTE,
            subject=f"{database} at {self.release}",
            summary="the schema keeps what a long way is known to leave: it does no harm",
            found=f"{len(told)} known difference{'' if len(told) == 1 else 's'}",
            expected="none in a fresh install",
            do_next="nothing has to be done",
            evidence=tuple(told),
        )

    def _not_made(self, said: Sequence[str]) -> Finding:
        return Finding(
            code="rehearsal.nothing-fresh",
            severity=Severity.WARNING,
            subject=f"{self.project.name} at {self.release}",
            summary="no fresh databases could be made to compare with",
            found="a command of the target failed on empty databases",
            do_next="compare with a cloud of that release, if it matters",
            evidence=tuple(said),
        )


def shape(scratch: Scratch, database: str) -> dict[Part, str]:
    """Columns, indexes and foreign keys of a database, without character sets, which a dump does not always tell."""
    queries = (query.format(database) for query in (COLUMNS, INDEXES, KEYS))
    return {(kind, name): is_so for query in queries for kind, name, is_so in scratch.rows(query)}


def differences_of(found: Mapping[Part, str], expected: Mapping[Part, str], but: Sequence[str] = ()) -> Iterator[str]:
    """In words, what is missing first, then what is otherwise, then what is left over, a whole table in one line; `but`
    are tables that are not compared."""
    parts = [part for part in sorted({*found, *expected}) if found.get(part) != expected.get(part)]
    parts = [part for part in parts if _table(part) not in but]
    for kind, name in (part for part in parts if part not in found):
        yield _with(f"{kind} {name} is missing", expected[kind, name])
    for kind, name in (part for part in parts if part in found and part in expected):
        yield f"{kind} {name} is {found[kind, name].strip()}, and {expected[kind, name].strip()} in a fresh install"
    known = {_table(part) for part in expected}
    left = [part for part in parts if part not in expected]
    yield from (f"table {table} is left over" for table in sorted({*map(_table, left)} - known))
    for kind, name in (part for part in left if _table(part) in known):
        yield _with(f"{kind} {name} is left over", found[kind, name])


def _with(words: str, is_so: str) -> str:
    return f"{words}: {is_so.strip()}" if is_so.strip() else words


def _table(part: Part) -> str:
    return part[1].partition(".")[0]


def _cells(project: Project) -> Iterator[Sequence[str]]:
    """nova's schema of the cells wants them mapped."""
    manage = ["nova-manage", "--config-file", project.config_files[0], "cell_v2"]
    cell0, cell1 = (database_url(f"{PREFIX}{name}") for name in ("nova_cell0", "nova"))
    yield [*manage, "map_cell0", "--database_connection", cell0]
    yield [*manage, "create_cell", "--name", "cell1", "--database_connection", cell1, "--transport-url", "fake:///"]
