"""`databases.schema`, `databases.sizes`, `databases.variable`: what state the databases are in.

`databases.schema`: {database: revisions in its version table, sorted}; a database without that table has [];
databases that do not exist are absent. On clouds of past releases, where the table of sqlalchemy-migrate may hold them,
it counts as long as no other does.
`databases.sizes`: {database: {tables, rows: the server's estimate, bytes}}.
`databases.variable` on a database host, parameter `name`: {value: as the server shows it, such as "OFF"}.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ostler.catalog import load_catalog
from ostler.catalog.database import MIGRATE_TABLE
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, integer, rows_of, text_of
from ostler.facts.sql import NO_SUCH_TABLE, ask, database_hosts, identifier

DATABASE_ROW, REVISION_ROW, MIGRATED_ROW = "database", "revision", "migrated"


def _version_tables() -> Mapping[str, str]:
    """Return the version table of every database of the catalog."""
    return {
        identifier(database.name): identifier(database.version_table)
        for project in load_catalog().projects
        for database in project.databases
    }


def database_names() -> tuple[str, ...]:
    """The databases of the catalog's projects."""
    return tuple(_version_tables())


def _names() -> str:
    return ", ".join(f"'{name}'" for name in database_names())


def schema_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    exist = (
        f"SELECT '{DATABASE_ROW}', schema_name, '' FROM information_schema.schemata WHERE schema_name IN ({_names()});"
    )
    revisions = (
        f"SELECT '{REVISION_ROW}', '{database}', version_num FROM {database}.{table};"
        for database, table in _version_tables().items()
    )
    return (ask(" ".join((exist, *revisions, *_migrated(cloud))), go_on=True),)


def _migrated(cloud: Cloud) -> Iterator[str]:
    """What else is asked of clouds whose databases sqlalchemy-migrate may have brought where they are."""
    catalog = load_catalog()
    if not catalog.is_past(cloud.release):
        return
    for name in (database.name for project in catalog.project_names for database in catalog.past(project).databases):
        of = f"{identifier(name)}.{MIGRATE_TABLE}"
        yield f"SELECT '{MIGRATED_ROW}', '{name}', CONCAT(repository_id, ' ', version) FROM {of};"


def parse_schema(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    errors = [line for line in results[0].stderr.splitlines() if line.startswith("ERROR")]
    for line in errors:
        if not NO_SUCH_TABLE.fullmatch(line):
            raise ValueError(f"the databases' revisions could not be read: {excerpt(line)}")
    accept = (0, 1) if errors else (0,)
    text_of(results[0], "the databases' revisions", accept=accept)
    found: dict[str, list[str]] = {}
    migrated: dict[str, dict[str, str]] = {}
    rows = rows_of(CommandResult(0, results[0].stdout, ""), "the databases' revisions", 3)
    for kind, database, revision in rows:
        if kind not in (DATABASE_ROW, REVISION_ROW, MIGRATED_ROW):
            raise ValueError(f"the databases' revisions have a row of another form: {excerpt(kind)}")
        found.setdefault(database, [])
        if kind == REVISION_ROW:
            found[database].append(revision)
        elif kind == MIGRATED_ROW:
            repository, _, version = revision.partition(" ")
            migrated.setdefault(database, {})[repository] = version
    return {
        database: sorted(revisions) or sorted(migrated_revisions(migrated.get(database, {})))
        for database, revisions in found.items()
    }


def migrated_revisions(versions: Mapping[str, str]) -> frozenset[str]:
    """The revisions in a table of sqlalchemy-migrate, from each repository's version: keystone's first repository stays
    beside keystone_expand and the others that took its place, and says nothing any more."""
    return frozenset(
        version for name, version in versions.items() if not any(other.startswith(f"{name}_") for other in versions)
    )


def sizes_question() -> str:
    """What a database server is asked for its sizes."""
    return (
        "SELECT table_schema, COUNT(*), COALESCE(SUM(table_rows), 0), COALESCE(SUM(data_length + index_length), 0)"
        f" FROM information_schema.tables WHERE table_schema IN ({_names()}) GROUP BY table_schema"
    )


def sizes_of(rows: Sequence[Sequence[str]]) -> dict[str, dict[str, int]]:
    """The value of `databases.sizes`, from the rows that the question gives. Raises ValueError."""
    return {
        database: {
            "tables": integer(tables, f"the number of tables of {database}"),
            "rows": integer(count, f"the number of rows of {database}"),
            "bytes": integer(size, f"the size of {database}"),
        }
        for database, tables, count, size in rows
    }


def sizes_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(sizes_question()),)


def parse_sizes(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    return sizes_of(rows_of(results[0], "the databases' sizes", 4))


def variable_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError for a name no variable can have."""
    name = identifier(request.param("name"))
    return (ask(f"SHOW GLOBAL VARIABLES WHERE Variable_name = '{name}'", timeout_s=10),)


def parse_variable(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    name = request.param("name")
    rows = rows_of(results[0], f"the variable {name}", 2)
    if len(rows) != 1:
        raise ValueError(f"the database server has no variable {name}")
    return {"value": rows[0][1]}


SCHEMA = HostFact("databases.schema", schema_commands, parse_schema, database_hosts)
SIZES = HostFact("databases.sizes", sizes_commands, parse_sizes, database_hosts)
VARIABLE = HostFact("databases.variable", variable_commands, parse_variable)
