"""Clouds as they were recorded: the cloud file, what was read, and what the environment store held."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from tests.golden.rehearsed import HERE as HERE_SPEED
from tests.golden.rehearsed import rehearsal_of

from ostler.catalog.catalog import load_catalog
from ostler.cloud.file import read_cloud_file
from ostler.facts.archive import snapshot_from_json
from ostler.facts.model import wanted
from ostler.planning.model import Plan
from ostler.planning.rehearsed import Rehearsal
from ostler.planning.upgrade.plan import Sources, plan_upgrade
from ostler.planning.upgrade.request import Strategy, TargetEnvironment, UpgradeRequest

HERE = Path(__file__).parent
CLOUDS = HERE / "clouds"
PLANS = HERE / "plans"


@dataclass(frozen=True)
class GoldenPlan:
    """A plan that is kept: the recorded cloud it is made for, the release it goes to, and how."""

    cloud: str
    target: str
    strategy: Strategy = "rolling"

    def __str__(self) -> str:
        how = "" if self.strategy == "rolling" else f"-{self.strategy}"
        return f"{self.cloud}-{self.target}{how}"

    @property
    def folder(self) -> Path:
        return PLANS / self.cloud / str(self).removeprefix(f"{self.cloud}-")


GOLDEN_PLANS = (GoldenPlan("practice-3-2", "2025.1"), GoldenPlan("practice-3-2", "2025.1", "fast-forward"))


def sources(cloud: str, target: str) -> Sources:
    """A recorded cloud, as a planner gets it."""
    folder = CLOUDS / cloud
    described = read_cloud_file(folder / "cloud.yaml")
    snapshot = snapshot_from_json((folder / "snapshot.json").read_text(), described)
    stored = json.loads((folder / "environments.json").read_text())
    environments = {made["project"]: TargetEnvironment(**made) for made in stored[target]}
    return Sources(load_catalog(), described, snapshot, environments)


def rehearsed(sources: Sources, *rehearsals: Rehearsal) -> Sources:
    """The same with rehearsals, and with what is read of a cloud for them."""
    values = {**sources.snapshot.values, wanted("databases.speed"): HERE_SPEED}
    return replace(sources, snapshot=replace(sources.snapshot, values=values), rehearsals=rehearsals)


def rehearsed_plan_of(golden: GoldenPlan) -> Plan:
    """Make a golden plan anew, with a rehearsal of it."""
    recorded = sources(golden.cloud, golden.target)
    request = UpgradeRequest(target=golden.target, accepted_by="the golden test")
    return plan_upgrade(rehearsed(recorded, rehearsal_of(recorded, golden.target)), request)


def plan_of(golden: GoldenPlan) -> Plan:
    """Make a golden plan anew."""
    request = UpgradeRequest(target=golden.target, accepted_by="the golden test", strategy=golden.strategy)
    return plan_upgrade(sources(golden.cloud, golden.target), request)
