"""A rehearsal taken up for a simulated cloud: its speed is read as on a real one, and its steps stay what they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rehearsing import rehearsal
from tests.golden.rehearsed import rehearsal_of

from ostler.execution.gathering import target_environments
from ostler.execution.questions import upgrade_requests
from ostler.facts.speed import Speed
from ostler.planning.model import Plan
from ostler.planning.upgrade.plan import Sources, facts_needed, plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest
from ostler.planning.upgrade.way import as_one
from ostler.remote.simulated.sql import SPEED_US


def planned(tmp_path: Path, slower: float) -> tuple[Plan, Plan]:
    """The plan without a rehearsal, and with one where the databases were so many times as fast."""
    world = rehearsal(tmp_path)
    cloud = world.simulation.cloud
    environments = target_environments(cloud, world.target)
    hop = world.catalog.hop(world.source, world.target)
    snapshot = world.snapshot([*upgrade_requests(cloud), *facts_needed(world.catalog, hop, cloud)])
    made = rehearsal_of(Sources(world.catalog, cloud, snapshot, environments), world.target)
    there = Speed(SPEED_US["cpu"] / 1e6 / slower, SPEED_US["rows"] / 1e6 / slower)
    made = replace(made, beginning=replace(made.beginning, speed=there))
    snapshot = world.snapshot([*upgrade_requests(cloud), *facts_needed(world.catalog, hop, cloud, [made])])
    sources = Sources(world.catalog, cloud, snapshot, environments, rehearsals=(made,))
    request = UpgradeRequest(target=world.target, accepted_by="the tests")
    return world.plan(), plan_upgrade(sources, request)


def test_the_speed_of_the_cloud_is_read_and_estimates_follow_it(tmp_path: Path) -> None:
    without, plan = planned(tmp_path, 2.0)
    assert plan.is_applyable
    assert any("the databases here are 2.0 times as slow as where it was rehearsed" in note for note in plan.notes)
    steps = {step.id: step for _, _, step in plan.steps()}
    assert steps["expand/ctl1/keystone-expand"].estimate_s == 2.0 * 3
    assert list(steps) == [step.id for _, _, step in without.steps()]


def test_a_rehearsal_over_several_hops_counts_for_each_of_them(tmp_path: Path) -> None:
    world = rehearsal(tmp_path, "2023.1", "2025.1", between=["2024.1"])
    cloud, way = world.simulation.cloud, world.catalog.way("2023.1", "2025.1")
    stored = {hop.target.id: target_environments(cloud, hop.target.id) for hop in way}
    hop = as_one(world.catalog, way)
    snapshot = world.snapshot([*upgrade_requests(cloud), *facts_needed(world.catalog, hop, cloud)])
    sources = Sources(world.catalog, cloud, snapshot, stored["2025.1"], on_the_way=stored)
    made = rehearsal_of(sources, "2025.1")
    snapshot = world.snapshot([*upgrade_requests(cloud), *facts_needed(world.catalog, hop, cloud, [made])])
    request = UpgradeRequest(target="2025.1", accepted_by="the tests", strategy="fast-forward")
    plan = plan_upgrade(replace(sources, snapshot=snapshot, rehearsals=(made,)), request)
    assert plan.is_applyable
    assert [finding.code for finding in plan.findings if "rehears" in finding.code] == []
    steps = {step.id: step.estimate_s for _, _, step in plan.steps()}
    factor = steps["pass-2024.1/ctl1/keystone-expand"] / 3
    for release in ("2024.1", "2025.1"):
        assert steps[f"pass-{release}/ctl1/keystone-expand"] == pytest.approx(3 * factor, abs=0.1)
        assert steps[f"pass-{release}/ctl1/keystone-contract"] == pytest.approx(4 * factor, abs=0.1)
    assert len([note for note in plan.notes if note.startswith("estimates of schema changes")]) == 1
