"""How the copy and its server are measured; the place is a stand-in that answers as MariaDB 10.11.19 did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ostler.facts.speed import QUESTION, ROUNDS, Speed
from ostler.rehearsal.measuring import DATABASE, WRITES, measured_bytes, measured_speed, measured_writes_s


@dataclass
class Place:
    """Knows the sizes of what was analyzed, and only of that."""

    analyzed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def run(self, argv: Sequence[str], *, timeout_s: float) -> None:
        assert argv[0] == "mariadb-analyze"
        self.analyzed += argv[argv.index("--databases") + 1 :]

    def rows(self, sql: str) -> list[list[str]]:
        self.asked.append(sql)
        if sql == QUESTION:
            return [["cpu", "7524"], ["rows", "10793"]] * ROUNDS
        if sql == WRITES:
            return [["513891"]]
        return [
            [name, "2", "900", "1589248" if name in self.analyzed else "16384"] for name in ("cinder", "glance", "nova")
        ]


def test_sizes_are_asked_for_when_the_server_knows_them() -> None:
    place: Any = Place()
    assert measured_bytes(place, ("glance", "cinder")) == {"glance": 1589248, "cinder": 1589248}


def test_the_speed_is_asked_for_as_on_a_cloud() -> None:
    place: Any = Place()
    assert measured_speed(place) == Speed(0.007524, 0.010793)
    assert measured_writes_s(place) == 0.513891


@pytest.mark.parametrize("statement", [part.strip() for part in WRITES.split(";") if part.strip()])
def test_what_is_written_is_in_a_database_of_its_own(statement: str) -> None:
    assert DATABASE in statement or statement.startswith("SELECT")
