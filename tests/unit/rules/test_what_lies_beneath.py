"""Nothing is said of the infrastructure of a healthy simulated cloud; what is gone there is told by its own rule."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ostler.catalog import load_catalog
from ostler.execution.reading import read_snapshot
from ostler.execution.simulation import three_plus_two
from ostler.remote.simulated.state import CloudState
from ostler.rules.engine import evaluate, facts_needed
from ostler.rules.loader import load_rules
from ostler.rules.model import Purpose

BENEATH = ("clock", "certificate", "dbus", "disk", "dns", "files", "galera", "haproxy", "host", "keepalived", "libvirt")
AREAS = (*BENEATH, "mariadb", "memcached", "memory", "network", "ovs", "rabbitmq")
RULES = [rule for rule in load_rules() if rule.id.partition(".")[0] in AREAS]


def found_when(make: Callable[[CloudState], None]) -> dict[str, list[str]]:
    """What is found of the infrastructure, as code to components."""
    made = three_plus_two("2025.1")
    with made.simulated.world() as world:
        make(world.state)
    transport, api, clock = made.simulated.transport, made.simulated.api, made.clock
    requests = facts_needed(RULES, made.cloud, Purpose.DIAGNOSIS)
    snapshot = read_snapshot(made.cloud, transport, api, requests, clock.now)
    found: dict[str, list[str]] = {}
    for finding in evaluate(RULES, snapshot, load_catalog(), is_diagnosis=True):
        found.setdefault(finding.code, []).append(finding.component)
    return found


def stopped(unit: str, host: str) -> Callable[[CloudState], None]:
    def make(state: CloudState) -> None:
        state.hosts[host].units[unit].active = "inactive"

    return make


def test_nothing_is_said_of_a_healthy_cloud_and_all_is_known() -> None:
    assert found_when(lambda state: None) == {}


@pytest.mark.parametrize(
    ("unit", "host", "code", "component"),
    [
        ("mariadb", "ctl2", "mariadb.not-running", "mariadb:@ctl2"),
        ("rabbitmq-server", "ctl3", "rabbitmq.broker-not-running", "broker:@ctl3"),
        ("memcached", "ctl1", "memcached.down", "memcached:@ctl1"),
        ("haproxy", "ctl3", "haproxy.not-running", "balancer:@ctl3"),
        ("keepalived", "ctl1", "keepalived.not-running", "keepalived:@ctl1"),
    ],
)
def test_what_was_stopped_is_told_where_it_was(unit: str, host: str, code: str, component: str) -> None:
    assert found_when(stopped(unit, host))[code] == [component]


def test_a_host_that_is_away_is_heard_by_nobody() -> None:
    def make(state: CloudState) -> None:
        state.failures.hosts.append("ctl3")

    found = found_when(make)
    assert found["network.host-silent"] == [f"network:ctl3@{host}" for host in ("ctl1", "ctl2", "cmp1", "cmp2")]
    assert "network.ports-blocked" not in found


def test_a_full_disk_is_told_with_its_place() -> None:
    def make(state: CloudState) -> None:
        state.hosts["cmp1"].free_bytes = 4096

    assert found_when(make)["disk.full"] == ["disk:/@cmp1"]
