"""What a run leaves that was killed, failed or was asked to stop in the middle, and the way back from there."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

import dbos  # noqa: F401  (imported once here, not once in each of the processes)
import pytest
from rehearsing import Rehearsal, copy_of, rehearsal
from test_simulated_upgrade import differences, kept, running

from ostler.errors import Severity
from ostler.execution.home import Home
from ostler.execution.records import RunState
from ostler.execution.runs import RunResult, list_runs, load_run
from ostler.execution.simulation import open_simulation, three_plus_two
from ostler.facts.model import wanted
from ostler.planning.model import Plan

CONTROLLERS = ("ctl1", "ctl2", "ctl3")
VARIABLE = "log_bin_trust_function_creators"


def killed(cloud: Rehearsal, folder: Path, plan: Plan, crash_at: str, run: str = "") -> str:
    """Apply a plan, or go on with its run, in a process of its own that is killed; return the run."""
    child = os.fork()
    if child == 0:
        os.environ["OSTLER_CRASH_AT"] = crash_at
        try:
            own = Rehearsal(open_simulation(folder, cloud.source), cloud.home, cloud.source, cloud.target)
            _ = own.resume(run) if run else own.apply(plan)
            os._exit(0)
        except BaseException:
            traceback.print_exc(file=sys.stdout)
            os._exit(70)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, crash_at
    (record,) = list_runs(cloud.home)
    return record.id


def kept_on_disk(folder: Path, source: str = "2024.1", target: str = "2025.1") -> Rehearsal:
    """A cloud whose state outlives a killed process."""
    simulation = three_plus_two(source, folder, store=[target], is_kept=True)
    return Rehearsal(simulation, Home(folder / "home"), source, target)


def away(cloud: Rehearsal) -> list[str]:
    """Everything that is taken away from users for a while and is away now: hosts, requests, computes, a variable."""
    asked = [wanted(fact, host) for fact in ("haproxy.servers", "haproxy.held") for host in CONTROLLERS]
    variable = [wanted("databases.variable", host, name=VARIABLE) for host in CONTROLLERS]
    snapshot = cloud.snapshot([*asked, *variable, wanted("api.compute_services")])
    found = []
    for host in CONTROLLERS:
        for backend, servers in snapshot.known("haproxy.servers", host).items():
            found += [f"{backend}/{name} on {host}" for name, server in servers.items() if server["status"] != "UP"]
        found += [f"{api} held on {host}" for api in snapshot.known("haproxy.held", host)["backends"]]
        if snapshot.known("databases.variable", host, name=VARIABLE)["value"] != "OFF":
            found.append(f"{VARIABLE} on {host}")
    services = snapshot.known("api.compute_services")
    return found + [name for name, service in services.items() if service["status"] != "enabled"]


def stopped(cloud: Rehearsal) -> list[str]:
    """The units of the controllers that do not run."""
    snapshot = cloud.snapshot([wanted("host.units", host) for host in CONTROLLERS])
    units = [(host, *item) for host in CONTROLLERS for item in snapshot.known("host.units", host).items()]
    return [f"{unit} on {host}" for host, unit, state in units if state["active"] != "active"]


REQUESTS_GO_ON = "after_outcome:roll-glance-api/ctl1/95-release-glance-api"
KILLS = {
    "glance": (
        "after_outcome:roll-keystone/ctl2/20-stop",
        "after_outcome:hold-glance/*",
        REQUESTS_GO_ON,
        "after_effect:roll-nova-conductor/ctl2/60-pin-rpc",
        "after_outcome:roll-computes/cmp1/nova-compute-20-stop",
    ),
    "nova": ("after_outcome:stop-nova-conductor/ctl2/20-stop",),
}
"""Where an upgrade that holds the requests of a project is killed, in their order."""


@pytest.fixture(scope="module")
def killed_at(shared_folder: Path) -> Mapping[str, Rehearsal]:
    """By where it was killed: a copy of the cloud with the killed run. One run is gone on with from kill to kill."""
    copies = {}
    for held, points in KILLS.items():
        folder = shared_folder / held
        cloud, run = kept_on_disk(folder), ""
        plan = cloud.plan(no_overlap=(held,))
        for crash_at in points:
            run = killed(cloud, folder, plan, crash_at, run)
            cloud = Rehearsal(open_simulation(folder), cloud.home, cloud.source, cloud.target)
            copies[crash_at] = copy_of(cloud, folder / str(len(copies)))
    return copies


@pytest.mark.long
@pytest.mark.parametrize(
    "crash_at", [point for points in KILLS.values() for point in points if point != REQUESTS_GO_ON]
)
def test_the_way_back_after_a_kill_leaves_nothing_away_that_the_killed_run_had_lent(
    folder: Path, killed_at: Mapping[str, Rehearsal], crash_at: str
) -> None:
    as_it_was, cloud = rehearsal(folder), copy_of(killed_at[crash_at], folder / "killed")
    before, ran = kept(as_it_was), running(as_it_was)
    (run,) = [record.id for record in list_runs(cloud.home)]
    assert [loan for loan in load_run(run, cloud.home).loans if loan.is_open]

    back = cloud.apply(cloud.plan_back(run))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert [loan.name for loan in load_run(run, cloud.home).loans if loan.is_open] == []
    assert load_run(run, cloud.home).record.state is RunState.ROLLED_BACK
    assert away(cloud) == []
    assert differences(before, kept(cloud)) == set()
    assert running(cloud) == ran


@pytest.mark.parametrize(
    ("crash_at", "seen"),
    [
        pytest.param("before-hold-neutron/ctl2/20-stop", set(), id="the hold never began"),
        pytest.param("roll-neutron/ctl1/80-start", {"network answered 0", "network answered 503"}, id="in the hold"),
    ],
)
def test_the_way_back_starts_what_was_stopped_for_a_hold(folder: Path, crash_at: str, seen: set[str]) -> None:
    cloud = kept_on_disk(folder, "2025.1", "2026.1")
    before, plan = stopped(cloud), cloud.plan(no_overlap=("neutron",))
    run = killed(cloud, folder, plan, f"after_outcome:{crash_at}")
    cloud = Rehearsal(open_simulation(folder, cloud.source), cloud.home, cloud.source, cloud.target)
    assert "neutron-rpc-server on ctl2" in stopped(cloud)

    back = cloud.apply(cloud.plan_back(run))
    assert (back.state, back.failed) == (RunState.DONE, ())
    assert {outage.split(" after ")[0] for outage in cloud.outages} == seen
    assert stopped(cloud) == before


FAILURES = {
    "before-hold-neutron/ctl2/20-stop": ("ctl2: systemctl stop neutron-rpc-server", True),
    "leave-one-neutron/ctl2/20-stop": ("ctl2: systemctl stop neutron-api", True),
    "stop-neutron/ctl3/20-stop": ("ctl3: systemctl stop neutron-api", True),
    "roll-neutron/ctl1/80-start": ("ctl1: systemctl start neutron-api", False),
    "roll-neutron/ctl2/80-start": ("ctl2: systemctl start neutron-api", False),
}
"""By the step that fails, in their order: its command, and whether what was stopped is given back then."""


def test_what_stopped_for_a_hold_starts_again_while_old_code_serves_and_a_resumed_run_comes_to_its_end(
    folder: Path,
) -> None:
    cloud = rehearsal(folder, "2025.1", "2026.1")
    before, plan, run = stopped(cloud), cloud.plan(no_overlap=("neutron",)), ""
    lends = {step.lends for _, _, step in plan.steps() if step.kind == "stop-service" and step.lends}
    for step, (pattern, is_given_back) in FAILURES.items():
        cloud.simulation.simulated.fail_command(pattern)
        failed = cloud.resume(run) if run else cloud.apply(plan)
        run = failed.run
        assert (failed.state, failed.failed) == (RunState.FAILED, (step,))
        assert (stopped(cloud) == before) is is_given_back, step
        served = "on ctl1" if pattern.startswith("ctl2") else "nobody"
        left = set() if is_given_back else {name for name in lends if served not in name}
        assert {loan.name for loan in failed.lent} == left, step
        cloud.simulation.simulated.mend()
    resumed = cloud.resume(run)
    assert (resumed.state, resumed.failed, resumed.lent) == (RunState.DONE, (), ())
    assert stopped(cloud) == before


@pytest.mark.long
def test_the_way_back_after_the_requests_went_on_holds_them_again_and_no_other_api_is_away(
    folder: Path, killed_at: Mapping[str, Rehearsal]
) -> None:
    """Only the first controller serves then, with new code: it must not be joined by old code, and requests wait."""
    cloud = copy_of(killed_at[REQUESTS_GO_ON], folder)
    (run,) = [record.id for record in list_runs(cloud.home)]
    back = cloud.apply(cloud.plan_back(run))
    assert (back.state, back.failed) == (RunState.DONE, ())
    assert {outage.split(" after ")[0] for outage in cloud.outages} == {"image answered 0"}


@pytest.mark.long
def test_a_host_that_does_not_serve_goes_back_before_those_that_do(killed_at: Mapping[str, Rehearsal]) -> None:
    cloud = killed_at[KILLS["glance"][0]]
    (run,) = [record.id for record in list_runs(cloud.home)]
    lanes = next(stage.lanes for stage in cloud.plan_back(run).stages if stage.name == "back-keystone")
    assert [lane.name for lane in lanes] == ["ctl2", "ctl1"]


def test_a_compute_whose_service_does_not_start_stays_disabled_until_it_runs(folder: Path) -> None:
    cloud = rehearsal(folder)
    cloud.simulation.simulated.fail_unit("cmp1", "nova-compute")
    failed = cloud.apply(cloud.plan())
    assert failed.state is RunState.FAILED
    assert "scheduling to cmp1 disabled (roll-computes)" in {loan.name for loan in failed.lent}
    assert "execution.still-lent" in {finding.code for finding in failed.findings}
    assert away(cloud) == ["nova-compute@cmp1"]
    cloud.simulation.simulated.mend()
    resumed = cloud.resume(failed.run)
    assert (resumed.state, resumed.lent, away(cloud)) == (RunState.DONE, (), [])


def resumed_with_cmp2_disabled(folder: Path, why: str) -> tuple[Rehearsal, RunResult]:
    """An upgrade that stopped before the computes, and went on when cmp2's service had been disabled meanwhile."""
    cloud = rehearsal(folder)
    simulated = cloud.simulation.simulated
    simulated.fail_command("ctl1: systemctl stop keystone")
    failed = cloud.apply(cloud.plan())
    simulated.mend()
    with simulated.world() as world:
        (record,) = [r for r in world.state.databases.records if (r.binary, r.host) == ("nova-compute", "cmp2")]
        record.disabled, record.disabled_reason = True, why
    resumed = cloud.resume(failed.run)
    return cloud, resumed


def test_a_compute_that_somebody_disables_before_its_turn_is_upgraded_and_stays_disabled(folder: Path) -> None:
    cloud, resumed = resumed_with_cmp2_disabled(folder, "hardware")
    assert (resumed.state, resumed.failed, resumed.lent) == (RunState.DONE, (), ())
    assert away(cloud) == ["nova-compute@cmp2"]
    (told,) = [finding for finding in resumed.findings if finding.code == "proof.boot-on-cmp2"]
    assert (told.severity, told.found) == (Severity.NOTE, "not tried")
    assert "disabled, not by this run (hardware)" in told.summary


def test_a_compute_that_nova_itself_disables_is_no_decision_of_somebody(folder: Path) -> None:
    """As without libvirt: a server is booted there as ever, which fails."""
    _, resumed = resumed_with_cmp2_disabled(folder, "AUTO: Connection to libvirt lost: 1")
    assert resumed.state is RunState.FAILED
    (told,) = [finding for finding in resumed.findings if finding.code == "proof.boot-on-cmp2"]
    assert (told.severity, told.found) == (Severity.FAILURE, "not proved")
