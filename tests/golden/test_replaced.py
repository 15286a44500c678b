"""What the plan of a replacement promises, whatever cloud it is for."""

from __future__ import annotations

import json

import jsonschema
import pytest
from tests.golden.regenerate import SCHEMAS
from tests.golden.replaced import GOLDEN, replacement_plan

from ostler.catalog.catalog import load_catalog
from ostler.execution.simulation import three_plus_two
from ostler.planning.model import Plan, plan_from_json, plan_to_json
from ostler.planning.replacement import cloud_at, replacement_of
from ostler.planning.upgrade.order_kept import moves


@pytest.fixture(scope="module", params=GOLDEN)
def plan(request: pytest.FixtureRequest) -> Plan:
    return replacement_plan(request.param)


def test_it_follows_the_published_schema_and_reads_back(plan: Plan) -> None:
    text = plan_to_json(plan)
    jsonschema.validate(json.loads(text), json.loads((SCHEMAS / "plan.json").read_text()))
    assert plan_from_json(text) == plan
    assert replacement_of(plan_from_json(text)) == replacement_of(plan)


def test_steps_have_names_of_their_own_and_loans_come_back(plan: Plan) -> None:
    steps = [(stage, step) for stage, _, step in plan.steps()]
    assert len({step.id for _, step in steps}) == len(steps)
    assert all(step.id.startswith(f"{stage.name}/") for stage, step in steps)
    lent: set[str] = set()
    for _, step in steps:
        lent |= {step.lends} if step.lends else set()
        lent -= {step.returns} if step.returns else set()
    assert lent == set()


def test_it_keeps_the_hard_order(plan: Plan) -> None:
    catalog = load_catalog()
    assert catalog.order.violations(list(moves(catalog, plan.stages))) == ()


def test_every_stage_finds_all_hosts_and_the_right_control_plane(plan: Plan) -> None:
    replacement = replacement_of(plan)
    assert replacement is not None
    cloud = three_plus_two().cloud
    names = [stage.name for stage in plan.stages]
    for stage in plan.stages:
        seen = cloud_at(plan, cloud, stage.name)
        plane = replacement.new if names.index(stage.name) >= names.index("load") else replacement.old
        assert [host.name for host in seen.hosts_with("controller")] == [host.name for host in plane.controllers]
        assert seen.databases == plane.databases
        assert {step.host for lane in stage.lanes for step in lane.steps} - {None} <= set(seen.hosts)
    assert cloud_at(plan, replacement.after(cloud), "prove") == cloud_at(plan, cloud, "prove")


def test_no_step_changes_the_old_control_plane_but_to_stop_it(plan: Plan) -> None:
    kinds = {
        step.kind for stage, _, step in plan.steps() if (step.host or "").startswith("ctl") and stage.name != "ready"
    }
    assert kinds == {
        "save-files",
        "stop-service",
        "wait-for-idle-volume-backends",
        "dump-databases",
        "retire-units",
        "expect",
    }
