"""What is asked of the rows of a copy, and what is told of the answers; the place is a stand-in that answers as the
client of MariaDB 10.11.19 did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ostler.catalog import load_catalog
from ostler.commands import CommandResult
from ostler.errors import Finding, Severity
from ostler.planning.rehearsed import CommandRun, HopOutcome
from ostler.rehearsal.rows import LONGEST_S, Question, questions, row_findings, unmigrated

CATALOG = load_catalog()
NOVA = ("nova", "nova_api", "nova_cell0")


def asked_on(source: str, target: str, names: Sequence[str], databases: Sequence[str] = ()) -> set[str]:
    chain = CATALOG.all_releases.chain(source, target)
    return {question.code for question in questions(CATALOG, chain, names, databases)}


@pytest.mark.parametrize(
    ("source", "target", "names", "asked"),
    [
        ("2023.1", "2024.1", ["cinder"], {"cinder.use-quota-of-deleted-volumes"}),
        ("2023.1", "2024.1", ["nova"], set()),
        ("2024.1", "2025.1", ["cinder"], set()),
        # Before Xena there is no such column.
        ("wallaby", "2024.1", ["cinder"], set()),
        ("yoga", "zed", ["nova"], {"nova.computes-older-than-yoga"}),
        # Its check looks at computes that were brought on meanwhile.
        ("xena", "zed", ["nova"], set()),
        ("queens", "stein", ["nova"], {"nova.request-specs-of-server-groups"}),
        # The source's own code moves rows first.
        ("rocky", "stein", ["nova"], {"nova.request-specs-of-server-groups"}),
        ("train", "ussuri", ["nova"], set()),
    ],
)
def test_blockers_are_asked_for_that_a_command_of_the_way_would_show(
    source: str, target: str, names: list[str], asked: set[str]
) -> None:
    assert asked_on(source, target, names) == asked


def test_rows_that_belong_to_nothing_are_asked_for_where_all_their_databases_are() -> None:
    assert asked_on("2024.1", "2025.1", ["nova"], NOVA) == {
        "nova.servers-without-mapping",
        "nova.mappings-of-no-server",
        "nova.computes-without-mapping",
        "nova.block-devices-of-deleted-servers",
    }
    assert asked_on("2024.1", "2025.1", ["neutron"], ["neutron"]) == {"neutron.ports-without-network"}
    whole = asked_on("2024.1", "2025.1", ["nova", "placement", "neutron"], [*NOVA, "placement", "neutron"])
    assert {"placement.allocations-of-no-server", "neutron.ports-of-no-server"} <= whole
    assert "placement.allocations-of-no-server" in asked_on("queens", "rocky", ["nova"], NOVA)


class Place:
    """Answers what it is given, and keeps the statements."""

    def __init__(self, stdout: str, stderr: str = "") -> None:
        self.result = CommandResult(1 if stderr else 0, stdout, stderr)
        self.statements: list[str] = []

    def run(self, argv: Sequence[str], *, timeout_s: float, check: bool, stdin: bytes) -> CommandResult:
        assert "--force" in argv and not check
        self.statements = stdin.decode().splitlines()
        return self.result


def question(code: str) -> Question:
    return Question(code, f"SELECT COUNT(*)\n FROM {code}", Finding(code, Severity.WARNING, "nova at rocky", code))


def found(stdout: str, stderr: str = "") -> list[tuple[str, str, str]]:
    place: Any = Place(stdout, stderr)
    findings = row_findings(place, [question("nova.a"), question("nova.b"), question("nova.c")])
    assert place.statements[0] == f"SET SESSION max_statement_time = {LONGEST_S};"
    assert place.statements[2] == "SELECT 1, (SELECT COUNT(*) FROM nova.b);"
    return [(finding.code, finding.severity.value, finding.found) for finding in findings]


def test_what_counts_more_than_none_is_told_with_its_number() -> None:
    assert found("0\t0\n1\t1\n2\t1200\n") == [("nova.b", "warning", "1 row"), ("nova.c", "warning", "1200 rows")]


@pytest.mark.parametrize(
    "said",
    [
        "ERROR 1054 (42S22) at line 3: Unknown column 'm.uuid' in 'where clause'",
        "--------------\nSELECT 1\n--------------\n\nERROR 1146 (42S02) at line 3: Table 'b' doesn't exist\n",
        "ERROR 1049 (42000) at line 3: Unknown database 'b'",
    ],
)
def test_what_the_release_does_not_have_is_passed_over_and_the_others_are_asked(said: str) -> None:
    assert found("0\t2\n2\t0\n", said) == [("nova.a", "warning", "2 rows")]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            "ERROR 1969 (70100) at line 3: Query execution was interrupted (max_statement_time exceeded)",
            f"it took more than {LONGEST_S} s",
        ),
        ("ERROR 1267 (HY000) at line 3: Illegal mix of collations", "error 1267"),
        ("", "no answer"),
    ],
)
def test_what_cannot_be_counted_is_a_note_and_ends_nothing(said: str, why: str) -> None:
    assert found("0\t0\n2\t0\n", said) == [("rehearsal.rows-not-counted", "note", why)]


def test_without_questions_nothing_is_asked() -> None:
    place: Any = None
    assert row_findings(place, []) == ()


def test_rows_that_the_sources_own_code_still_moved_are_told() -> None:
    def run(release: str, rows: int | None, kind: str = "rows") -> CommandRun:
        return CommandRun("nova-manage db online_data_migrations", kind, release, 0, "done", 1.0, 1.0, rows=rows)

    runs = (run("rocky", 12), run("stein", 7), run("rocky", 0), run("rocky", None, "check"))
    (finding,) = unmigrated("rocky", [HopOutcome("rocky", "stein", "nova", "ok", runs)])
    assert (finding.code, finding.found) == ("rehearsal.rows-unmigrated", "12 rows")
