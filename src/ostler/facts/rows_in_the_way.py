"""`databases.rows_in_the_way`, parameter `blocker`: how many rows a known blocker would stop at, counted as the catalog
says.

Value: {rows: a number}; 0 also where the database or the table is not there, as on a cloud without that project.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import integer, rows_of
from ostler.facts.sql import NO_SUCH_TABLE, ask, database_hosts

TIMEOUT_S = 120.0
"""It goes over every row of a table that may have millions."""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError for a blocker whose rows nobody knows how to count."""
    code = request.param("blocker")
    known = load_catalog().blocker(code)
    if known is None or known.rows is None:
        raise ValueError(f"the catalog has no question that counts the rows of {code!r}")
    return (ask(f"SELECT 'rows_in_the_way', ({known.rows})", timeout_s=TIMEOUT_S),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    (result,) = results
    errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
    if result.exit_code == 1 and errors and all(NO_SUCH_TABLE.fullmatch(line) for line in errors):
        return {"rows": 0}
    what = f"the rows of {request.param('blocker')}"
    rows = rows_of(result, what, 2)
    if len(rows) != 1:
        raise ValueError(f"{what} were asked for in one row, and {len(rows)} came")
    return {"rows": integer(rows[0][1], what)}


FACT = HostFact("databases.rows_in_the_way", commands, parse, database_hosts)
