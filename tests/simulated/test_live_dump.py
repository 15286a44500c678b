"""A dump made on a cloud to rehearse with: what comes over, and that nothing of it stays where it should not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rehearsing import Rehearsal, rehearsal

from ostler.errors import CommandFailed, InputError, OutsideError, Refused, Stopped
from ostler.execution.live_dump import FOLDER, live_dump
from ostler.execution.reading import read_facts
from ostler.facts.model import FactRequest
from ostler.rehearsal.journal import kept_while_stopped


@pytest.fixture
def cloud(tmp_path: Path) -> Rehearsal:
    return rehearsal(tmp_path / "cloud")


def made(cloud: Rehearsal, folder: Path, said: list[str], **facts: Any) -> Path:
    """`facts` are read otherwise than the cloud has them."""
    simulated = cloud.simulation.simulated
    folder.mkdir(exist_ok=True)

    def read(requests: Sequence[FactRequest]) -> dict[FactRequest, Any]:
        values = read_facts(cloud.simulation.cloud, simulated.transport, simulated.api, requests)
        return {request: facts.get(request.fact.replace(".", "_"), value) for request, value in values.items()}

    return live_dump(cloud.simulation.cloud, simulated.transport, read, folder, said.append)


def test_every_database_is_dumped_fetched_and_removed_on_the_host(cloud: Rehearsal, tmp_path: Path) -> None:
    said: list[str] = []
    dump = made(cloud, tmp_path / "live", said)
    assert dump.read_bytes().startswith(b"dump of ")
    assert dump.stat().st_mode & 0o777 == 0o600
    assert "nova_api" in said[0] and "on ctl1" in said[0]
    with pytest.raises(CommandFailed):
        cloud.simulation.simulated.transport.fetch("ctl1", f"{FOLDER}/{dump.name}")
    effects, again = len(cloud.effects), list[str]()
    assert made(cloud, tmp_path / "live", again) == dump
    assert again[0].startswith("going on with the dump of 20")
    assert not [effect for effect in cloud.effects[effects:] if "dump" in effect]


def test_what_stays_on_the_host_is_told(cloud: Rehearsal, tmp_path: Path) -> None:
    cloud.simulation.simulated.fail_command("ctl1: rm ")
    said: list[str] = []
    made(cloud, tmp_path / "live", said)
    assert any(f"remove it there with rm -r {FOLDER}" in line for line in said)


def test_a_dump_that_fails_is_told_and_leaves_nothing(cloud: Rehearsal, tmp_path: Path) -> None:
    cloud.simulation.simulated.fail_command("ctl1: .*ostler-dump")
    with pytest.raises(CommandFailed) as failed:
        made(cloud, tmp_path / "live", [])
    assert failed.value.code == "rehearsal.dump-failed"
    assert list((tmp_path / "live").iterdir()) == []


def test_a_host_without_room_is_left_alone(cloud: Rehearsal, tmp_path: Path) -> None:
    before = list(cloud.effects)
    with pytest.raises(Refused) as refused:
        made(cloud, tmp_path / "live", [], host_disk={"/var/lib": {"free_bytes": 5_000_000}})
    assert refused.value.code == "rehearsal.no-room-on-host"
    assert cloud.effects == before


def test_a_cloud_that_cannot_be_read_is_not_dumped(cloud: Rehearsal, tmp_path: Path) -> None:
    for host in ("ctl1", "ctl2", "ctl3"):
        cloud.simulation.simulated.break_host(host)
    with pytest.raises(OutsideError) as outside:
        made(cloud, tmp_path / "live", [])
    assert outside.value.code == "rehearsal.cloud-not-read"
    assert list((tmp_path / "live").iterdir()) == []


@pytest.mark.parametrize(
    ("error", "stays"),
    [(None, False), (ValueError("x"), False), (Stopped("a", "b"), True), (InputError("a", "b", do_next="c"), True)],
)
def test_the_dump_stays_only_for_a_rehearsal_that_can_be_gone_on_with(
    error: Exception | None, stays: bool, tmp_path: Path
) -> None:
    folder, said = tmp_path / "live", list[str]()
    folder.mkdir()
    try:
        with kept_while_stopped(folder, said.append):
            if error:
                raise error
    except (ValueError, Stopped, InputError):
        pass
    assert folder.exists() is stays
    assert bool(said) is stays
