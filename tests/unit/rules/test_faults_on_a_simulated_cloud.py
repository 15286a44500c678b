"""A healthy cloud of any release gives no finding; one fault gives its own finding and says nothing untrue besides."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ostler.catalog import catalog_of, load_catalog
from ostler.errors import Severity
from ostler.execution.reading import read_snapshot
from ostler.execution.second_look import look_again
from ostler.execution.simulation import Simulation, three_plus_two
from ostler.planning.readiness import readiness, readiness_requests
from ostler.remote.simulated.state import CloudState, ServiceRecord

PAST = [release for release in catalog_of("ocata").releases.order if release not in load_catalog().releases.order]
RELEASES = [r for r in load_catalog().project("nova").releases if load_catalog().hops_from(r)]


def found_on(made: Simulation, target: str | None, *, is_rolling: bool = True) -> dict[str, list[str]]:
    """What is found, as code to subjects."""
    transport, api, clock = made.simulated.transport, made.simulated.api, made.clock
    requests = readiness_requests(made.cloud, is_upgrade=target is not None)
    first = read_snapshot(made.cloud, transport, api, requests, clock.now)
    snapshot = look_again(first, transport, api, target, clock.now, clock.sleep)
    found: dict[str, list[str]] = {}
    for finding in readiness(catalog_of(made.cloud.release), snapshot, target, is_rolling=is_rolling):
        if finding.severity is not Severity.NOTE:
            found.setdefault(finding.code, []).append(finding.subject)
    return found


@pytest.mark.parametrize("release", RELEASES)
def test_nothing_is_wrong_with_a_healthy_cloud(release: str) -> None:
    target = load_catalog().hops_from(release)[-1].target.id
    assert found_on(three_plus_two(release), target) == {}
    assert found_on(three_plus_two(release), None) == {}


@pytest.mark.parametrize("release", PAST)
def test_nor_with_a_cloud_of_the_past_on_its_way_with_the_services_stopped(release: str) -> None:
    assert found_on(three_plus_two(release), "2025.1", is_rolling=False) == {}
    assert found_on(three_plus_two(release), None) == {}


def a_clock_is_wrong(state: CloudState) -> None:
    state.hosts["cmp2"].clock_offset_s = 30.0


def a_disk_is_full(state: CloudState) -> None:
    state.hosts["ctl3"].free_bytes = 10 * 2**20


def requests_are_held(state: CloudState) -> None:
    state.hosts["ctl1"].held.append("nova-metadata")


def a_loan_was_forgotten(state: CloudState) -> None:
    state.hosts["ctl2"].variables["log_bin_trust_function_creators"] = "ON"


def a_server_was_left_out(state: CloudState) -> None:
    state.hosts["ctl3"].balancer["glance-api"]["ctl1"].state = "maint"


def a_host_was_taken_away(state: CloudState) -> None:
    state.databases.records.append(ServiceRecord(99, "uuid-99", "nova-compute", "cmp9", 67))


def a_service_stopped(state: CloudState) -> None:
    unit = state.hosts["ctl2"].units["nova-scheduler"]
    unit.active, unit.sub, unit.main_pid = "failed", "failed", 0


FAULTS: dict[Callable[[CloudState], None], dict[str, list[str]]] = {
    a_clock_is_wrong: {"host.clocks-far-apart": ["simulated"]},
    requests_are_held: {"haproxy.requests-held": ["ctl1"]},
    a_loan_was_forgotten: {"mariadb.creators-trusted": ["ctl2"]},
    a_server_was_left_out: {"haproxy.server-out-of-service": ["glance-api/ctl1 on ctl3"]},
    a_host_was_taken_away: {"nova.stale-service-record": ["nova-compute@cmp9"]},
}


@pytest.mark.parametrize(("fault", "expected"), FAULTS.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_a_fault_gives_its_own_finding_alone(
    fault: Callable[[CloudState], None], expected: dict[str, list[str]]
) -> None:
    made = three_plus_two()
    with made.simulated.world() as world:
        fault(world.state)
    assert found_on(made, "2025.1") == expected


def test_a_full_disk_is_found_for_all_that_is_to_be_put_there() -> None:
    made = three_plus_two()
    with made.simulated.world() as world:
        a_disk_is_full(world.state)
    found = found_on(made, "2025.1")
    assert found["host.no-room-for-environments"] == ["/opt on ctl3"]
    assert set(found) <= {"host.no-room-for-environments", "host.no-room-for-dumps", "host.disk-nearly-full"}


def test_a_stopped_service_is_found_and_nothing_else_is_blamed() -> None:
    made = three_plus_two()
    with made.simulated.world() as world:
        a_service_stopped(world.state)
    found = found_on(made, "2025.1")
    assert found["service.not-running"] == ["nova-scheduler on ctl2"]
    assert set(found) <= {"service.not-running", "nova.control-service-down"}


def test_a_host_that_is_gone_is_one_failure_and_what_others_see_of_it() -> None:
    made = three_plus_two()
    made.simulated.break_host("ctl3")
    found = found_on(made, "2025.1")
    assert found["host.unreachable"] == ["ctl3"]
    assert "rules.cannot-tell" not in found
    assert not any("ctl3" in subject for subject in found.get("service.not-running", []))
