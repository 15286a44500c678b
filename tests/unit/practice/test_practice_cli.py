"""What `ostler practice` shows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ostler.cli.main import main
from ostler.cli.practice import _render_status, app
from ostler.cloud.release_line import write_release
from ostler.practice.cloud_file import ensure
from ostler.practice.layout import Layout
from ostler.practice.state import State
from ostler.practice.status import CloudStatus, HostStatus

FOUND = CloudStatus(
    name="practice",
    release="2024.1",
    subnet="10.77.0.0/24",
    vip="10.77.0.250",
    vip_holders=("ctl1",),
    hosts=(
        HostStatus("ctl1", "controller", "10.77.0.11", "rack1", "degraded", ("nova-api.service",)),
        HostStatus("cmp1", "compute", "10.77.0.21", "rack1", "off"),
    ),
    galera_size=1,
    galera_synced=("ctl1",),
    rabbitmq_running=(),
    backends={"keystone": {"ctl1": "UP"}},
)


def test_status_is_one_line_for_each_thing() -> None:
    assert _render_status(FOUND).splitlines() == [
        "practice: OpenStack 2024.1, 10.77.0.0/24",
        "  ctl1   10.77.0.11    controller  rack1  degraded  failed: nova-api.service",
        "  cmp1   10.77.0.21    compute     rack1  off",
        "  VIP 10.77.0.250: ctl1",
        "  Galera: 1 nodes, synced: ctl1",
        "  RabbitMQ: none",
        "  keystone: ctl1 UP",
    ]


def test_status_says_what_is_broken_on_purpose() -> None:
    shown = _render_status(replace(FOUND, faults=("vip-twice on ctl3", "nova-compute-hung on cmp1")))
    assert "  broken on purpose: vip-twice on ctl3, nova-compute-hung on cmp1" in shown.splitlines()


def test_status_is_a_json_document_too() -> None:
    document = json.loads(json.dumps(FOUND.as_json()))
    assert document["hosts"][0]["failed_units"] == ["nova-api.service"]


@pytest.mark.parametrize("command", [command.callback for command in app.registered_commands])
def test_every_command_has_an_example(command: object) -> None:
    text = command.__doc__ or ""
    assert "Example" in text
    assert "ostler practice" in text


@pytest.fixture
def upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A cloud on record that was built at 2024.1 and upgraded; its hosts are off."""
    monkeypatch.setenv("OSTLER_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("OSTLER_HOME", str(tmp_path / "home"))
    layout = Layout(name="unit", state_root=tmp_path, cache_dir=tmp_path)
    State(layout).begin()
    ensure(layout)
    write_release(layout.cloud_file, "2025.1")
    return layout


def test_an_upgraded_cloud_is_shown_at_the_release_it_is_at(
    upgraded: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["practice", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["release"], row["open_runs"], row["is_half_removed"]) == ("unit", "2025.1", [], False)
    assert main(["practice", "status", "--name", "unit"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "unit: OpenStack 2025.1, 10.77.0.0/24"


def test_the_list_tells_what_stands_in_the_way_of_using_a_cloud(
    upgraded: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    State(upgraded).begin_removal()
    monkeypatch.setattr("ostler.practice.open_runs.find", lambda _: ["2026-11-20-1-upgrade"])
    assert main(["practice", "list"]) == 0
    said = capsys.readouterr().out
    assert "0 of 5 hosts run, run 2026-11-20-1-upgrade has not ended, half removed" in said


def test_a_release_that_cannot_be_built_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["practice", "up", "--name", "unit", "--release", "2025.11"]) == 2
    assert "one of 2023.1, 2023.2, 2024.1" in capsys.readouterr().err
