"""Two more ways back, which take long: from just before the point of no return, and by restoring the databases. The
first upgrade is diagnosed while it goes on: what it does is no fault.

The upgrade that is restored from holds the requests to one project and reloads the load balancers on its way.
"""

from __future__ import annotations

import pytest
from cloud_users import CloudUsers
from looks import diagnosed_meanwhile
from practice_operator import LONG_S, TARGET, PracticeOperator
from test_5_back import demand_as_before, take_back

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(2400), pytest.mark.usefixtures("as_it_is")]
BUILDS_ON_BEFORE = True

WAITING = 4
AT_LEAST = 8
"""So many diagnoses there are in an upgrade, however slow the machine."""

HELD = ("--no-overlap", "neutron", "--reload-balancers")


def test_back_from_just_before_the_point_of_no_return(cloud: PracticeOperator) -> None:
    with diagnosed_meanwhile(cloud) as looks:
        run = _upgrade_to_the_gate(cloud)
    print(f"{len(looks.all)} diagnoses meanwhile")
    assert looks.findings() == []
    assert len(looks.all) >= AT_LEAST
    back = take_back(cloud, run)
    demand_as_before(cloud, back)


def test_a_restore_lists_what_will_be_lost_and_loses_nothing_else(cloud: PracticeOperator) -> None:
    """Nor is it kept back by a lost disk: the dump's folder on the database host is gone."""
    run = cloud.kept["again"] = _upgrade_to_the_gate(cloud, *HELD)
    cloud.ostler("approve", run)
    cloud.ostler("resume", run, timeout_s=LONG_S)
    users = CloudUsers(cloud.name)
    before = users.everything()
    lost = users.make_a_volume("made-after-the-dump")
    made = {"volume made-after-the-dump": lost, **users.make_more("made-after-the-dump")}
    plan = cloud.work / "restore.plan"
    words = ("rollback", run, "--databases", "restore", "--out", plan, "--json")
    told = [f for f in cloud.ostler(*words).document["findings"] if f["code"] == "rollback.will-be-lost"]
    assert {finding["subject"]: finding["found"] for finding in told} == made
    folder, host = _dump_of(cloud)
    cloud.on(host, "rm", "-r", folder)
    restored = cloud.ostler("apply", plan, "--no-probe", "--approve", "all", timeout_s=LONG_S)
    print(f"restore: {restored.seconds:.0f} s")
    assert restored.result["state"] == "done"
    assert lost not in users.everything()["volume"]
    assert users.missing(before) == []
    sent_back = [step for step in cloud.report_of(cloud.run_of())["steps"] if step["id"].endswith("/send-back")]
    assert [step["outcome"] for step in sent_back] == ["done"]


def test_the_rows_are_those_of_the_dump(cloud: PracticeOperator) -> None:
    """The restore dumps what it restored, and marks the dump only when both are the same to the byte."""
    folder, host = _dump_of(cloud)
    marked = cloud.on(host, "stat", "-c", "%Y", f"{folder}/restored-and-equal")
    written = cloud.on(host, "stat", "-c", "%Y", f"{folder}/databases.sql.zst")
    assert int(marked) > int(written)


def test_after_the_restore_it_is_as_it_was(cloud: PracticeOperator) -> None:
    assert cloud.running_code() == cloud.kept["code"]
    assert cloud.configuration() == cloud.kept["configuration"]
    cloud.practice("verify")


def test_requests_waited_while_they_were_held_and_none_failed(cloud: PracticeOperator) -> None:
    run = cloud.kept["again"]
    done = [step["id"] for step in cloud.report_of(run)["steps"] if step["outcome"] == "done"]
    assert "hold-neutron/ctl1/hold-neutron-api" in done
    assert "roll-neutron/ctl1/95-release-neutron-api" in done
    assert sum(step.startswith("reload-balancers/") for step in done) == 3
    cloud.demand_no_failed_request(run)


def _dump_of(cloud: PracticeOperator) -> tuple[str, str]:
    """The folder of the dump, and its host."""
    request = cloud.ostler("show", cloud.work / "again.plan", "--json").document["request"]
    return request["dump_folder"], request["database_host"]


def _upgrade_to_the_gate(cloud: PracticeOperator, *options: str) -> str:
    plan = cloud.work / "again.plan"
    cloud.ostler("upgrade", "--to", TARGET, "--out", plan, *options)
    waiting = cloud.ostler("apply", plan, code=WAITING, timeout_s=LONG_S)
    print(f"upgrade to the gate: {waiting.seconds:.0f} s")
    return cloud.run_of()
