"""`ostler init` from options, without a terminal."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from ostler.cli.init import init
from ostler.cloud.file import read_cloud_file
from ostler.errors import InputError

APP = typer.Typer()
APP.command()(init)

INVENTORY = "[control]\nc1 ansible_host=10.0.0.1\n[compute]\nn1 ansible_host=10.0.0.2\n"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "multinode"
    path.write_text(INVENTORY)
    return path


def run(*arguments: str) -> str:
    """What `ostler init` prints. Raises what it raises."""
    result = CliRunner().invoke(APP, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_an_inventory_becomes_a_cloud_file(tmp_path: Path, inventory: Path) -> None:
    out = tmp_path / "cloud.yaml"
    shown = run("--from-kolla", str(inventory), "--name", "k", "--release", "2024.1", "--vip", "", "--out", str(out))
    assert list(read_cloud_file(out).hosts) == ["c1", "n1"]
    assert "cloud k, 2024.1, container" in shown


def test_json_says_what_was_written(tmp_path: Path, inventory: Path) -> None:
    out = tmp_path / "cloud.yaml"
    options = ("--name", "k", "--release", "2024.1", "--vip", "10.0.0.9", "--out", str(out), "--json")
    document = json.loads(run("--from-kolla", str(inventory), *options))
    assert document["file"] == str(out)
    assert document["hosts"]["n1"] == {"address": "10.0.0.2", "roles": ["compute"]}


def test_a_file_that_is_there_is_not_touched(tmp_path: Path, inventory: Path) -> None:
    out = tmp_path / "cloud.yaml"
    out.write_text("mine")
    with pytest.raises(InputError) as caught:
        run("--from-kolla", str(inventory), "--name", "k", "--release", "2024.1", "--vip", "", "--out", str(out))
    assert caught.value.code == "cloud.file-exists"
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--release", "2024.9"], "catalog.unknown-release"),
        (["--release", "newton"], "catalog.release-not-planned"),
        ([], "init.cannot-ask"),
        (["--release", "2024.1", "--from-osa", "x"], "init.two-inventories"),
        (["--release", "2024.1", "--vip", "-x"], "cloud.bad-name"),
    ],
)
def test_wrong_or_missing_answers_write_nothing(tmp_path: Path, inventory: Path, options: list[str], code: str) -> None:
    out = tmp_path / "cloud.yaml"
    with pytest.raises(InputError) as caught:
        run("--from-kolla", str(inventory), "--name", "k", "--out", str(out), *options)
    assert caught.value.code == code
    assert not out.exists()


def test_an_unknown_release_is_told_with_those_there_are(tmp_path: Path, inventory: Path) -> None:
    options = ("--from-kolla", str(inventory), "--name", "k", "--release", "2024.9", "--vip", "")
    with pytest.raises(InputError) as caught:
        run(*options, "--out", str(tmp_path / "cloud.yaml"))
    assert caught.value.summary == "there is no release '2024.9' in the catalog"
    assert "2024.2, 2025.1" in caught.value.expected


@pytest.mark.parametrize("blocked", ["none/x.yaml", "multinode/x.yaml"])
def test_a_place_that_cannot_be_written_is_wrong_input(tmp_path: Path, inventory: Path, blocked: str) -> None:
    options = ("--from-kolla", str(inventory), "--name", "k", "--release", "2024.1", "--vip", "")
    with pytest.raises(InputError) as caught:
        run(*options, "--out", str(tmp_path / blocked))
    assert caught.value.code == "cloud.cannot-write"


def test_questions_are_asked_at_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["my", "2025.1", "10.0.0.9", "venv", "ctl1=10.0.0.1, ctl2=10.0.0.2", "", "root", "c.yaml", "admin"])
    monkeypatch.setattr("ostler.cli.init._has_terminal", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    out = tmp_path / "cloud.yaml"
    run("--out", str(out))
    cloud = read_cloud_file(out)
    assert (cloud.name, cloud.release, cloud.deployment) == ("my", "2025.1", "venv")
    assert [(host.name, host.address) for host in cloud.hosts.values()] == [("ctl1", "10.0.0.1"), ("ctl2", "10.0.0.2")]
    assert cloud.databases.is_galera
    assert cloud.api is not None and cloud.api.cloud == "admin"
