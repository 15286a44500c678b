"""What the end of a command means."""

from __future__ import annotations

import pytest

from ostler.catalog import load_catalog
from ostler.commands import CommandResult
from ostler.errors import Severity
from ostler.rehearsal.judging import judge, rows_moved
from ostler.rehearsal.sequence import Planned, hop_commands

CATALOG = load_catalog()
HOP = CATALOG.hop("2024.1", "2025.1")
TABLE = """Running batches of 50 until complete
+---------------------+--------------+-----------+
|      Migration      | Total Needed | Completed |
+---------------------+--------------+-----------+
|   populate_uuids    |      12      |     7     |
| populate_dev_uuids  |      3       |     3     |
+---------------------+--------------+-----------+
"""
CHECK = """+-----------------------------+
| Upgrade Check Results       |
+-----------------------------+
| Check: {check}              |
| Result: {result}            |
| Details: {details}          |
+-----------------------------+
"""


def planned(project: str, words: str) -> Planned:
    return next(p for p in hop_commands(CATALOG, HOP, project) if p.words == words)


def judged(project: str, words: str, exit_code: int, stdout: str = "", stderr: str = "") -> tuple[str, str, list[str]]:
    judgement = judge(CATALOG, planned(project, words), CommandResult(exit_code, stdout, stderr))
    return str(judgement.meaning), judgement.outcome, [finding.code for finding in judgement.findings]


def test_rows_are_counted_from_the_table() -> None:
    assert rows_moved(TABLE) == 10
    assert rows_moved("no table") == 0
    of_ocata = "7 rows matched query populate_uuids, 5 migrated\n3 rows matched query populate_dev_uuids, 3 migrated\n"
    assert rows_moved(of_ocata) == 8
    assert rows_moved(of_ocata + TABLE) == 10
    assert rows_moved("|  migrate_service_uuids | 4 | 3 | 1 |\n") == 3


@pytest.mark.parametrize(
    ("exit_code", "expected"),
    [
        (0, ("done", "ok", [])),
        (2, ("stuck", "failed", ["rehearsal.unknown-failure"])),
        (255, ("crash", "failed", ["rehearsal.unknown-failure"])),
        (77, ("unknown", "failed", ["rehearsal.unknown-failure"])),
    ],
)
def test_an_exit_code_means_what_the_catalog_says(exit_code: int, expected: tuple[str, str, list[str]]) -> None:
    assert judged("nova", "nova-manage db online_data_migrations", exit_code, TABLE) == expected


def test_more_rows_to_move_is_run_again() -> None:
    result = CommandResult(1, TABLE, "")
    judgement = judge(CATALOG, planned("nova", "nova-manage db online_data_migrations"), result)
    assert (judgement.again, judgement.outcome) == (True, "ok")


def test_more_to_move_without_a_row_moved_is_no_reason_to_run_again() -> None:
    words = "cinder-manage db online_data_migrations"
    judgement = judge(CATALOG, planned("cinder", words), CommandResult(1, "", "Traceback\nImportError: no such thing"))
    assert (judgement.again, judgement.meaning, judgement.outcome) == (False, "stuck", "failed")
    assert judgement.findings[0].evidence[-1] == "ImportError: no such thing"


def test_a_failure_that_is_known_is_told_with_its_fix() -> None:
    said = "  File x, line 7\nValueError: badly formed hexadecimal UUID string"
    assert judged("neutron", "neutron-status upgrade check", 1, stderr=said)[1:] == (
        "blocked",
        ["neutron.ids-not-uuids"],
    )


def test_an_unknown_failure_shows_the_end_of_what_was_said_without_secrets() -> None:
    said = "Traceback\n  File x\nOperationalError: mysql+pymysql://nova:hunter2@db/nova\n"
    judgement = judge(CATALOG, planned("nova", "nova-manage db sync"), CommandResult(255, "", said))
    (finding,) = judgement.findings
    assert finding.severity is Severity.FAILURE
    assert finding.evidence[-1].startswith("OperationalError")
    assert "hunter2" not in str(finding)


