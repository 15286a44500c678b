"""`ostler check` over a cloud that cannot be reached: every finding is told, nothing is taken for good."""

from __future__ import annotations

import json
import socket
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from ostler.cli import check
from ostler.cli.main import main
from ostler.errors import InputError
from ostler.execution import looking_over
from ostler.execution.simulation import three_plus_two


@pytest.fixture
def cloud_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cloud of one controller on this machine, on a port where nobody listens."""
    monkeypatch.setenv("OSTLER_HOME", str(tmp_path / "home"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "known_hosts").touch()
    path = tmp_path / "cloud.yaml"
    path.write_text(
        f"""name: example
release: "2024.1"
deployment: venv
access: {{user: root, port: {port}, known_hosts: ./known_hosts}}
hosts:
  ctl1: {{address: 127.0.0.1, roles: [controller]}}
"""
    )
    return path


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    check.register(app)
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.exception


def test_a_host_that_cannot_be_reached_is_one_finding_with_what_to_do(cloud_file: Path) -> None:
    code, text, _ = run("--cloud", str(cloud_file))
    assert code == 1
    assert text.startswith("1 failure.")
    assert text.count("[host.unreachable]") == 1
    assert "do next" in text


def test_json_is_one_document_with_the_same_findings(cloud_file: Path) -> None:
    code, text, _ = run("--cloud", str(cloud_file), "--json", "--to", "2025.1")
    document = json.loads(text)
    assert code == 1
    assert (document["cloud"], document["release"], document["target"]) == ("example", "2024.1", "2025.1")
    found = {finding["code"]: finding for finding in document["findings"]}
    assert {"host.unreachable", "upgrade.not-described", "environments.missing"} <= set(found)
    assert "not checked: service.not-running" in found["host.unreachable"]["evidence"]


@pytest.mark.parametrize(("store", "missing"), [((), True), (("2025.1",), False)])
def test_check_says_what_the_plan_of_the_upgrade_says(
    store: tuple[str, ...],
    missing: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = three_plus_two("2024.1", tmp_path / "cloud", store=store)
    doors = made.simulated
    monkeypatch.setenv("OSTLER_HOME", str(tmp_path))
    monkeypatch.setattr(looking_over, "connected", lambda cloud: nullcontext((doors.transport, doors.api)))
    monkeypatch.setattr(looking_over, "time", SimpleNamespace(time=doors.now, sleep=lambda seconds: None))
    for command in ("check", "upgrade"):
        monkeypatch.setattr(f"ostler.cli.{command}.load_cloud", lambda path: made.cloud)
    assert main(["check", "--to", "2025.1", "--json"]) == (1 if missing else 0)
    checked = [finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert main(["upgrade", "--to", "2025.1", "--json"]) == (3 if missing else 0)
    planned = [finding["code"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert sorted(checked) == sorted(planned)
    assert ("environments.missing" in checked) is missing


@pytest.mark.parametrize("release", ["2099.9", "2026.1"])
def test_a_release_that_cannot_be_gone_to_is_wrong_input(cloud_file: Path, release: str) -> None:
    _, _, error = run("--cloud", str(cloud_file), "--to", release)
    assert isinstance(error, InputError)
    assert error.exit_code == 2
    assert error.do_next
