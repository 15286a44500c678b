"""`ostler runs`, `show`, `approve`; and how a run looks while it goes on and when it ends."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from ostler.cli.carrying_out import at_hand, keep_release
from ostler.cli.main import main
from ostler.cli.run_view import RunView
from ostler.cloud.model import Cloud, Host
from ostler.errors import Finding, Severity
from ostler.execution import events
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.records import Outcome, RunState, StepOutcome
from ostler.execution.run_result import RunResult
from ostler.execution.runs import load_run
from ostler.planning.model import Lane, Plan, Stage, plan_to_json
from ostler.reporting.findings import finding_json
from ostler.reporting.run_text import run_result_document, run_result_text, ways_on
from ostler.steps.model import Step

EVENTS = Path(__file__).parents[3] / "docs" / "schemas" / "events.json"
STEPS = tuple(
    Step(f"roll/ctl1/{name}", "stop-service", "ctl1", "why", "start it", 10.0, params={"units": ["nova-api"]})
    for name in ("1-stop", "2-switch", "3-start")
)
PLAN = Plan(
    operation="upgrade",
    title="Upgrade tiny from 2024.1 to 2025.1",
    cloud="tiny",
    cloud_digest="c",
    created_at=0.0,
    snapshot_digest="s",
    request={},
    stages=(
        Stage("roll", "Roll nova", "why", "an undo", (Lane("ctl1", STEPS),)),
        Stage("contract", "Contract", "why", "none: restore", (), gate="Is it good?", is_point_of_no_return=True),
    ),
).sealed()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("OSTLER_HOME", str(tmp_path))
    return Home(tmp_path)


@pytest.fixture
def run(home: Home) -> str:
    """A run whose second step failed, with a loan still out."""
    with contextlib.closing(Journal(home)) as journal:
        run = journal.runs.begin(PLAN, "alice")
        lending = Step(**{**STEPS[0].__dict__, "lends": "balancer:ctl1"})
        journal.steps.add_intent(run, lending, 1, {})
        journal.steps.add_outcome(run, lending, told(STEPS[0], Outcome.DONE))
        journal.steps.add_intent(run, STEPS[1], 1, {})
        failed = told(STEPS[1], Outcome.FAILED, "a command on ctl1 ended with exit code 1", ("no space left",))
        journal.steps.add_outcome(run, STEPS[1], failed)
        finding = Finding("execution.still-lent", Severity.FAILURE, "balancer:ctl1", "could not be given back")
        journal.runs.add_finding(run, STEPS[0].id, finding)
        journal.runs.set_state(run, RunState.FAILED, "stage roll failed: ctl1")
    return run


def test_a_run_is_told_before_its_probe_is_waited_for(
    run: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said_by_then: list[str] = []
    connected = contextlib.nullcontext((None, object()))
    monkeypatch.setattr("ostler.execution.connecting.connected", lambda cloud: connected)
    monkeypatch.setattr(
        "ostler.execution.operation.Operation._start_probe", lambda self: said_by_then.append(capsys.readouterr().out)
    )
    cloud = Cloud("tiny", "2024.1", "venv", {"ctl1": Host("ctl1", "127.0.0.1", ("controller",))})
    begun = events.RunStarted(run, "tiny", PLAN.title, is_resumed=False, stages=2, steps=3, estimate_s=1.0)
    with at_hand(cloud, PLAN, True, with_probe=True, max_failed=0) as hand:
        for listener in hand.listeners:
            listener(1.0, begun)
    (said,) = said_by_then
    assert json.loads(said)["event"] == "run_started"


def told(step: Step, outcome: Outcome, reason: str = "", evidence: tuple[str, ...] = ()) -> StepOutcome:
    return StepOutcome(step.id, step.digest, 1, outcome, reason, evidence, 4.0, 0.0)


def result_of(run: str, home: Home) -> RunResult:
    history = load_run(run, home)
    lent = tuple(loan for loan in history.loans if loan.is_open)
    findings = tuple(finding for _, finding in history.findings)
    done, failed, left = ((step.id,) for step in STEPS)
    record = history.record
    return RunResult(run, record.state, record.message, done, failed, left, lent, findings)


def test_without_any_run_there_is_none_to_list(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert "No run yet" in capsys.readouterr().out


def test_runs_are_listed_with_state_and_title(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    line = capsys.readouterr().out
    assert run in line
    assert "failed" in line
    assert "Upgrade tiny" in line
    assert main(["runs", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)["runs"]
    assert (document["id"], document["state"], document["is_alive"]) == (run, "failed", False)


def test_show_tells_what_a_run_did_what_is_lent_and_the_ways_on(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", run]) == 0
    text = capsys.readouterr().out
    for line in (
        f"Run {run}: failed",
        "begun by alice",
        " 1. Roll nova: 1 of 3 steps",
        "failed: roll/ctl1/2-switch: a command on ctl1 ended with exit code 1",
        "no space left",
        "lent: balancer:ctl1",
        f"ostler resume {run}",
        f"ostler rollback {run}",
        f"ostler cancel {run}",
    ):
        assert line in text
    assert main(["show", run, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [outcome["outcome"] for outcome in document["outcomes"]] == ["done", "failed"]


def test_show_shows_a_plan_file_as_the_plan_it_is(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "up.plan"
    path.write_text(plan_to_json(PLAN))
    assert main(["show", str(path)]) == 0
    assert "Upgrade tiny from 2024.1 to 2025.1" in capsys.readouterr().out
    assert main(["show", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["digest"] == PLAN.digest


def test_a_run_that_is_not_known_is_wrong_input(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "2020-01-01-1-upgrade"]) == 2
    assert "there is no run" in capsys.readouterr().err


def test_a_gate_is_approved_by_name_or_the_next_one(run: str, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["approve", run, "expand"]) == 2
    assert main(["approve", run]) == 0
    assert f"go on with: ostler resume {run}" in capsys.readouterr().out
    assert list(load_run(run, home).approvals) == ["contract"]
    assert main(["approve", run]) == 2


def test_a_yes_is_told_as_json_and_so_is_why_it_cannot_be_said(
    run: str, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["approve", run, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (yes,) = load_run(run, home).approvals.values()
    assert told == {"run": run, "gate": "contract", "who": yes.who, "ways_on": [f"ostler resume {run}"]}
    assert main(["approve", run, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "execution.no-such-gate"


def test_a_failed_run_ends_with_what_is_done_what_is_not_what_is_lent_and_three_ways_on(run: str, home: Home) -> None:
    result = result_of(run, home)
    assert run_result_text(result, load_run(run, home)) == (
        f"Run {run}: failed. stage roll failed: ctl1\n"
        "  failed: roll/ctl1/2-switch: a command on ctl1 ended with exit code 1\n"
        "      no space left\n"
        "  done: 1 of 3 steps\n"
        "  not begun: 1 steps; the next is roll/ctl1/3-start\n"
        "  still lent: balancer:ctl1, by roll/ctl1/1-stop; resume, rollback and cancel give it back\n"
        "  failure: balancer:ctl1: could not be given back [execution.still-lent]\n"
        "The ways on:\n"
        f"  fix it and go on:    ostler resume {run}\n"
        f"  take it back:        ostler rollback {run} --out back.plan && ostler apply back.plan\n"
        f"  give up as it is:    ostler cancel {run}\n"
    )
    document = run_result_document(result, load_run(run, home))
    assert (document["exit_code"], document["lent"], len(document["ways_on"])) == (1, ["balancer:ctl1"], 3)


def standing(run: str, home: Home, state: RunState, message: str) -> str:
    """What is shown of the run when it ends in a state."""
    return run_result_text(replace(result_of(run, home), state=state, message=message), load_run(run, home))


def test_a_paused_run_says_that_going_on_takes_failures_on(run: str, home: Home) -> None:
    text = standing(run, home, RunState.PAUSED, "the probe saw 3 failures")
    assert f"  look at why, and go on:  ostler resume {run} --max-failed N\n" in text
    assert "(N: the failures you take on, at least those seen; the last proof counts all of them)" in text
    assert "fix it" not in text


def test_after_ctrl_c_there_is_nothing_to_fix_and_stopped_is_said_once(run: str, home: Home) -> None:
    text = standing(run, home, RunState.STOPPED, "stopped by the operator")
    assert text.startswith(f"Run {run}: stopped by the operator.\n")
    assert f"  go on:               ostler resume {run}\n" in text
    assert "fix it and go on:" in standing(
        run, home, RunState.STOPPED, "the lock of the cloud was lost: somebody else may be at work on it"
    )


def test_the_way_back_can_be_typed_as_it_is_printed(run: str, home: Home) -> None:
    way = f"ostler rollback {run} --out back.plan && ostler apply back.plan"
    assert f"to take it back: {way}\n" in standing(run, home, RunState.DONE, "")
    assert ways_on(run, RunState.DONE, can_go_back=True) == [way]
    assert ways_on(run, RunState.PAUSED, can_go_back=True)[0] == f"ostler resume {run} --max-failed N"


def test_what_is_neither_a_plan_file_nor_a_run_is_said_to_be_neither(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "typo.plan"]) == 2
    assert "there is neither a plan file nor a run 'typo.plan'" in capsys.readouterr().err


def test_a_cloud_file_that_cannot_be_changed_takes_nothing_from_a_run_that_is_done(
    run: str, home: Home, tmp_path: Path
) -> None:
    done = replace(result_of(run, home), state=RunState.DONE)
    moving = replace(PLAN, request={"target": "2025.1"})
    unkept = keep_release(done, moving, tmp_path / "none" / "cloud.yaml")
    assert unkept is not None
    assert unkept.code == "cloud.release-not-written"
    assert 'release: "2025.1"' in unkept.do_next


IN_ONE_LINE = (
    """{name: tiny, release: "2024.1", deployment: venv, hosts: {ctl1: {address: c, roles: [controller]}}}\n"""
)
"""A cloud file without a line of its own for the release."""


def test_the_result_of_a_run_is_told_before_what_went_wrong_with_the_cloud_file(
    run: str, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud, plan = tmp_path / "cloud.yaml", tmp_path / "up.plan"
    cloud.write_text(IN_ONE_LINE)
    plan.write_text(plan_to_json(replace(PLAN, request={"target": "2025.1"}).sealed()))
    done = replace(result_of(run, home), state=RunState.DONE)
    monkeypatch.setattr("ostler.execution.runs.apply", lambda *_, **__: done)
    monkeypatch.setattr("ostler.execution.connecting.connect_hosts", lambda _: io.StringIO())
    assert main(["apply", str(plan), "--cloud", str(cloud), "--json"]) == 0
    result, warning = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    for line in (result, warning):
        jsonschema.validate(line, json.loads(EVENTS.read_text()))
    assert (result["event"], result["state"]) == ("result", "done")
    assert (warning["event"], warning["code"]) == ("warning", "cloud.release-not-written")


NO_ROOM = Finding(
    "host.no-room", Severity.FAILURE, "ctl1", "not enough room", "2.0 GiB free", "9.0 GiB", "make room", ("df says so",)
)


def test_a_refused_plan_is_told_with_what_was_found_and_what_was_expected(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud, plan = tmp_path / "cloud.yaml", tmp_path / "up.plan"
    cloud.write_text(IN_ONE_LINE)
    plan.write_text(plan_to_json(replace(PLAN, findings=(NO_ROOM,)).sealed()))
    monkeypatch.setattr("ostler.execution.connecting.connect_hosts", lambda _: io.StringIO())
    assert main(["apply", str(plan), "--cloud", str(cloud)]) == 3
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "  - ctl1: not enough room [host.no-room]",
        "      found 2.0 GiB free; expected 9.0 GiB",
        "      do next: make room",
    ]
    assert main(["apply", str(plan), "--cloud", str(cloud), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    jsonschema.validate(told, json.loads(EVENTS.read_text()))
    assert told["error"]["findings"] == [finding_json(NO_ROOM)]


def test_what_a_run_found_is_told_with_what_was_expected(run: str, home: Home) -> None:
    text = run_result_text(replace(result_of(run, home), findings=(NO_ROOM,)), load_run(run, home))
    assert (
        "  failure: ctl1: not enough room [host.no-room]\n"
        "      found 2.0 GiB free; expected 9.0 GiB\n"
        "      do next: make room\n"
    ) in text


def drawn(*happened: events.Event) -> tuple[str, str]:
    """What stays on the screen after events, and what the live part shows."""
    screen = io.StringIO()
    console = Console(file=screen, width=120, force_terminal=False)
    view = RunView(PLAN, lambda: ["nova 200 requests, 0 failed"], console)
    for event in happened:
        view.listener(0.0, event)
    live = io.StringIO()
    Console(file=live, width=120).print(view.draw())
    return screen.getvalue(), live.getvalue()


BEGUN = (
    events.RunStarted("run-1", "tiny", "title", False, 2, 3, 30.0),
    events.StageStarted("roll", "Roll nova", 1, 1, 30.0),
    events.LaneStarted("roll", "ctl1", 3),
    events.LoanOpened("balancer:ctl1", "roll/ctl1/1-stop"),
    events.StepEnded("roll/ctl1/1-stop", "done", "", 1.0),
    events.StepStarted("roll/ctl1/2-switch", "switch-environment", "ctl1", "point nova at 31.3.1", 10.0),
)


def test_the_live_view_shows_lanes_steps_time_left_loans_and_the_probe() -> None:
    stays, live = drawn(*BEGUN)
    assert "1/2 Roll nova" in stays
    assert "about 20 s left" in live
    assert "ctl1: step 2 of 3: point nova at 31.3.1" in live
    assert "lent: balancer:ctl1" in live
    assert "nova 200 requests, 0 failed" in live


def test_failures_and_findings_stay_on_the_screen() -> None:
    finding = Finding("nova.status-check-crashed", Severity.FAILURE, "nova", "the check crashed")
    stays, _ = drawn(
        *BEGUN,
        events.FindingTold("roll/ctl1/2-switch", finding),
        events.StepEnded("roll/ctl1/2-switch", "failed", "exit code 1", 1.0),
        events.LaneEnded("roll", "ctl1", "failed"),
        events.StageEnded("roll", "failed", ("ctl1",)),
    )
    for line in (
        "failure: the check crashed",
        "failed: roll/ctl1/2-switch: exit code 1",
        "ctl1: failed",
        "roll: failed",
    ):
        assert line in stays


def test_seconds_of_events_are_told_to_the_millisecond() -> None:
    line = json.loads(events.event_to_json(1.0, events.StepEnded("roll/ctl1/2-switch", "done", "", 2.0712345678901234)))
    assert line["seconds"] == 2.071
    seen = events.ProbeSeen("asking", "", {"nova": events.ApiSeen(3, 0, 1.23456789, 0.0)})
    assert json.loads(events.event_to_json(1.0, seen))["apis"]["nova"]["longest_wait_s"] == 1.235


def test_events_are_json_lines() -> None:
    line = events.event_to_json(1.23456, BEGUN[-1])
    assert json.loads(line) == {
        "at": 1.235,
        "event": "step_started",
        "step": "roll/ctl1/2-switch",
        "kind": "switch-environment",
        "host": "ctl1",
        "title": "point nova at 31.3.1",
        "estimate_s": 10.0,
    }
