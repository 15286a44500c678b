"""`ostler status` on a simulated cloud: exit codes, the first line, one host alone, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from ostler.cli.status import register
from ostler.cloud.file import write_cloud_file
from ostler.commands import WebAnswer
from ostler.errors import InputError
from ostler.execution.simulation import Simulation, three_plus_two


@pytest.fixture
def simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulation:
    """A simulated cloud in place of hosts, APIs and the virtual address."""
    simulation = three_plus_two("2024.1", tmp_path, store=[])
    write_cloud_file(simulation.cloud, tmp_path / "cloud.yaml")
    monkeypatch.setenv("OSTLER_CLOUD", str(tmp_path / "cloud.yaml"))
    monkeypatch.setattr("ostler.execution.connecting.connect_hosts", lambda cloud: simulation.simulated.transport)
    monkeypatch.setattr("ostler.execution.connecting.connect_api", lambda cloud: simulation.simulated.api)
    monkeypatch.setattr("ostler.remote.web.get", lambda url: WebAnswer(200, 0.01))
    return simulation


def status(*arguments: str) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return CliRunner().invoke(app, ["status", *arguments])


def test_a_healthy_cloud_ends_with_0_and_one_verdict(simulation: Simulation) -> None:
    result = status()
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "all 37 services answer"


def test_a_service_that_fails_ends_with_1_and_is_named(simulation: Simulation) -> None:
    simulation.simulated.break_host("ctl2")
    result = status()
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].endswith("wrong:")
    assert "ctl2: the host could not be asked" in result.stdout


def test_one_host_is_judged_alone(simulation: Simulation) -> None:
    simulation.simulated.break_host("ctl2")
    result = status("--host", "cmp1")
    assert result.exit_code == 0
    assert "nova-compute" in result.stdout
    assert "nova-api" not in result.stdout


def test_json_is_one_document(simulation: Simulation) -> None:
    document = json.loads(status("--json").stdout)
    assert document["verdict"] == "all 37 services answer"
    assert document["at_vip"]["keystone"] == 200


def test_a_host_that_is_not_there_is_wrong_input(simulation: Simulation) -> None:
    result = status("--host", "ctl9")
    assert isinstance(result.exception, InputError)
    assert result.exception.code == "cloud.unknown-host"
