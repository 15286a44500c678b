"""What an upgrade's steps rely on, keep and see at the end, by the plan of a recorded cloud."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from tests.golden.recorded import sources

from ostler.deployment.uwsgi import ini_path
from ostler.facts.model import FactRequest, Snapshot, Unknown
from ostler.facts.predicate import holds
from ostler.planning.model import Plan
from ostler.planning.upgrade.plan import Sources, plan_upgrade
from ostler.planning.upgrade.request import Scene, UpgradeRequest
from ostler.planning.upgrade.schema import contract
from ostler.steps.model import Step

RECORDED = sources("practice-3-2", "2025.1")
REQUEST = UpgradeRequest(target="2025.1", accepted_by="the test")
KEYSTONE = ini_path("keystone")


def altered(change: dict[FactRequest, Any]) -> Sources:
    """The recorded cloud, with other values of some facts."""
    snapshot = RECORDED.snapshot
    return replace(RECORDED, snapshot=replace(snapshot, values={**snapshot.values, **change}))


def request_of(fact: str, host: str, words: str = "") -> FactRequest:
    (found,) = [r for r in RECORDED.snapshot.values if r.fact == fact and r.host == host and words in str(r)]
    return found


def step_of(plan: Plan, step_id: str) -> Step:
    (found,) = [step for _, _, step in plan.steps() if step.id == step_id]
    return found


def test_what_steps_rely_on_is_so_when_the_plan_is_made_and_also_when_it_happened() -> None:
    plan = plan_upgrade(RECORDED, REQUEST)
    switches = [step for _, _, step in plan.steps() if step.kind == "switch-environment"]
    assert all({e.path[1] for e in step.relies_on} >= set(step.params["services"]) for step in switches)
    for _, _, step in plan.steps():
        for expectation in step.relies_on:
            value = RECORDED.snapshot.values[expectation.request]
            assert holds(expectation, value), str(expectation)
    for step in switches:
        links = dict.fromkeys(step.params["services"], step.params["environment"])
        kept = [e for e in step.relies_on if e.path[1] in links]
        assert all(holds(e, {"links": links}) and not holds(e, {"links": {e.path[1]: "/elsewhere"}}) for e in kept)


def test_each_database_is_relied_on_once_by_the_first_phase_that_touches_it() -> None:
    plan = plan_upgrade(RECORDED, REQUEST)
    expand = next(stage for stage in plan.stages if stage.name == "expand")
    databases = [e.path[0] for lane in expand.lanes for step in lane.steps for e in step.relies_on]
    assert sorted(databases) == sorted(RECORDED.snapshot.known("databases.schema"))


def test_a_contract_that_removes_something_relies_on_the_old_code_being_gone_everywhere() -> None:
    hop = RECORDED.catalog.hop("2023.1", "2024.1")
    cloud = replace(RECORDED.cloud, release="2023.1")
    stage = contract(Scene(RECORDED.catalog, hop, cloud, Snapshot(cloud, 0.0), REQUEST))
    assert stage is not None
    assert stage.is_point_of_no_return
    assert stage.title == "Contract the database schemas"
    removing = [step for lane in stage.lanes for step in lane.steps if step.relies_on]
    assert removing
    for step in removing:
        expectation = next(e for e in step.relies_on if e.request.host == "ctl1")
        old = str(expectation.value)
        assert holds(expectation, {"a": {"environments": ["/opt/new"]}, "b": {"environments": []}})
        assert not holds(expectation, {"a": {"environments": ["/opt/new"]}, "b": {"environments": ["/opt/new", old]}})


def test_a_contract_that_removes_nothing_says_so_and_still_asks() -> None:
    stage = next(stage for stage in plan_upgrade(RECORDED, REQUEST).stages if stage.name == "contract")
    assert "nothing to remove" in stage.title
    assert "remove nothing" in stage.why
    assert stage.gate
    assert not stage.is_point_of_no_return
    assert all(not step.relies_on for lane in stage.lanes for step in lane.steps)


def test_at_the_end_no_compute_that_was_enabled_is_left_disabled_by_the_run() -> None:
    services = dict(RECORDED.snapshot.known("api.compute_services"))
    request = next(r for r in RECORDED.snapshot.values if r.fact == "api.compute_services")
    services["nova-compute@cmp2"] = {**services["nova-compute@cmp2"], "status": "disabled"}
    for value, expected in ((RECORDED.snapshot.values[request], ["cmp1", "cmp2"]), (services, ["cmp1"])):
        step = step_of(plan_upgrade(altered({request: value}), REQUEST), "finish/ctl1/nothing-left-out")
        seen = [fact for fact in step.params["facts"] if fact["fact"] == "api.compute_services"]
        assert [fact["path"] for fact in seen] == [[f"nova-compute@{host}"] for host in expected]
        assert {(fact["operation"], fact["value"]) for fact in seen} == {("not_disabled_for", "ostler upgrade")}


def keystone_ini(plan: Plan, host: str) -> str:
    return str(step_of(plan, f"roll-keystone/{host}/40-write-units").params["files"][KEYSTONE])


def test_the_operators_sizes_of_an_api_are_kept_on_the_host_that_has_them() -> None:
    sizes = request_of("host.options", "ctl1", KEYSTONE)
    plan = plan_upgrade(altered({sizes: {"uwsgi/processes": "16", "uwsgi/threads": "9"}}), REQUEST)
    written = keystone_ini(plan, "ctl1")
    assert "processes = 16\nthreads = 9\n" in written
    default = keystone_ini(plan_upgrade(RECORDED, REQUEST), "ctl1")
    assert written == default.replace("processes = 1\nthreads = 4\n", "processes = 16\nthreads = 9\n")
    assert keystone_ini(plan, "ctl2") == default.replace("10.77.0.11:", "10.77.0.12:")


def test_lines_written_by_hand_into_a_file_that_is_written_anew_are_told() -> None:
    digests = request_of("host.files", "ctl2")
    value = dict(RECORDED.snapshot.values[digests])
    value[KEYSTONE] = {**value[KEYSTONE], "sha256": hashlib.sha256(b"other").hexdigest()}
    found = plan_upgrade(altered({digests: value}), REQUEST)
    assert [(f.code, f.subject) for f in found.findings] == [("upgrade.uwsgi-by-hand", f"{KEYSTONE} on ctl2")]
    assert found.is_applyable


def test_sizes_that_could_not_be_read_are_a_warning() -> None:
    sizes = request_of("host.options", "ctl3", KEYSTONE)
    found = plan_upgrade(altered({sizes: Unknown("no answer in time")}), REQUEST)
    assert [(f.code, f.subject, f.found) for f in found.findings] == [
        ("upgrade.uwsgi-not-read", "ctl3", "no answer in time")
    ]
    assert not found.is_applyable


@pytest.mark.parametrize(
    ("source", "target", "is_restarted"), [("2025.1", "2026.1", False), ("2026.1", "2026.2", True)]
)
def test_only_services_that_keep_old_versions_are_started_anew_at_the_end(
    source: str, target: str, is_restarted: bool
) -> None:
    cloud = replace(RECORDED.cloud, release=source)
    snapshot = replace(RECORDED.snapshot, cloud=cloud)
    made = plan_upgrade(replace(RECORDED, cloud=cloud, snapshot=snapshot), UpgradeRequest(target=target))
    anew = [stage.name for stage in made.stages if stage.name.startswith("unpin-nova")]
    assert ("unpin-nova-scheduler" in anew) is is_restarted
    assert {"unpin-nova-conductor", "unpin-nova-api"} <= set(anew)
