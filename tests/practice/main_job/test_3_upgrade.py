"""The upgrade under the probe: killed again and again, a second one beside it, and a service that will not
start; then it waits at the gate before what cannot be taken back."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cloud_users import CloudUsers
from practice_operator import KILLED, LONG_S, SOURCE, TARGET, PracticeOperator

from ostler.catalog import load_catalog
from ostler.deployment.paths import environment_path
from ostler.execution.home import Home
from ostler.execution.runs import load_run
from ostler.execution.step_book import effects_repeated

pytestmark = [pytest.mark.practice, pytest.mark.timeout(2400)]
BUILDS_ON_BEFORE = True

FAILED, REFUSED, WAITING = 1, 3, 4
KILLED_WITH_A_LOAN = "after_effect:roll-glance-api/ctl3/20-stop"
KILLS = (
    "before_intent:protect/cmp1/save-files",
    "after_effect:expand/*/lend-*",
    "after_intent:roll-keystone/ctl2/10-out-of-balancer",
    KILLED_WITH_A_LOAN,
    "before_outcome:roll-neutron/ctl1/80-start",
    "after_outcome:roll-nova-conductor/ctl2/20-stop",
)
STUBBORN_HOST, STUBBORN = "ctl2", "nova-scheduler"
DROP_IN = f"/etc/systemd/system/{STUBBORN}.service.d/zz-will-not-start.conf"


@pytest.fixture(scope="module")
def users(cloud: PracticeOperator) -> CloudUsers:
    """The people who use the cloud meanwhile."""
    return CloudUsers(cloud.name)


@pytest.fixture(scope="module")
def stubborn_service(cloud: PracticeOperator) -> Iterator[None]:
    """One service on one controller runs now, and will not start again."""
    lines = "[Service]\\nExecStartPre=/bin/false\\n"
    script = 'mkdir -p "${1%/*}" && printf "$2" > "$1" && systemctl daemon-reload'
    cloud.on(STUBBORN_HOST, "sh", "-c", script, "sh", DROP_IN, lines)
    yield
    _mend(cloud)


def _mend(cloud: PracticeOperator) -> None:
    script = 'rm -rf "${1%/*}" && systemctl daemon-reload && systemctl reset-failed'
    cloud.on(STUBBORN_HOST, "sh", "-c", script, "sh", DROP_IN)


def test_it_goes_on_after_every_kill_until_a_service_will_not_start(
    cloud: PracticeOperator, users: CloudUsers, environments: None, stubborn_service: None
) -> None:
    cloud.kept["before"] = users.everything()
    plan = cloud.work / "upgrade.plan"
    cloud.ostler("upgrade", "--to", TARGET, "--out", plan)
    cloud.ostler("apply", plan, code=KILLED, crash_at=KILLS[0], timeout_s=LONG_S)
    run = cloud.kept["run"] = cloud.run_of()
    lent: dict[str, list[str]] = {}
    for crash_at in KILLS[1:]:
        killed = cloud.ostler("resume", run, code=KILLED, crash_at=crash_at, timeout_s=LONG_S)
        lent[crash_at] = cloud.loans_open(run)
        print(f"killed on purpose {crash_at} after {killed.seconds:.0f} s")
    assert "ctl3" in "".join(lent[KILLED_WITH_A_LOAN]), "a host that is out of the load balancer is known to be"
    failed = cloud.ostler("resume", run, code=FAILED, timeout_s=LONG_S)
    print(f"failed as it should after {failed.seconds:.0f} s: {failed.result['message']}")
    assert failed.result["state"] == "failed"
    assert failed.result["failed"] == [f"roll-{STUBBORN}/{STUBBORN_HOST}/80-start"]


def test_a_failed_step_leaves_the_cloud_serving_and_says_what_to_do(cloud: PracticeOperator, users: CloudUsers) -> None:
    run = cloud.kept["run"]
    users.ask_every_api()
    shown = cloud.ostler("show", run).stdout
    assert f"roll-{STUBBORN}/{STUBBORN_HOST}/80-start" in shown
    for way_on in (f"ostler resume {run}", f"ostler rollback {run}", f"ostler cancel {run}"):
        assert way_on in shown
    assert cloud.loans_open(run) == []


def test_a_cloud_between_two_releases_gets_no_new_plan_and_is_told_how_to_go_on(cloud: PracticeOperator) -> None:
    refused = cloud.ostler("upgrade", "--to", TARGET, "--json", code=REFUSED)
    (told,) = [finding for finding in refused.document["findings"] if finding["code"] == "cloud.half-upgraded"]
    assert SOURCE in told["found"] and TARGET in told["found"]
    assert "ostler resume" in told["do_next"] and "ostler rollback" in told["do_next"]


def test_a_second_upgrade_is_refused_while_one_runs(cloud: PracticeOperator, tmp_path: Path) -> None:
    """From another machine: with a journal of its own, so that only the lock on the controllers can tell."""
    run = cloud.kept["run"]
    _mend(cloud)
    started = time.monotonic()
    resumed = cloud.start("resume", run)
    try:
        _wait_until_it_runs(cloud, resumed)
        elsewhere = {"OSTLER_HOME": str(tmp_path / "elsewhere")}
        refused = cloud.ostler("apply", cloud.work / "first.plan", code=REFUSED, environ=elsewhere)
        assert "is being worked on" in refused.stdout + refused.stderr
        assert run in refused.stdout + refused.stderr
    finally:
        code = resumed.wait(LONG_S)
    print(f"to the gate after {time.monotonic() - started:.0f} s")
    assert code == WAITING, (cloud.work / "started.out").read_text()[-4000:]


def _wait_until_it_runs(cloud: PracticeOperator, resumed: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while '"step_started"' not in (cloud.work / "started.out").read_text():
        assert resumed.poll() is None, (cloud.work / "started.out").read_text()[-4000:]
        assert time.monotonic() < deadline, "nothing was begun within two minutes"
        time.sleep(0.5)


def test_it_waits_before_what_cannot_be_taken_back(cloud: PracticeOperator) -> None:
    shown = cloud.ostler("show", cloud.kept["run"]).stdout
    assert "contract" in shown
    assert f"ostler approve {cloud.kept['run']}" in shown


def test_no_effect_happened_twice_and_nothing_is_lent(cloud: PracticeOperator) -> None:
    history = load_run(cloud.kept["run"], Home(cloud.home))
    assert effects_repeated(history.effects) == []
    assert cloud.loans_open(cloud.kept["run"]) == []


def test_nobody_saw_a_failed_request(cloud: PracticeOperator, users: CloudUsers) -> None:
    cloud.demand_no_failed_request(cloud.kept["run"])
    assert users.missing(cloud.kept["before"]) == []


def test_every_service_runs_the_new_code(cloud: PracticeOperator) -> None:
    """Seen in the processes themselves: the cloud file names the source release until the run has ended."""
    new = {environment_path(project.name, project.version(TARGET)) for project in load_catalog().projects}
    lines = [line for told in cloud.running_code().values() for line in told.splitlines()]
    assert {line.rpartition(" ")[2] for line in lines} == new
