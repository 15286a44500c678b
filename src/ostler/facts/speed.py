"""`databases.speed`: how fast the database server works, by a fixed piece of work that reads and writes nothing.

Value: {cpu_s, rows_s}: seconds, each the median of ROUNDS, of two questions that always ask for the same work: `cpu_s`
of hashing (what functions cost), `rows_s` of joining and adding up rows made on the way (what going over rows costs).
The server takes the times itself, so that the way to it counts for nothing. No table is touched: how fast its disks are
is not told, and cannot be without writing.

A rehearsal asks the server that holds its copy the same; the two together say how much slower one is than the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import integer, rows_of
from ostler.facts.sql import ask, database_hosts

ROUNDS = 9
US = 1e6
WORK = {
    "cpu": "DO BENCHMARK(10000, SHA2(REPEAT('ostler', 100), 256))",
    "rows": (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
        " SELECT SUM(CRC32(CONCAT(a.i, '-', b.i))) FROM n AS a CROSS JOIN n AS b INTO @ostler_sum"
    ),
}
"""A sixth of a second in all on an idle core, half of one on a busy one (MariaDB 10.11.19, 2026-11-26). The recursion
stays below what servers allow."""

QUESTION = " ".join(
    f"SELECT NOW(6) INTO @ostler_began; {work}; SELECT '{kind}', TIMESTAMPDIFF(MICROSECOND, @ostler_began, NOW(6));"
    for _ in range(ROUNDS)
    for kind, work in WORK.items()
)


@dataclass(frozen=True)
class Speed:
    """How long the two pieces of work took, in seconds."""

    cpu_s: float
    rows_s: float

    @property
    def seconds(self) -> float:
        return self.cpu_s + self.rows_s


def speed_of(rows: Sequence[Sequence[str]]) -> Speed:
    """The speed, from the rows that QUESTION gives. Raises ValueError for others, and for a clock that went back."""
    found: dict[str, list[float]] = {kind: [] for kind in WORK}
    for kind, took in rows:
        if kind not in found:
            raise ValueError(f"the speed of the databases has a row of another form: {kind[:40]!r}")
        found[kind].append(integer(took, "a time of the databases") / US)
    if any(len(times) != ROUNDS for times in found.values()):
        raise ValueError(f"the speed of the databases was asked {ROUNDS} times, and not answered as often")
    cpu_s, rows_s = (round(median(found[kind]), 6) for kind in WORK)
    if min(cpu_s, rows_s) <= 0:
        raise ValueError("the databases say that their work took no time: their clock was set")
    return Speed(cpu_s, rows_s)


def speed_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(QUESTION),)


def parse_speed(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    speed = speed_of(rows_of(results[0], "the speed of the databases", 2))
    return {"cpu_s": speed.cpu_s, "rows_s": speed.rows_s}


FACT = HostFact("databases.speed", speed_commands, parse_speed, database_hosts)
