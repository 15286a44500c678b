"""Nothing that runs is left out of a plan unseen, and no plan breaks the hard order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.golden.recorded import sources

from ostler.cloud.model import Host, Role
from ostler.facts.model import Unknown, wanted
from ostler.planning.model import Plan
from ostler.planning.upgrade.order_kept import moves, order_findings
from ostler.planning.upgrade.plan import Sources, plan_upgrade
from ostler.planning.upgrade.request import Scene, UpgradeRequest

RECORDED = sources("practice-3-2", "2025.1")
REQUEST = UpgradeRequest(target="2025.1")
OVS, L3, DHCP = "neutron-openvswitch-agent", "neutron-l3-agent", "neutron-dhcp-agent"
CONTROLLERS = ("ctl1", "ctl2", "ctl3")


def unit_like(**changes: Any) -> dict[str, Any]:
    """A unit as it was recorded, with changes."""
    return {**RECORDED.snapshot.known("host.units", "cmp1")[OVS], **changes}


def with_units(added: Mapping[str, Mapping[str, Any]], roles: Mapping[str, tuple[Role, ...]] | None = None) -> Sources:
    """The recorded cloud with more units on hosts, and other roles or hosts."""
    values = dict(RECORDED.snapshot.values)
    hosts = dict(RECORDED.cloud.hosts)
    for host, its in (roles or {}).items():
        hosts[host] = Host(host, hosts[host].address if host in hosts else "10.77.0.31", its)
    for host, units in added.items():
        values[wanted("host.units", host)] = {**(RECORDED.snapshot.known("host.units", host) or {}), **units}
    cloud = replace(RECORDED.cloud, hosts=hosts)
    return replace(RECORDED, cloud=cloud, snapshot=replace(RECORDED.snapshot, cloud=cloud, values=values))


def told(plan: Plan, *codes: str) -> list[tuple[str, str]]:
    return [(finding.code, finding.subject) for finding in plan.findings if finding.code in codes]


ALL = ("upgrade.not-covered", "upgrade.not-on-every-host", "upgrade.unknown-service", "upgrade.coverage-not-known")


def test_what_was_recorded_is_covered() -> None:
    assert told(plan_upgrade(RECORDED, REQUEST), *ALL) == []


@pytest.mark.parametrize(
    ("host", "roles", "service"),
    [
        ("net1", ("network",), L3),
        ("sto1", ("storage",), "cinder-volume"),
        ("ctl2", ("controller",), OVS),
        ("cmp1", ("compute",), "neutron-metadata-agent"),
    ],
)
def test_a_service_on_a_host_whose_roles_do_not_have_it_is_refused(
    host: str, roles: tuple[Role, ...], service: str
) -> None:
    plan = plan_upgrade(with_units({host: {service: unit_like()}}, {host: roles}), REQUEST)
    assert ("upgrade.not-covered", f"{service} on {host}") in told(plan, "upgrade.not-covered")
    assert not plan.is_applyable


def test_a_service_that_only_its_processes_tell_of_is_refused_and_one_that_is_stopped_is_not() -> None:
    made = with_units({"ctl1": {OVS: unit_like(active="inactive")}})
    assert told(plan_upgrade(made, REQUEST), *ALL) == []
    processes = {**RECORDED.snapshot.known("host.processes", "ctl1"), OVS: {"pids": [7], "environments": []}}
    values = {**RECORDED.snapshot.values, wanted("host.processes", "ctl1"): processes}
    made = replace(RECORDED, snapshot=replace(RECORDED.snapshot, values=values))
    assert told(plan_upgrade(made, REQUEST), *ALL) == [("upgrade.not-covered", f"{OVS} on ctl1")]


def test_a_host_of_which_nothing_was_read_is_a_warning() -> None:
    unread = {wanted(fact, "cmp2"): Unknown("no answer") for fact in ("host.units", "host.processes")}
    values = {**RECORDED.snapshot.values, **unread}
    made = replace(RECORDED, snapshot=replace(RECORDED.snapshot, values=values))
    assert told(plan_upgrade(made, REQUEST), *ALL) == [("upgrade.coverage-not-known", "cmp2")]


def test_an_optional_service_on_some_controllers_only_is_refused() -> None:
    plan = plan_upgrade(with_units({"ctl2": {"cinder-backup": unit_like()}}), REQUEST)
    assert told(plan, *ALL) == [
        ("upgrade.not-on-every-host", "cinder-backup on ctl1"),
        ("upgrade.not-on-every-host", "cinder-backup on ctl3"),
    ]


def test_a_link_of_a_service_the_catalog_does_not_know_is_a_warning() -> None:
    read = RECORDED.snapshot.known("host.environments", "cmp1")
    links = {**read["links"], "neutron-sriov-nic-agent": "/opt/openstack/venvs/neutron-24.2.2"}
    values = {**RECORDED.snapshot.values, wanted("host.environments", "cmp1"): {**read, "links": links}}
    made = replace(RECORDED, snapshot=replace(RECORDED.snapshot, values=values))
    assert told(plan_upgrade(made, REQUEST), *ALL) == [("upgrade.unknown-service", "neutron-sriov-nic-agent on cmp1")]


def test_agents_of_a_host_come_after_the_one_that_wires_its_ports() -> None:
    agents = {host: {L3: unit_like(), DHCP: unit_like(), OVS: unit_like()} for host in CONTROLLERS}
    plan = plan_upgrade(with_units(agents, dict.fromkeys(CONTROLLERS, ("controller", "compute"))), REQUEST)
    stages = [stage.name for stage in plan.stages]
    assert stages.index("roll-computes") < stages.index(f"roll-{L3}") < stages.index("contract")
    assert told(plan, "upgrade.order-not-kept", "upgrade.not-covered") == []
    first = {(move.service, move.host): move.stage for move in moves(RECORDED.catalog, plan.stages)}
    assert all(first[OVS, host] < first[L3, host] for host in CONTROLLERS)


def test_a_plan_that_breaks_the_hard_order_is_refused_as_a_bug() -> None:
    stages = plan_upgrade(RECORDED, REQUEST).stages
    by_name = {stage.name: stage for stage in stages}
    computes = by_name["roll-computes"]
    wrong = [computes, *(stage for stage in stages if stage is not computes)]
    hop = RECORDED.catalog.hop("2024.1", "2025.1")
    found = order_findings(Scene(RECORDED.catalog, hop, RECORDED.cloud, RECORDED.snapshot, REQUEST), wrong)
    assert {finding.code for finding in found} == {"upgrade.order-not-kept"}
    assert "nova-conductor before nova-compute" in {finding.subject for finding in found}
