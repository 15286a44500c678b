"""Rows of tables that a rule judges, of several kinds in one question: each kind is asked by itself, so that a table
that is not there, is locked or takes too long keeps only its own kind from being read.

The value of such a fact is {kind: [row]}, a row being a mapping of names to texts, numbers and None; a kind that was
not read is absent. There are at most MOST_ROWS rows of a kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt
from ostler.facts.sql import NO_SUCH_TABLE, ask, database_hosts

MOST_ROWS = 100
STATEMENT_S, LOCK_S = 4, 3
TIMEOUT_S = 9.0
"""Of the whole question: somebody waits for a diagnosis, and a locked table makes only the first wait."""

BEGIN = f"SET SESSION max_statement_time = {STATEMENT_S}, lock_wait_timeout = {LOCK_S}, group_concat_max_len = 1000000;"
ONE_CELL = "(SELECT COUNT(*) FROM nova_api.cell_mappings) <= 2"
"""Only then are all servers of the cloud in the database `nova` (the other mapping is that of cell0)."""


@dataclass(frozen=True)
class Kind:
    """Rows of one kind: the columns they get, and the query that gives these, without a limit."""

    columns: tuple[str, ...]
    query: str


def table_fact(fact_id: str, kinds: Mapping[str, Kind], *, is_optional: bool = False) -> HostFact:
    """Return the fact that reads these kinds of rows from whichever database server answers. With ``is_optional`` there
    are none of any kind where there are no such tables at all: not every cloud has that project."""

    def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
        return (ask(question(kinds), go_on=True, timeout_s=TIMEOUT_S),)

    def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
        if is_optional and _has_no_tables(results[0]):
            return {name: [] for name in kinds}
        return rows_by_kind(results[0], kinds, fact_id)

    return HostFact(fact_id, commands, parse, database_hosts)


def _has_no_tables(result: CommandResult) -> bool:
    errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
    return not result.stdout and bool(errors) and all(NO_SUCH_TABLE.fullmatch(line) for line in errors)


def question(kinds: Mapping[str, Kind]) -> str:
    """Return the statements, each on a line of its own, that print the rows of each kind as a JSON list."""
    return "\n".join([BEGIN, *(_statement(name, kind) for name, kind in kinds.items())])


def _statement(name: str, kind: Kind) -> str:
    fields = ", ".join(f"'{column}', found.`{column}`" for column in kind.columns)
    rows = f"CONCAT('[', COALESCE(GROUP_CONCAT(JSON_OBJECT({fields}) SEPARATOR ','), ''), ']')"
    query = " ".join(kind.query.split())
    return f"SELECT '{name}', {rows} FROM ({query} LIMIT {MOST_ROWS}) AS found;"


def rows_by_kind(result: CommandResult, kinds: Mapping[str, Kind], what: str) -> JsonValue:
    """Return the rows of each kind that was read. Raises ValueError when none was, or they have another form."""
    found: dict[str, JsonValue] = {}
    for line in result.stdout.splitlines():
        name, _, text = line.partition("\t")
        if name not in kinds or name in found:
            raise ValueError(f"{what} has a line of another form: {excerpt(line)}")
        found[name] = _rows(text, kinds[name], f"{what}, {name},")
    if not found:
        said = excerpt(result.stderr) or f"exit code {result.exit_code}"
        raise ValueError(f"{what} could not be read: {said}")
    return found


def _rows(text: str, kind: Kind, what: str) -> JsonValue:
    try:
        rows = json.loads(text)
    except ValueError:
        raise ValueError(f"{what} is no JSON: {excerpt(text)}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and set(row) == set(kind.columns) for row in rows):
        raise ValueError(f"{what} has rows of another form: {excerpt(text)}")
    if any(isinstance(value, (dict, list)) for row in rows for value in row.values()):
        raise ValueError(f"{what} has rows of another form: {excerpt(text)}")
    return rows
