"""Plans of recorded clouds, and published schemas, are what they were; a change is a diff someone reviewed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from tests.golden.recorded import GOLDEN_PLANS, GoldenPlan, plan_of
from tests.golden.regenerate import SCHEMAS, documents

from ostler.catalog.catalog import load_catalog
from ostler.planning.model import plan_from_json, plan_to_json
from ostler.planning.upgrade.order_kept import moves


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in documents()])
def test_golden_document_is_up_to_date(path: Path) -> None:
    assert path.read_text() == documents()[path], "if the change is meant: make golden, and review the diff"


@pytest.mark.parametrize("golden", GOLDEN_PLANS, ids=str)
def test_plan_follows_its_published_schema_and_reads_back(golden: GoldenPlan) -> None:
    plan = plan_of(golden)
    text = plan_to_json(plan)
    jsonschema.validate(json.loads(text), json.loads((SCHEMAS / "plan.json").read_text()))
    assert plan_from_json(text) == plan


@pytest.mark.parametrize("golden", GOLDEN_PLANS, ids=str)
def test_every_loan_of_the_plan_is_given_back_by_a_later_step(golden: GoldenPlan) -> None:
    lent: set[str] = set()
    for _, _, step in plan_of(golden).steps():
        if step.lends:
            lent.add(step.lends)
        if step.returns:
            assert step.returns in lent, f"{step.id} returns what nothing lent"
            lent.remove(step.returns)
    assert not lent


@pytest.mark.parametrize("golden", GOLDEN_PLANS, ids=str)
def test_step_ids_are_unique_and_carry_stage_and_lane(golden: GoldenPlan) -> None:
    ids = [step.id for _, _, step in plan_of(golden).steps()]
    assert len(set(ids)) == len(ids)
    for stage, _, step in plan_of(golden).steps():
        assert step.id.startswith(f"{stage.name}/")


@pytest.mark.parametrize("golden", GOLDEN_PLANS, ids=str)
def test_only_services_that_report_are_waited_for(golden: GoldenPlan) -> None:
    """An API's record in nova's database is written at its start and not renewed: its age never gets young again."""
    awaited = [record for _, _, step in plan_of(golden).steps() for record in step.params.get("reports_as", ())]
    assert {record.split("@")[0] for record in awaited} == {"nova-conductor", "nova-scheduler", "nova-compute"}


@pytest.mark.parametrize("golden", GOLDEN_PLANS, ids=str)
def test_never_all_computes_are_out_of_scheduling(golden: GoldenPlan) -> None:
    stages = {stage.name: stage for stage, _, step in plan_of(golden).steps() if step.kind == "disable-compute"}
    names = {"unpin-computes"} if golden.strategy == "fast-forward" else {"roll-computes", "unpin-computes"}
    assert set(stages) == names
    assert all(stage.in_flight <= len(stage.lanes) // 2 for stage in stages.values())


@pytest.mark.parametrize("golden", GOLDEN_PLANS, ids=str)
def test_the_plan_keeps_the_hard_order(golden: GoldenPlan) -> None:
    catalog = load_catalog()
    made = list(moves(catalog, plan_of(golden).stages))
    assert {"keystone", "cinder-volume", "neutron-rpc-server", "nova-compute"} <= {move.service for move in made}
    assert catalog.order.violations(made) == ()
