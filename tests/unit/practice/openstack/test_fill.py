"""Filling a practice cloud: again and again, also after a fill that was interrupted or failed half-way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from small_cloud import SmallCloud

from ostler.practice.layout import Layout
from ostler.practice.openstack import fill as filling
from ostler.practice.openstack.filler_rows import MARK
from ostler.practice.reach import PracticeReach


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> SmallCloud:
    made = SmallCloud()
    monkeypatch.setattr(filling, "connect", lambda *_, **__: made)
    monkeypatch.setattr(filling, "PROJECTS", ("harbour",))
    return made


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(name="unit", controllers=1, computes=1, state_root=tmp_path, cache_dir=tmp_path)


def fill(layout: Layout) -> None:
    layout.state_dir.mkdir(parents=True, exist_ok=True)
    filling.fill(layout, PracticeReach(layout), 0, 0, lambda _: None)


def counted(cloud: SmallCloud) -> Counter[str]:
    return Counter({kind: len(things) for kind, things in cloud.kinds.items()})


def demand_filled(cloud: SmallCloud) -> None:
    """All there once, and ready."""
    servers = {server.name: server.status for server in cloud.kinds["server"].values()}
    assert servers == {"harbour-cmp1-web": "ACTIVE", "harbour-cmp1-off": "SHUTOFF"}
    volumes = {volume.name: volume.status for volume in cloud.kinds["volume"].values()}
    assert volumes == {
        "harbour-spare-0": "available",
        "harbour-spare-1": "available",
        "harbour-cmp1-data": "in-use",
    }
    assert {image.name: image.status for image in cloud.kinds["image"].values()} == {
        "tiny-linux": "active",
        "small-linux": "active",
    }
    ports = sorted(port.name for port in cloud.kinds["port"].values())
    assert ports == ["", "harbour-cmp1-off", "harbour-cmp1-web"]
    assert [snapshot.status for snapshot in cloud.kinds["snapshot"].values()] == ["available"]
    assert len(cloud.kinds["security_group_rule"]) == 1


def test_filling_twice_changes_nothing(cloud: SmallCloud, layout: Layout) -> None:
    fill(layout)
    demand_filled(cloud)
    before = {kind: set(things) for kind, things in cloud.kinds.items()}
    fill(layout)
    assert {kind: set(things) for kind, things in cloud.kinds.items()} == before


@pytest.mark.parametrize(
    ("kind", "name", "status"),
    [
        ("server", "harbour-cmp1-web", "ERROR"),
        ("server", "harbour-cmp1-web", "BUILD"),
        ("server", "harbour-cmp1-off", "ERROR"),
        ("volume", "harbour-spare-0", "error"),
        ("volume", "harbour-spare-1", "creating"),
        ("image", "tiny-linux", "queued"),
        ("image", "small-linux", "saving"),
        ("snapshot", "harbour-snapshot", "error"),
    ],
)
def test_what_is_unfinished_or_in_error_is_made_again(
    cloud: SmallCloud, layout: Layout, kind: str, name: str, status: str
) -> None:
    fill(layout)
    (bad,) = cloud.kinds[kind].named(name)
    bad.status = status
    fill(layout)
    demand_filled(cloud)
    assert bad.id not in cloud.kinds[kind]


def test_a_boot_that_fails_leaves_no_second_port_behind(cloud: SmallCloud, layout: Layout) -> None:
    cloud.boots = ["ERROR"]
    with pytest.raises(TimeoutError):
        fill(layout)
    assert len(cloud.kinds["port"].named("harbour-cmp1-web")) == 1
    fill(layout)
    demand_filled(cloud)


def test_ports_that_failed_fills_left_are_cleared_away(cloud: SmallCloud, layout: Layout) -> None:
    fill(layout)
    cloud.kinds["port"].add(name="harbour-cmp1-web", device_id="")
    fill(layout)
    demand_filled(cloud)


def test_a_volume_that_stuck_while_it_was_attached_is_made_again(cloud: SmallCloud, layout: Layout) -> None:
    fill(layout)
    (volume,) = cloud.kinds["volume"].named("harbour-cmp1-data")
    volume.status = "reserved"
    cloud.attached.clear()
    fill(layout)
    demand_filled(cloud)
    assert volume.id not in cloud.kinds["volume"]


def test_a_router_and_a_group_without_what_belongs_to_them_get_it(cloud: SmallCloud, layout: Layout) -> None:
    fill(layout)
    before = counted(cloud)
    cloud.kinds["security_group_rule"].clear()
    for port in list(cloud.kinds["port"].named("")):
        del cloud.kinds["port"][port.id]
    fill(layout)
    assert counted(cloud) == before


def test_ports_lie_on_a_network_of_their_own_that_is_made_once(
    cloud: SmallCloud, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(filling, "add_ports", lambda _, __, ports: f"{asked.append(ports)}")
    layout.state_dir.mkdir(parents=True, exist_ok=True)
    for _ in range(2):
        filling.fill(layout, PracticeReach(layout), 0, 5000, lambda _: None)
    assert asked == [5000, 5000]
    assert len(cloud.kinds["network"].named(MARK)) == 1
