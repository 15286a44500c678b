"""Whether the copy of a dump fits onto this machine is told before anything begins."""

from __future__ import annotations

import shutil
from collections import namedtuple
from contextlib import nullcontext
from pathlib import Path

import pytest

from ostler.cloud.model import Cloud, Host
from ostler.errors import Severity
from ostler.execution import looking_over, own_room
from ostler.execution.home import Home
from ostler.execution.simulation import three_plus_two
from ostler.facts.model import JsonValue, Snapshot, Unknown, wanted

Usage = namedtuple("Usage", "total used free")
SIZES = {"nova": {"tables": 1, "rows": 1, "bytes": 3_000_000}, "keystone": {"tables": 1, "rows": 1, "bytes": 500_001}}


def snapshot(sizes: JsonValue | Unknown) -> Snapshot:
    cloud = Cloud("c", "2024.1", "venv", {"ctl1": Host("ctl1", "10.0.0.1", ("controller",))})
    return Snapshot(cloud, 0.0, {wanted("databases.sizes"): sizes})


def with_free(patch: pytest.MonkeyPatch, free: int) -> list[Path]:
    asked: list[Path] = []

    def usage(path: Path) -> Usage:
        asked.append(path)
        return Usage(10**12, 0, free)

    patch.setattr(own_room.shutil, "disk_usage", usage)
    return asked


@pytest.mark.parametrize(
    ("free", "severities"),
    [
        (3_500_001, []),
        (3_500_000, [Severity.WARNING]),
        (1_166_667, [Severity.WARNING]),
        (1_166_666, [Severity.FAILURE]),
    ],
)
def test_the_copy_needs_a_third_of_what_the_databases_take_and_with_all_of_it_nothing_is_said(
    free: int, severities: list[Severity], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = with_free(monkeypatch, free)
    found = own_room.own_room(snapshot(SIZES), Home(tmp_path / "not" / "there"))
    assert asked == [tmp_path]
    assert [(each.code, each.severity) for each in found] == [("upgrade.no-room-here", each) for each in severities]
    for each in found:
        assert (each.found, each.expected) == (
            f"{free // 10**6} MB free",
            "4 MB free, as much as the databases take; at the very least 2 MB",
        )


def test_sizes_that_are_not_known_are_told_by_the_hosts_own_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_free(monkeypatch, 0)
    assert own_room.own_room(snapshot(Unknown("no answer")), Home(tmp_path)) == []


def test_a_disk_that_cannot_be_looked_at_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def usage(path: Path) -> Usage:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "disk_usage", usage)
    (found,) = own_room.own_room(snapshot(SIZES), Home(tmp_path))
    assert found.found == "its disk cannot be looked at: Permission denied"


@pytest.mark.parametrize(("target", "codes"), [("2025.1", ["upgrade.no-room-here"]), (None, [])])
def test_it_is_found_when_a_cloud_is_looked_over_for_an_upgrade(
    target: str | None, codes: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = three_plus_two("2024.1")
    doors = made.simulated
    monkeypatch.setattr(looking_over, "connected", lambda cloud: nullcontext((doors.transport, doors.api)))
    with_free(monkeypatch, 0)
    looked = looking_over.look_over(made.cloud, [wanted("databases.sizes")], target, Home(tmp_path))
    assert [each.code for each in looked.left] == codes
