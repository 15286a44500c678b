"""Every service stopped once, the databases through each release on the way, and back by the dump; killed on the way.

OSTLER_TEST_HOP="2023.1 2025.1" makes it several hops.
"""

from __future__ import annotations

import pytest
from cloud_users import CloudUsers
from practice_operator import KILLED, LONG_S, SOURCE, TARGET, PracticeOperator

from ostler.catalog import load_catalog

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(2400), pytest.mark.usefixtures("as_it_is")]
BUILDS_ON_BEFORE = True

KILLS = (
    "after_effect:stop-all/ctl2/*",
    f"after_effect:pass-{TARGET}/ctl1/nova-sync",
    "after_effect:roll-neutron/ctl3/*",
)


@pytest.fixture(scope="module")
def way(cloud: PracticeOperator) -> list[str]:
    """The releases between, whose environments lie in the store."""
    between = [hop.target.id for hop in load_catalog().way(SOURCE, TARGET)[:-1]]
    for release in between:
        cloud.ostler("env", "build", "--practice", release, timeout_s=LONG_S)
    return between


def test_everything_comes_to_the_target_once_although_it_is_killed(cloud: PracticeOperator, way: list[str]) -> None:
    plan = cloud.work / "fast-forward.plan"
    shown = cloud.ostler("upgrade", "--to", TARGET, "--strategy", "fast-forward", "--out", plan).stdout
    assert "the APIs do not answer for about" in shown
    assert all(f"{release}: " in shown for release in way)
    gone = cloud.ostler("apply", plan, "--approve", "all", code=KILLED, crash_at=KILLS[0], timeout_s=LONG_S)
    run = cloud.kept["forward"] = cloud.run_of()
    seconds = gone.seconds
    for crash_at in KILLS[1:]:
        killed = cloud.ostler("resume", run, code=KILLED, crash_at=crash_at, timeout_s=LONG_S)
        seconds += killed.seconds
        print(f"killed {crash_at} after {killed.seconds:.0f} s")
    done = cloud.ostler("resume", run, timeout_s=LONG_S)
    print(f"fast-forward: {seconds + done.seconds:.0f} s")
    assert done.result["state"] == "done"
    assert cloud.loans_open(run) == []


def test_it_is_proved_and_the_time_the_apis_were_away_is_told(cloud: PracticeOperator) -> None:
    report = cloud.report_of(cloud.kept["forward"], code=0)
    assert cloud.failed_proofs(report) == []
    (availability,) = [proof["detail"] for proof in report["proofs"] if proof["name"] == "availability"]
    print(availability)
    assert "the plan took the APIs away" in availability
    document = cloud.ostler("status", "--json").document
    assert {service["release"] for service in document["services"]} == {TARGET}
    assert CloudUsers(cloud.name).missing(cloud.kept["before"]) == []
    cloud.practice("verify")


def test_the_dump_leads_back(cloud: PracticeOperator) -> None:
    plan = cloud.work / "back.plan"
    cloud.ostler("rollback", cloud.kept["forward"], "--databases", "restore", "--out", plan)
    back = cloud.ostler("apply", plan, "--no-probe", "--approve", "all", timeout_s=LONG_S)
    print(f"back: {back.seconds:.0f} s")
    assert back.result["state"] == "done"
    assert cloud.running_code() == cloud.kept["code"]
    assert cloud.configuration() == cloud.kept["configuration"]
    assert CloudUsers(cloud.name).missing(cloud.kept["before"]) == []
    cloud.practice("verify")
