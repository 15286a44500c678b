"""`ostler practice exec` and `shell` on a host that is off say so as everything else does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ostler.cli.main import main
from ostler.practice.layout import Layout
from ostler.practice.state import State

RAW = "ssh: connect to host 10.77.0.21 port 22: No route to host"
OFF = f"#!/bin/sh\necho '{RAW}' >&2\nexit 255\n"
ON = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec sh -c "$*"\n'


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A practice cloud on record, and a program in place of ssh."""
    monkeypatch.setenv("OSTLER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    State(Layout(name="unit", state_root=tmp_path / "state", cache_dir=tmp_path)).begin()
    program = tmp_path / "ssh"
    program.write_text(OFF)
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    "command", [["exec", "cmp1", "--name", "unit", "--", "true"], ["shell", "cmp1", "--name", "unit"]]
)
def test_a_host_that_is_off_is_told_kindly(ssh: Path, capfd: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert main(["practice", *command]) == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "ostler: cannot reach cmp1 (10.77.0.21) over SSH [practice.host-unreachable]",
        f"  found: {RAW}",
        "  do next: see `ostler practice status --name unit`; `ostler practice power on cmp1 --name unit` starts it "
        "when it is off",
    ]


def test_json_says_the_same(ssh: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["practice", "exec", "cmp1", "--name", "unit", "--json", "--", "true"]) == 1
    error = json.loads(capfd.readouterr().out)["error"]
    assert (error["code"], error["found"]) == ("practice.host-unreachable", RAW)


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_command_may_itself_end_with_255(ssh: Path, capfd: pytest.CaptureFixture[str], as_json: list[str]) -> None:
    ssh.write_text(ON)
    assert (
        main(["practice", "exec", "cmp1", "--name", "unit", *as_json, "--", "sh", "-c", "echo hello; exit 255"]) == 255
    )
    assert "hello" in capfd.readouterr().out
