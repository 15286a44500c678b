"""Every proof on the simulated cloud: holds on a good one, and sees what is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.execution.proofs import PROOF_PREFIX, PROOFS, ProofContext, prove
from ostler.execution.simulation import Simulation, three_plus_two

RELEASE = "2024.1"


@pytest.fixture
def simulation() -> Simulation:
    return three_plus_two(RELEASE)


@pytest.fixture
def context(simulation: Simulation, tmp_path: Path) -> ProofContext:
    doors = simulation.simulated
    began = simulation.clock.now()
    context = ProofContext(simulation.cloud, doors.transport, doors.api, tmp_path, began, clock=simulation.clock)
    prove(context, "record-inventory", RELEASE)
    return context


# `bytes` is about a run and the run it took back: test_proof_of_bytes.py.
@pytest.mark.parametrize("name", [*(name for name in PROOFS if name != "bytes"), "boot-on:cmp1"])
def test_it_holds_on_a_good_cloud(context: ProofContext, name: str) -> None:
    result = prove(context, name, RELEASE)
    assert result.ok, result.detail


@pytest.mark.parametrize("name", ["processes", "schema"])
def test_a_cloud_at_the_old_release_is_not_taken_for_one_at_the_new(context: ProofContext, name: str) -> None:
    assert not prove(context, name, "2025.1").ok


def test_a_service_that_is_stopped_is_missed(context: ProofContext, simulation: Simulation) -> None:
    from ostler.commands import Command

    simulation.simulated.transport.run("ctl2", Command(("systemctl", "stop", "nova-conductor.service")))
    result = prove(context, "processes", RELEASE)
    assert [row.name for row in result.rows if not row.ok] == ["nova-conductor on ctl2"]


@pytest.mark.parametrize("name", ["processes", "apis", "logs"])
def test_a_host_out_of_reach_is_named(context: ProofContext, simulation: Simulation, name: str) -> None:
    simulation.simulated.break_host("ctl3")
    result = prove(context, name, RELEASE)
    assert not result.ok and any("ctl3" in row.name for row in result.rows if not row.ok)


def test_the_functional_proof_leaves_nothing_behind(context: ProofContext) -> None:
    prove(context, "functional", RELEASE)
    names = [
        str(item["name"])
        for request, value in context.facts(*_all_lists()).items()
        for item in value.values()  # type: ignore[union-attr]
    ]
    assert names and not [name for name in names if name.startswith(PROOF_PREFIX)]


def _all_lists():  # type: ignore[no-untyped-def]
    from ostler.facts.model import wanted

    return [wanted(f"api.{kind}") for kind in ("servers", "volumes", "images", "networks")]
