"""What a report says of a run, and when it calls it good."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import sample_run as sample
from sample_run import BEGAN

from ostler.errors import Finding, Severity
from ostler.execution.probe.figures import add_up
from ostler.execution.probe.records import Record
from ostler.execution.proofs.model import Row
from ostler.execution.records import Outcome, RunState
from ostler.execution.run_data import StepTimes
from ostler.reporting.report import report_of
from ostler.reporting.report_model import RunReport, report_schema, report_to_json

SCHEMA = Path(__file__).parents[3] / "docs" / "schemas" / "report.json"


def report(**changes: object) -> RunReport:
    return report_of(sample.data(**changes), BEGAN + 100)


def bad_news(made: RunReport) -> list[str]:
    return [statement.text for statement in made.verdict.statements if statement.ok is False]


def test_a_good_run_is_done_and_proved_and_says_what_that_rests_on() -> None:
    made = report()
    assert (made.verdict.ok, made.verdict.word) == (True, "Done and proved")
    said = " | ".join(statement.text for statement in made.verdict.statements)
    assert "0 of 1,800 requests failed" in said and "5 proofs hold" in said
    assert "every API was asked 6.0 times a second or more" in said


def test_one_failed_request_is_not_good_and_the_api_is_named_first() -> None:
    made = report(seen=sample.seen(Record(BEGAN + 12, "nova", "boot", 0.1, 503, False, "503 no server")))
    assert made.verdict.word == "Done, but look"
    assert made.verdict.statements[0].text.startswith("1 of 1,801 requests failed (nova 1)")
    assert made.probe["nova"].failed == 1
    assert made.probe["nova"].causes == {"boot: 503 no server": 1}


def test_each_failure_is_told_with_time_operation_and_cause_up_to_the_first_200() -> None:
    refused = [Record(BEGAN + n / 10, "nova", "boot", 0.1, 503, False, f"503 no server {n}") for n in range(230)]
    wrong = Record(BEGAN + 0.05, "nova", "server-active", 9.0, 0, False, "server x is in ERROR", kind="outcome")
    nova = report(seen=sample.seen(*refused, wrong)).probe["nova"]
    assert [failure.model_dump() for failure in nova.failures[:2]] == [
        {"at": BEGAN, "op": "boot", "status": 503, "cause": "503 no server 0"},
        {"at": BEGAN + 0.05, "op": "server-active", "status": 0, "cause": "server x is in ERROR"},
    ]
    assert (len(nova.failures), nova.failures_left_out) == (200, 31)
    assert (nova.failed, nova.wrong_outcomes) == (230, 1)
    good = report().probe["nova"]
    assert (good.failures, good.failures_left_out) == ([], 0)


def test_a_server_in_error_is_not_good_although_no_request_failed() -> None:
    outcome = Record(
        BEGAN + 12, "nova", "server-active", 9.0, 0, False, "server x is in ERROR: no host", kind="outcome"
    )
    made = report(seen=sample.seen(outcome))
    assert bad_news(made) == ["0 of 1,800 requests failed; 1 probe server went to ERROR"]


def test_a_long_wait_is_told_with_its_limit_and_makes_no_run_bad() -> None:
    made = report(seen=sample.seen(Record(BEGAN + 12, "nova", "list", 8.1, 200, True)))
    assert (made.verdict.ok, made.verdict.word) == (True, "Done and proved")
    assert made.verdict.statements[0].model_dump() == {
        "ok": None,
        "text": "nova: a request waited 8.1 s (list), over 6 s",
    }
    assert not any("longest wait" in statement.text for statement in made.verdict.statements)
    assert (made.probe["nova"].stall_limit_s, len(made.probe["nova"].beyond_limits)) == (6.0, 1)
    assert made.probe["glance"].beyond_limits == []


def test_where_the_plan_holds_requests_they_may_wait_longer() -> None:
    held = sample.step("roll/ctl1/hold", kind="hold-requests", backend="nova-api")
    plan = sample.plan(*sample.PLAN.stages, sample.stage("hold", held))
    made = report(plan=plan, seen=sample.seen(Record(BEGAN + 12, "nova", "list", 14.0, 200, True)))
    assert (made.probe["nova"].stall_limit_s, made.probe["nova"].beyond_limits) == (15.0, [])
    assert any(s.ok and "longest wait for an answer was 14.0 s (nova)" in s.text for s in made.verdict.statements)


def test_an_api_the_probe_asked_too_seldom_is_told() -> None:
    few = [Record(BEGAN + n, "nova", "list", 0.1, 200, True) for n in range(50)]
    others = [record for record in sample.records() if record.api != "nova"]
    made = report(seen=add_up(sorted([*few, *others], key=lambda record: record.at)))
    assert "nova: asked 1.0 times a second, under 5" in [s.text for s in made.verdict.statements if s.ok is None]
    assert not any("every API was asked" in s.text for s in made.verdict.statements)


def test_a_loan_that_is_out_is_not_good() -> None:
    made = report(loans=(sample.loan(is_open=True), sample.loan("other")))
    assert bad_news(made) == ["still lent: ctl1 out of nova-api"]
    assert [loan.name for loan in made.loans_open] == ["ctl1 out of nova-api"]
    assert [loan.name for loan in made.loans_returned] == ["other"]


def test_a_proof_that_failed_is_not_good_and_says_why() -> None:
    made = report(proofs=(*sample.proofs()[1:], sample.proof("record-inventory", ok=False, detail="gone")))
    assert bad_news(made) == ["not proved, record-inventory: gone"]


def test_a_proof_that_was_not_carried_out_does_not_count_as_holding() -> None:
    made = report(proofs=sample.proofs()[1:])
    assert made.verdict.word == "Done"
    assert any("not looked at yet: record-inventory" in statement.text for statement in made.verdict.statements)


def test_a_proof_with_nothing_to_prove_is_told_and_counted_neither_way() -> None:
    *others, last = sample.proofs()
    made = report(proofs=(*others, replace(last, is_tried=False, detail="cmp2 is disabled")))
    told = {statement.text: statement.ok for statement in made.verdict.statements}
    assert told[f"not tried, {last.name}: cmp2 is disabled"] is None
    assert any(text.startswith(f"{len(others)} proof") and ok for text, ok in told.items())


def test_a_run_without_a_probe_says_that_nothing_was_measured() -> None:
    made = report(seen=None)
    assert made.probe == {} and not made.probe_about.ran
    assert any("not measured" in statement.text for statement in made.verdict.statements)


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.DONE])
def test_a_run_in_any_other_state_than_done_is_not_good(state: RunState) -> None:
    assert not report(run=sample.run(state)).verdict.ok


def test_every_step_of_the_plan_is_told_also_those_that_never_began() -> None:
    steps = sample.steps_done()
    del steps["prove/ctl1/functional"]
    steps["prove/ctl1/processes"] = StepTimes(2, BEGAN, BEGAN + 9, None)
    steps["roll/ctl2/two"] = sample.ended("roll/ctl2/two", BEGAN + 20, Outcome.FAILED, "it did not start")
    made = report(steps=steps, run=sample.run(RunState.FAILED))
    told = {step.id: (step.outcome, step.reason) for step in made.steps}
    assert told["prove/ctl1/functional"] == ("not_run", "")
    assert told["prove/ctl1/processes"] == ("interrupted", "")
    assert told["roll/ctl2/two"] == ("failed", "it did not start")
    assert "stage “Title of roll”: 1 of 2 steps failed, first roll/ctl2/two: it did not start" in bad_news(made)
    assert {stage.name: stage.state for stage in made.stages} == {"ready": "done", "roll": "failed", "prove": "partly"}


def test_a_stage_says_what_the_probe_saw_while_it_lasted() -> None:
    slow = Record(BEGAN + 12, "nova", "list", 3.5, 503, False, "503")
    stages = {stage.name: stage for stage in report(seen=sample.seen(slow)).stages}
    assert (stages["roll"].failed_requests, stages["roll"].longest_stall_s) == (1, 3.5)
    assert (stages["prove"].failed_requests, stages["prove"].longest_stall_s) == (0, 0.05)


def test_the_gate_says_who_said_yes() -> None:
    assert {stage.name: stage.approved_by for stage in report().stages} == {
        "ready": None,
        "roll": "root",
        "prove": None,
    }


def test_the_same_change_on_several_hosts_is_one_difference() -> None:
    lines = ("-compute = 6.3", "+compute = auto")
    made = report(
        findings=(
            sample.config_change("ctl1", *lines),
            sample.config_change("ctl2", *lines),
            sample.config_change("ctl3", "+other = 1"),
        )
    )
    assert [(diff.hosts, diff.lines) for diff in made.config_diffs] == [
        (["ctl1", "ctl2"], list(lines)),
        (["ctl3"], ["+other = 1"]),
    ]
    assert made.findings == []


def test_findings_are_told_once_and_those_of_proofs_are_left_to_the_proofs() -> None:
    proved = Finding("proof.schema", Severity.NOTE, "tiny", "all")
    made = report(findings=(("a", sample.finding()), ("a", sample.finding()), ("b", proved)))
    assert [(finding.step, finding.code) for finding in made.findings] == [("a", "nova.odd")]


def test_log_records_of_one_kind_are_one_entry_and_the_unexplained_come_first() -> None:
    def group(host: str, shape: str, harmless: str, count: int) -> dict[str, object]:
        return {
            "host": host, "file": "/var/log/nova/nova-api.log", "level": "ERROR", "logger": "nova", "count": count,
            "first": "", "last": "", "example": shape, "cause": "", "shape": shape, "harmless": harmless,
        }  # fmt: skip

    groups = [group("ctl1", "known", "it means no harm", 90), group("ctl1", "new", "", 2), group("ctl2", "new", "", 1)]
    proofs = [proof for proof in sample.proofs() if proof.name != "functional"]
    made = report(proofs=(*proofs, sample.proof("logs", groups=groups)))
    assert [(kind.example, kind.count, kind.hosts) for kind in made.log_review.kinds] == [
        ("new", 3, ["ctl1", "ctl2"]),
        ("known", 90, ["ctl1"]),
    ]
    assert any("3 new error records of 1 kind" in s.text and s.ok is None for s in made.verdict.statements)


def test_availability_is_a_full_table_with_users_first() -> None:
    percent = {"nova-api": {"for users": 100.0, "ctl2": 98.0}, "keystone": {"for users": 99.99999}}
    made = report(proofs=(*sample.proofs(), sample.proof("availability", percent=percent)))
    assert made.availability.columns == ["for users", "ctl2"]
    assert made.availability.rows["keystone"] == {"for users": 100.0, "ctl2": None}


def test_a_long_runs_timeline_is_thinned_out_and_loses_no_failure() -> None:
    late = Record(BEGAN + 9000, "nova", "list", 0.1, 503, False, "503")
    made = report(seen=sample.seen(late))
    assert made.probe_about.bucket_s == 16
    assert sum(bucket.failed for bucket in made.probe["nova"].buckets) == 1
    assert sum(bucket.asked for bucket in made.probe["nova"].buckets) == made.probe["nova"].requests


def test_the_document_follows_its_published_schema() -> None:
    made = report(
        loans=(sample.loan(is_open=True),),
        findings=(("a", sample.finding()), sample.config_change("ctl1", "+x")),
        proofs=(sample.proof("functional", rows=[Row("a", True, "b")]),),
        seen=sample.seen(Record(BEGAN, "nova", "boot", 2.0, 0, False, "reset")),
    )
    jsonschema.validate(json.loads(report_to_json(made)), json.loads(SCHEMA.read_text()))


def test_the_published_schema_is_that_of_the_code() -> None:
    assert SCHEMA.read_text() == report_schema(), "if the change is meant: make golden, and review the diff"


def test_what_ran_before_anything_was_changed_is_told_once_for_all_hosts_it_ran_on() -> None:
    before = {
        "ctl1": {"nova-api": "nova-29.4.0"},
        "ctl2": {"nova-api": "nova-29.4.0"},
        "ctl3": {"nova-api": "nova-29.3.0"},
    }
    told = report(ran_before=before).ran_before
    assert [(each.service, each.environment, each.hosts) for each in told] == [
        ("nova-api", "nova-29.3.0", ["ctl3"]),
        ("nova-api", "nova-29.4.0", ["ctl1", "ctl2"]),
    ]
