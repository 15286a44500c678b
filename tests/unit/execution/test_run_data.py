"""Reading a run from its journal and folder for a report, and the command that does it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from ostler.cli.report import register
from ostler.errors import Finding, InputError, Severity
from ostler.execution.clock import Clock
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.probe.records import RECORDS_NAME, Record, to_line
from ostler.execution.records import Outcome, RunState, StepOutcome
from ostler.execution.run_data import PROBE_FOLDER, read_run
from ostler.planning.model import Lane, Plan, Stage
from ostler.steps.model import Step

NOW = [1000.0]


def ostler(*arguments: str) -> int:
    """Run the command and return its exit code."""
    app = typer.Typer()
    register(app)
    code = app(list(arguments), standalone_mode=False)
    return code if isinstance(code, int) else 0


def step(key: str, **more: object) -> Step:
    made = Step(id=key, kind="start-service", host="ctl1", why="w", undo="none", estimate_s=1.0)
    return replace(made, **more)  # type: ignore[arg-type]


STEPS = (step("roll/ctl1/one", lends="ctl1 out"), step("roll/ctl1/two"), step("roll/ctl1/three"))
PLAN = Plan(
    operation="upgrade",
    title="Upgrade",
    cloud="tiny",
    cloud_digest="c",
    created_at=1.0,
    snapshot_digest="s",
    request={},
    stages=(Stage("roll", "Roll", "w", "u", (Lane("ctl1", STEPS),), gate="Go on?"),),
).sealed()


def outcome(key: str, attempt: int, how: Outcome, reason: str = "") -> StepOutcome:
    return StepOutcome(key, "d", attempt, how, reason, (), 2.0, 0.0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("OSTLER_HOME", str(tmp_path))
    return Home(tmp_path)


@pytest.fixture
def run(home: Home) -> str:
    """A run whose first step went well at the second attempt, and whose second was killed."""
    journal = Journal(home, Clock(now=lambda: NOW[0]))
    run = journal.runs.begin(PLAN, "root")
    one, two, _ = STEPS
    journal.steps.add_intent(run, one, 1, {})
    journal.steps.add_outcome(run, one, outcome(one.id, 1, Outcome.FAILED, "no"))
    NOW[0] = 1100.0
    journal.steps.add_intent(run, one, 2, {})
    journal.steps.add_outcome(run, one, outcome(one.id, 2, Outcome.DONE))
    journal.steps.add_intent(run, two, 1, {})
    journal.runs.add_finding(run, one.id, Finding("a.b", Severity.NOTE, "ctl1", "so"))
    journal.runs.approve(run, "roll", "root")
    journal.runs.set_state(run, RunState.STOPPED, "by Ctrl-C")
    journal.close()
    NOW[0] = 1000.0
    return run


def test_attempts_are_counted_and_the_last_outcome_counts(home: Home, run: str) -> None:
    data = read_run(home, run)
    one = data.steps["roll/ctl1/one"]
    assert (one.attempts, one.first_at, one.last_at) == (2, 1000.0, 1100.0)
    assert one.outcome is not None and one.outcome.outcome is Outcome.DONE


def test_a_step_that_was_killed_has_no_outcome_and_one_that_never_began_is_not_there(home: Home, run: str) -> None:
    data = read_run(home, run)
    assert data.steps["roll/ctl1/two"].outcome is None
    assert "roll/ctl1/three" not in data.steps


def test_loans_findings_and_approvals_come_along(home: Home, run: str) -> None:
    data = read_run(home, run)
    assert [loan.name for loan in data.loans if loan.is_open] == ["ctl1 out"]
    assert [finding.code for _, finding in data.findings] == ["a.b"]
    assert data.approvals["roll"].who == "root"


def test_the_probes_records_from_the_run_on_are_added_up(home: Home, run: str) -> None:
    assert read_run(home, run).seen is None
    folder = home.run_folder(run) / PROBE_FOLDER
    folder.mkdir()
    lines = [to_line(Record(at, "nova", "list", 0.1, 200, True)) for at in (900.0, 1001.0, 1002.0)]
    (folder / RECORDS_NAME).write_text("".join(lines))
    seen = read_run(home, run).seen
    assert seen is not None and seen.apis["nova"].requests == 2


def test_a_run_that_is_not_there_is_told_with_what_lists_them(home: Home) -> None:
    with pytest.raises(InputError, match="there is no run"):
        read_run(home, "nothing")


def test_the_command_writes_page_and_document_and_ends_with_one_for_an_unfinished_run(
    home: Home, run: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, document = tmp_path / "out" / "r.html", tmp_path / "out" / "r.json"
    assert ostler(run, "--html", str(page), "--json", str(document)) == 1
    assert capsys.readouterr().out.startswith("Not finished: Upgrade")
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads(document.read_text())["run"]["state"] == "stopped"


def test_the_command_prints_the_document_alone_when_asked(
    home: Home, run: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ostler(run, "--json", "-")
    assert json.loads(capsys.readouterr().out)["run"]["id"] == run


def test_a_file_that_cannot_be_written_is_wrong_input(home: Home, run: str) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        ostler(run, "--html", "/proc/no/r.html")