@pytest.mark.parametrize(("result", "exit_code", "outcome"), [("Warning", 1, "ok"), ("Failure", 2, "blocked")])
def test_a_check_that_fails_blocks_and_one_that_warns_does_not(result: str, exit_code: int, outcome: str) -> None:
    table = CHECK.format(check="Some Check", result=result, details="look at it")
    assert judged("cinder", "cinder-status upgrade check", exit_code, table)[1:] == (
        outcome,
        ["cinder.status-check-some-check"],
    )


def test_a_verdict_of_a_check_that_the_catalog_knows_is_told_with_its_fix() -> None:
    words = "nova-status upgrade check"
    asked = next(p for p in hop_commands(CATALOG, CATALOG.all_releases.hop("yoga", "zed"), "nova") if p.words == words)
    table = CHECK.format(check="Older than N-1 computes", result="Failure", details="level 16, oldest 61")
    judgement = judge(CATALOG, asked, CommandResult(2, table, ""))
    assert judgement.outcome == "blocked"
    (finding,) = judgement.findings
    assert finding.code == "nova.computes-older-than-yoga"
    assert "let them start once" in finding.do_next


def test_a_check_that_crashed_says_nothing_and_is_a_failure() -> None:
    assert judged("cinder", "cinder-status upgrade check", 1, stderr="No such folder")[1] == "failed"


def test_values_of_rows_in_errors_of_the_database_are_not_shown() -> None:
    said = (
        "Traceback (most recent call last):\n"
        '  File "/opt/openstack/venvs/nova-31.3.1/lib/api.py", line 7, in sync\n'
        "pymysql.err.IntegrityError: (1062, \"Duplicate entry 'alice@example.org' for key 'u'\")\n"
        "[SQL: INSERT INTO t (a) VALUES ('bob') ]\n"
        "[parameters: {'a': 'carol', 'b': 7}]\n"
        "Can't add row: Duplicate entry 'erin' for key 'x'\n"
        "Duplicate entry 'a\"frank' for key 'k', b'grace'\n"
        "ValueError: odd text 'dave goes on after the cut\n"
    )
    judgement = judge(CATALOG, planned("nova", "nova-manage db sync"), CommandResult(255, "", said))
    (finding,) = judgement.findings
    told = "\n".join(finding.evidence)
    assert not [name for name in ("alice", "bob", "carol", "dave", "erin", "frank", "grace") if name in told]
    assert 'File "/opt/openstack/venvs/nova-31.3.1/lib/api.py", line 7' in told
    assert "IntegrityError: (1062" in told


def test_values_in_what_a_check_says_are_not_shown() -> None:
    table = CHECK.format(check="Names", result="Failure", details="user 'alice' is there twice")
    judgement = judge(CATALOG, planned("cinder", "cinder-status upgrade check"), CommandResult(2, table, ""))
    assert "alice" not in str(judgement.findings)


def test_a_check_that_wants_what_its_own_schema_brings_says_nothing_before_it_and_fails_after_it() -> None:
    hop = CATALOG.all_releases.hop("rocky", "stein")
    early, late = (p for p in hop_commands(CATALOG, hop, "neutron") if p.kind == "check")
    said = CommandResult(255, "", "pymysql.err.InternalError: (1054, \"Unknown column 'x' in 'SELECT'\")")
    told = [judge(CATALOG, planned, said) for planned in (early, late)]
    assert [(each.outcome, each.findings[0].code) for each in told] == [
        ("ok", "rehearsal.check-wants-schema"),
        ("failed", "rehearsal.unknown-failure"),
    ]
    elsewhere = judge(CATALOG, early, CommandResult(255, "", "OSError: protocol not found"))
    assert elsewhere.outcome == "failed"


def test_a_script_that_goes_on_after_a_failure_is_not_believed() -> None:
    hop = CATALOG.all_releases.hop("rocky", "stein")
    extraction = hop_commands(CATALOG, hop, "placement", is_taken_out=True)[0]
    bad = judge(CATALOG, extraction, CommandResult(0, "Failed to load destination database:\nERROR 1064", ""))
    assert (str(bad.meaning), bad.outcome) == ("crash", "failed")
    for code in (0, 3, 4):
        assert judge(CATALOG, extraction, CommandResult(code, "Loading", "")).outcome == "ok"
