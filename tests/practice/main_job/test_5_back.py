"""Taken back with the databases as they are, under the probe: bytes and versions as before, nothing lost."""

from __future__ import annotations

import pytest
from cloud_users import CloudUsers
from practice_operator import LONG_S, SOURCE, PracticeOperator

pytestmark = [pytest.mark.practice, pytest.mark.timeout(2400)]
BUILDS_ON_BEFORE = True


def test_it_goes_back_while_the_cloud_serves(cloud: PracticeOperator) -> None:
    cloud.kept["back"] = take_back(cloud, cloud.kept["run"])


def test_it_is_as_it_was(cloud: PracticeOperator) -> None:
    demand_as_before(cloud, cloud.kept["back"])


def take_back(cloud: PracticeOperator, run: str) -> str:
    """Roll a run back, the databases staying; the run that did it."""
    plan = cloud.work / f"back-{run}.plan"
    shown = cloud.ostler("rollback", run, "--out", plan)
    assert SOURCE in shown.stdout
    done = cloud.ostler("apply", plan, timeout_s=LONG_S)
    print(f"rollback: {done.seconds:.0f} s")
    assert done.result["state"] == "done"
    back = cloud.run_of()
    assert cloud.loans_open(back) == []
    return back


def demand_as_before(cloud: PracticeOperator, back: str) -> None:
    """Configuration to the byte, running code, proofs, requests and the users' things."""
    assert cloud.configuration() == cloud.kept["configuration"]
    assert cloud.running_code() == cloud.kept["code"]
    cloud.wait_until_all_report()
    document = cloud.ostler("status", "--json").document
    assert {service["release"] for service in document["services"]} == {SOURCE}
    report = cloud.report_of(back, code=0)
    assert report["proofs"]
    assert cloud.failed_proofs(report) == []
    cloud.demand_no_failed_request(back)
    assert CloudUsers(cloud.name).missing(cloud.kept["before"]) == []
    cloud.practice("verify")
