"""The twin of a practice cloud is compared with it whatever subnet that one has: the first may be another's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import twin

from ostler.planning.model import PLAN_ADAPTER, plan_to_json


def test_a_cloud_in_another_subnet_has_the_same_plan(tmp_path: Path) -> None:
    simulated = twin.twin_of(tmp_path, "2024.1", "2025.1")
    cloud, plan = simulated.simulation.cloud, simulated.plan()
    hosts = {name: replace(host, address=_moved(host.address)) for name, host in cloud.hosts.items()}
    moved = replace(cloud, hosts=hosts)
    real = PLAN_ADAPTER.validate_json(_moved(plan_to_json(plan)))
    assert twin.differences(real, plan, twin.addresses(cloud, cloud)) != []
    assert twin.differences(real, plan, twin.addresses(moved, cloud)) == []


def _moved(text: str) -> str:
    return text.replace("10.77.0.", "10.77.1.")
