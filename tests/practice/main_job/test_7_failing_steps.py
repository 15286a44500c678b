"""Something fails in every stage of an upgrade, one after the other: each time the cloud goes on serving, and the
operator reads what to do; then the way back after a failed step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
import trouble
from cloud_users import CloudUsers
from practice_operator import KILLED, LONG_S, TARGET, PracticeOperator
from test_5_back import demand_as_before, take_back

from ostler.execution.home import Home
from ostler.execution.runs import load_run
from ostler.execution.step_book import effects_repeated

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(7200), pytest.mark.usefixtures("as_it_is")]
BUILDS_ON_BEFORE = True

FAILED, WAITING = 1, 4
FAILS_BEFORE_GOING_BACK = "roll-nova-scheduler"


def planned(cloud: PracticeOperator, name: str) -> tuple[str, list[dict[str, Any]]]:
    """A new plan: its file, and its stages."""
    plan = cloud.work / name
    cloud.ostler("upgrade", "--to", TARGET, "--out", plan)
    stages: list[dict[str, Any]] = json.loads(plan.read_text())["stages"]
    return str(plan), stages


def demand_a_kind_failure(cloud: PracticeOperator, run: str, step: str, lent: Sequence[str]) -> None:
    """Every API answers, nothing is lent but what has to be, which is told with what to do, and so are the ways on."""
    CloudUsers(cloud.name).ask_every_api()
    shown = cloud.ostler("show", run).stdout
    assert step in shown
    for way_on in (f"ostler resume {run}", f"ostler rollback {run}", f"ostler cancel {run}"):
        assert way_on in shown
    assert cloud.loans_open(run) == lent
    for loan in lent:
        assert f"lent: {loan} since" in shown
        assert f"{loan} could not be given back" in shown
        assert f"do next: give it back by hand, or: ostler resume {run}" in shown


def test_back_after_a_failed_step(cloud: PracticeOperator) -> None:
    plan, stages = planned(cloud, "fails.plan")
    stage = next(stage for stage in stages if stage["name"] == FAILS_BEFORE_GOING_BACK)
    step, wrong = trouble.for_stage(stage)
    with wrong.on(cloud, step["host"]):
        failed = cloud.ostler("apply", plan, code=FAILED, timeout_s=LONG_S)
    assert failed.result["failed"] == [step["id"]]
    run = cloud.run_of()
    demand_a_kind_failure(cloud, run, step["id"], trouble.stays_lent(stage, step))
    back = take_back(cloud, run)
    demand_as_before(cloud, back)


def test_a_failure_in_every_stage_stops_safely_and_is_gone_on_from(cloud: PracticeOperator) -> None:
    plan, stages = planned(cloud, "fails-everywhere.plan")
    words = ["apply", plan]
    run = ""
    for stage in stages:
        step, wrong = trouble.for_stage(stage)
        at_its_start = f"before_intent:{stage['name']}/*"
        code = cloud.ostler(*words, code=(KILLED, WAITING), crash_at=at_its_start, timeout_s=LONG_S).code
        run = run or cloud.run_of()
        words = ["resume", run]
        if code == WAITING:
            cloud.ostler("approve", run)
            cloud.ostler(*words, code=KILLED, crash_at=at_its_start, timeout_s=LONG_S)
        with wrong.on(cloud, step["host"]):
            failed = cloud.ostler(*words, code=FAILED, timeout_s=LONG_S)
            assert failed.result["failed"] == [step["id"]], failed.told()
            demand_a_kind_failure(cloud, run, step["id"], trouble.stays_lent(stage, step))
        print(f"{stage['name']}: {wrong.says} on {step['host']}: stopped safely at {step['id']}")
    done = cloud.ostler(*words, timeout_s=LONG_S)
    assert done.result["state"] == "done"
    assert effects_repeated(load_run(run, Home(cloud.home)).effects) == []
    assert cloud.loans_open(run) == []
    assert cloud.failed_proofs(cloud.report_of(run, code=0)) == []
    cloud.demand_no_failed_request(run)
    assert CloudUsers(cloud.name).missing(cloud.kept["before"]) == []
