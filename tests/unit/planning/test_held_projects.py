"""Plans for projects whose old and new code must not run side by side."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.recorded import sources

from ostler.catalog.catalog import DATA, Catalog
from ostler.catalog.release import Hop
from ostler.errors import Severity
from ostler.facts.model import wanted
from ostler.planning.model import Plan, Stage
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest
from ostler.steps.effects import Until
from ostler.steps.registry import kind_of

RECORDED = sources("practice-3-2", "2025.1")


CONTROLLERS = ["ctl1", "ctl2", "ctl3"]


def plan(project: str) -> Plan:
    return plan_upgrade(RECORDED, UpgradeRequest(target="2025.1", no_overlap=(project,)))


def held_stages(made: Plan, project: str) -> list[Stage]:
    names = [stage.name for stage in made.stages]
    released = next(stage for stage, _, step in made.steps() if step.kind == "release-requests")
    return list(made.stages[names.index(f"hold-{project}") : made.stages.index(released) + 1])


@pytest.mark.parametrize(
    ("project", "groups", "backends"),
    [
        ("nova", ["nova-conductor", "nova-scheduler", "nova-api"], ["nova-api", "nova-metadata"]),
        ("cinder", ["cinder-scheduler", "cinder-volume", "cinder-api"], ["cinder-api"]),
        ("glance", ["glance-api"], ["glance-api"]),
    ],
)
def test_a_project_is_held_until_the_first_controller_serves_with_the_new_code(
    project: str, groups: list[str], backends: list[str]
) -> None:
    made = plan(project)
    stages = held_stages(made, project)
    assert [stage.name for stage in stages] == [
        f"hold-{project}",
        *(f"stop-{group}" for group in reversed(groups)),
        *(f"roll-{group}" for group in groups),
    ]
    assert [step.params["backend"] for lane in stages[0].lanes for step in lane.steps] == backends
    assert not [finding for finding in made.findings if finding.code == "upgrade.order-not-kept"]
    assert [stage.in_flight for stage in stages[1:]] == [*[3] * (2 * len(groups) - 1), 1]
    assert [[lane.name for lane in stage.lanes] for stage in stages[1:]] == [
        ["ctl3"],
        *[CONTROLLERS] * (2 * len(groups) - 1),
    ]
    first, *others = stages[-1].lanes
    assert [step.params.get("backend") for step in first.steps[-len(backends) :]] == backends
    assert [step.returns for step in first.steps[-len(backends) :]] == [
        step.lends for lane in stages[0].lanes for step in lane.steps
    ]
    in_turn = {step.id for lane in others for step in lane.steps}
    starts = [step for stage in stages for lane in stage.lanes for step in lane.steps if step.kind == "start-service"]
    assert len(starts) == 3 * len(groups)
    assert all(step.params.get("at_once", False) == (step.id not in in_turn) for step in starts)


def test_before_a_hold_one_controller_alone_serves_so_that_only_that_one_stops_in_it() -> None:
    made = plan("nova")
    names = [stage.name for stage in made.stages]
    at = names.index("hold-nova")
    assert "before-hold-nova" not in names
    assert names[at - 1] == "leave-one-nova-api"
    leave_one, _, stop = made.stages[at - 1 : at + 2]
    out, stopped = ("take-out-of-balancer", "stop-service")
    assert [(lane.name, [step.kind for step in lane.steps]) for lane in (*leave_one.lanes, *stop.lanes)] == [
        (host, [out, stopped]) for host in CONTROLLERS
    ]
    outs = [step for lane in (*leave_one.lanes, *stop.lanes) for step in lane.steps if step.kind == out]
    assert [step.params.get("may_be_last", False) for step in outs] == [False, False, True]
    back = {step.returns for _, _, step in made.steps() if step.kind == "put-into-balancer"}
    assert {step.lends for step in outs} <= back


@pytest.mark.parametrize("count", [1, 2])
def test_on_few_controllers_the_last_one_is_held(count: int) -> None:
    hosts = {name: host for name, host in RECORDED.cloud.hosts.items() if name not in CONTROLLERS[count:]}
    cloud = replace(RECORDED.cloud, hosts=hosts)
    snapshot = replace(RECORDED.snapshot, cloud=cloud)
    made = plan_upgrade(
        replace(RECORDED, cloud=cloud, snapshot=snapshot), UpgradeRequest(target="2025.1", no_overlap=("glance",))
    )
    lanes = {stage.name: [lane.name for lane in stage.lanes] for stage in made.stages if "glance" in stage.name}
    assert lanes.get("leave-one-glance-api", []) == CONTROLLERS[: count - 1]
    assert lanes["stop-glance-api"] == [CONTROLLERS[count - 1]]


def on_hop(source: str, target: str, *asked: str) -> Plan:
    cloud = replace(RECORDED.cloud, release=source)
    snapshot = replace(RECORDED.snapshot, cloud=cloud)
    request = UpgradeRequest(target=target, no_overlap=asked)
    return plan_upgrade(replace(RECORDED, cloud=cloud, snapshot=snapshot), request)


def units_of(stages: list[Stage], kind: str) -> dict[str, list[list[str]]]:
    return {
        stage.name: [step.params["units"] for step in stage.lanes[0].steps if step.kind == kind] for stage in stages
    }


def test_what_no_request_waits_for_stops_before_the_hold_and_starts_after_it() -> None:
    made = on_hop("2025.1", "2026.1", "neutron")
    at = [stage.name for stage in made.stages].index("before-hold-neutron")
    stages = list(made.stages[at : at + 5])
    behind = ["neutron-rpc-server", "neutron-periodic-workers"]
    assert units_of(stages, "stop-service") == {
        "before-hold-neutron": [behind],
        "leave-one-neutron": [["neutron-api"]],
        "hold-neutron": [],
        "stop-neutron": [["neutron-api"]],
        "roll-neutron": [],
    }
    assert [stage.in_flight for stage in stages] == [3, 1, 1, 3, 1]
    for lane in stages[-1].lanes:
        started = [step for step in lane.steps if step.kind in ("start-service", "release-requests")]
        released = [] if lane.name != "ctl1" else [None]
        assert [step.params.get("units") for step in started] == [["neutron-api"], *released, behind]
        switched = next(step for step in lane.steps if step.kind == "switch-environment")
        assert sorted(switched.params["services"]) == sorted(["neutron-api", *behind])


def test_a_service_that_was_in_one_with_the_api_waits_for_the_hold_and_its_heirs_do_not_prolong_it() -> None:
    made = on_hop("2024.1", "2025.1", "neutron")
    names = [stage.name for stage in made.stages]
    assert "before-hold-neutron" not in names
    stages = [made.stages[names.index(name)] for name in ("stop-neutron", "roll-neutron")]
    assert units_of(stages, "stop-service")["stop-neutron"] == [["neutron-server"]]
    assert units_of(stages, "start-service")["roll-neutron"] == [
        ["neutron-api"],
        ["neutron-rpc-server", "neutron-periodic-workers"],
    ]


def test_what_no_request_waits_for_is_one_loan_a_host_whichever_groups_it_is_in(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    nova = tmp_path / "data" / "projects" / "nova.yaml"
    text = nova.read_text()
    for name in ("nova-conductor", "nova-scheduler"):
        text = text.replace(f"  - name: {name}\n", f"  - name: {name}\n    is_behind_requests: true\n")
    nova.write_text(text)
    recorded = replace(RECORDED, catalog=Catalog(tmp_path / "data"))
    made = plan_upgrade(recorded, UpgradeRequest(target="2025.1", no_overlap=("nova",)))
    names = [stage.name for stage in made.stages]
    stages = list(made.stages[names.index("before-hold-nova") : names.index("roll-nova-api") + 1])
    behind = ["nova-conductor", "nova-scheduler"]
    assert units_of(stages, "stop-service") == {
        "before-hold-nova": [behind],
        "leave-one-nova-api": [["nova-api", "nova-metadata"]],
        "hold-nova": [],
        "stop-nova-api": [["nova-api", "nova-metadata"]],
        "roll-nova-conductor": [],
        "roll-nova-scheduler": [],
        "roll-nova-api": [],
    }
    assert units_of(stages, "start-service")["roll-nova-api"] == [["nova-api", "nova-metadata"], behind]
    lent = {step.lends for _, _, step in made.steps() if step.lends}
    assert lent == {step.returns for _, _, step in made.steps() if step.returns}


HOPS = [hop for release in RECORDED.catalog.releases.order for hop in RECORDED.catalog.hops_from(release)]


@pytest.mark.parametrize("hop", HOPS, ids=str)
@pytest.mark.parametrize("asked", [(), ("neutron",)])
def test_neutron_is_contracted_once_on_every_hop(hop: Hop, asked: tuple[str, ...]) -> None:
    made = on_hop(hop.source.id, hop.target.id, *asked)
    contracts = [step.id for _, _, step in made.steps() if step.id.endswith("/neutron-contract")]
    assert len(contracts) == 1
    stages = [stage.name for stage in made.stages]
    is_held_for_it = contracts[0].startswith("contract-neutron/")
    assert stages.count("hold-neutron") == (1 if asked or is_held_for_it else 0)


@pytest.mark.parametrize("hop", HOPS, ids=str)
def test_on_every_hop_the_requests_of_a_project_go_on_with_the_last_of_its_services(hop: Hop) -> None:
    projects = ("keystone", "glance", "placement", "cinder", "nova", "neutron")
    stages = on_hop(hop.source.id, hop.target.id, *projects).stages
    held = [stage.name.removeprefix("hold-") for stage in stages if stage.name.startswith("hold-")]
    assert sorted(held) == sorted(projects)
    for project in projects:
        rolled = [stage for stage in stages if stage.name.startswith(f"roll-{project}") and stage.name != "roll-agents"]
        kinds = [[step.kind for lane in stage.lanes for step in lane.steps] for stage in rolled]
        assert ["release-requests" in found for found in kinds] == [*[False] * (len(rolled) - 1), True]
        assert "put-into-balancer" in kinds[-1]


@pytest.mark.parametrize("can_hold", [True, False, None])
@pytest.mark.parametrize("asked", [(), ("nova",)])
def test_a_plan_that_holds_is_refused_where_a_load_balancer_has_no_map_to_hold_with(
    asked: tuple[str, ...], can_hold: bool | None
) -> None:
    value = {"backends": []} if can_hold is None else {"backends": [], "can_hold": can_hold}
    values = {**RECORDED.snapshot.values, wanted("haproxy.held", "ctl2"): value}
    snapshot = replace(RECORDED.snapshot, values=values)
    made = plan_upgrade(replace(RECORDED, snapshot=snapshot), UpgradeRequest(target="2025.1", no_overlap=asked))
    told = [(f.code, f.severity, f.subject) for f in made.findings]
    expected = [("upgrade.cannot-hold", Severity.FAILURE, "ctl2")] if asked and can_hold is False else []
    assert told == expected
    assert made.is_applyable == (not expected)


def test_what_does_not_end_fails_the_step_before_the_load_balancer_lets_the_held_requests_go() -> None:
    outs = [step for _, _, step in plan("nova").steps() if step.kind == "take-out-of-balancer"]
    held = [step for step in outs if step.id.startswith("stop-")]
    assert len(held) == 1
    for step in outs:
        waits = [e.timeout_s for e in kind_of(step.kind).effects(step, RECORDED.cloud, {}) if isinstance(e, Until)]
        assert max(waits) == (20 if step in held else 180)
