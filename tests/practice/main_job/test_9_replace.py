"""The control plane replaced on the way over several hops, and taken back; killed on the way.

The cloud needs spare hosts: OSTLER_TEST_SPARES=3 OSTLER_TEST_HOP="2023.1 2025.1" (or OSTLER_TEST_CLOUD, built with
--spares 3).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cloud_users import CloudUsers
from practice_operator import KILLED, LONG_S, SOURCE, TARGET, PracticeOperator

from ostler.catalog import load_catalog

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(3000), pytest.mark.usefixtures("as_it_is")]
BUILDS_ON_BEFORE = True

OLD, NEW = ("ctl1", "ctl2", "ctl3"), ("new1", "new2", "new3")
KILLS = (
    "after_effect:bring/new2/*",
    "after_effect:load/new1-databases/20-load",
    "after_effect:retire/ctl2/retire",
    "after_effect:take-address/new1/10-start-new1",
    f"after_effect:pass-{TARGET}/new1/nova-sync",
    "after_effect:roll-computes/cmp1/00-addresses",
)
DATA_SCRIPT = "cd /var/lib/mysql && find . -name '*.ibd' -type f -exec sha256sum {} + | sort | sha256sum"
ACTIVE_SCRIPT = (
    "systemctl list-units --state=active --plain --no-legend 'nova*' 'cinder*' 'neutron*' 'glance*' 'keystone*' "
    "'placement*' mariadb.service rabbitmq-server.service haproxy.service keepalived.service memcached.service"
)


@pytest.fixture(scope="module")
def onto(cloud: PracticeOperator) -> Path:
    """The cloud file of the spare hosts."""
    path = cloud.cloud_file.with_name("new.yaml")
    if not path.exists():
        pytest.skip("the practice cloud has no spare hosts (OSTLER_TEST_SPARES=3)")
    for hop in load_catalog().way(SOURCE, TARGET)[:-1]:
        cloud.ostler("env", "build", "--practice", hop.target.id, timeout_s=LONG_S)
    return path


def test_the_new_hosts_become_the_control_plane_although_it_is_killed(cloud: PracticeOperator, onto: Path) -> None:
    plan = cloud.work / "replace.plan"
    words = ("upgrade", "--to", TARGET, "--strategy", "replace", "--onto", onto, "--out", plan)
    shown = cloud.ostler(*words).stdout
    assert "on a new control plane (new1, new2, new3)" in shown
    assert "the APIs do not answer for about" in shown
    gone = cloud.ostler("apply", plan, "--approve", "all", code=KILLED, crash_at=KILLS[0], timeout_s=LONG_S)
    run = cloud.kept["replaced"] = cloud.run_of()
    seconds = gone.seconds
    for crash_at in KILLS[1:]:
        killed = cloud.ostler("resume", run, code=KILLED, crash_at=crash_at, timeout_s=LONG_S)
        seconds += killed.seconds
        print(f"killed {crash_at} after {killed.seconds:.0f} s")
    done = cloud.ostler("resume", run, timeout_s=LONG_S)
    print(f"replacement: {seconds + done.seconds:.0f} s")
    assert done.result["state"] == "done"
    assert cloud.loans_open(run) == []
    cloud.kept["data"] = {host: cloud.on(host, "sh", "-c", DATA_SCRIPT) for host in OLD}


def test_it_is_proved_and_the_old_control_plane_is_still(cloud: PracticeOperator, onto: Path) -> None:
    report = cloud.report_of(cloud.kept["replaced"], code=0)
    assert cloud.failed_proofs(report) == []
    (availability,) = [proof["detail"] for proof in report["proofs"] if proof["name"] == "availability"]
    print(availability)
    for host in OLD:
        assert cloud.on(host, "sh", "-c", ACTIVE_SCRIPT).strip() == ""
    configuration = cloud.configuration()
    wants = "systemd/system/multi-user.target.wants"
    for host in OLD:
        now, before = (each[host].splitlines() for each in (configuration, cloud.kept["configuration"]))
        assert [line for line in now if wants not in line] == [line for line in before if wants not in line]
    described = cloud.cloud_file.read_text()
    assert all(host in described for host in NEW)
    assert not any(f"{host}:" in described for host in OLD)
    assert {service["release"] for service in cloud.ostler("status", "--json", code=(0, 1)).document["services"]} == {
        TARGET
    }
    assert CloudUsers(cloud.name).missing(cloud.kept["before"]) == []
    cloud.practice("verify")


def test_the_old_control_plane_leads_back_with_its_databases_as_they_were(cloud: PracticeOperator, onto: Path) -> None:
    plan = cloud.work / "back.plan"
    assert {host: cloud.on(host, "sh", "-c", DATA_SCRIPT) for host in OLD} == cloud.kept["data"]
    refused = cloud.ostler("rollback", cloud.kept["replaced"], code=3)
    assert "--databases restore" in refused.stderr
    cloud.ostler("rollback", cloud.kept["replaced"], "--databases", "restore", "--out", plan)
    back = cloud.ostler("apply", plan, "--no-probe", "--approve", "all", timeout_s=LONG_S)
    print(f"back: {back.seconds:.0f} s")
    assert back.result["state"] == "done"
    code, configuration = cloud.running_code(), cloud.configuration()
    for host in (*OLD, "cmp1", "cmp2"):
        assert code[host] == cloud.kept["code"][host]
        assert configuration[host] == cloud.kept["configuration"][host]
    assert CloudUsers(cloud.name).missing(cloud.kept["before"]) == []
    cloud.practice("verify")
