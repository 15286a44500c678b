"""What the command line's entry does with errors and Ctrl-C: told once, as JSON when asked, with the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ostler.cli.main import main
from ostler.cli.progress import reading
from ostler.cloud.model import Api, Cloud, Host


@pytest.fixture
def broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C as soon as the cloud file is looked for."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    for module in ("status", "check", "upgrade", "runs"):
        monkeypatch.setattr(f"ostler.cli.{module}.load_cloud", interrupted)


@pytest.mark.parametrize("arguments", [["status"], ["check"], ["upgrade", "--to", "2025.1"]])
def test_ctrl_c_ends_what_only_looks_with_130(
    arguments: list[str], broken_off: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_ctrl_c_leaves_a_run_that_can_be_gone_on_with(broken_off: None) -> None:
    assert main(["resume", "2026-11-20-1-upgrade"]) == 4


@pytest.mark.parametrize("arguments", [["status", "--nonsense", "--json"], ["upgrade", "--json"]])
def test_wrong_usage_is_json_when_json_is_asked_for(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["exit_code"]) == ("usage.not-understood", 2)


def test_a_bug_is_json_when_json_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OSTLER_TRACEBACK", raising=False)
    monkeypatch.setattr("ostler.cli.status.load_cloud", lambda _: 1 / 0)
    assert main(["status", "--json"]) == 70
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["exit_code"]) == ("ostler.bug-of-ours", 70)
    assert "ZeroDivisionError" in error["summary"]


def test_what_is_wrong_with_a_cloud_file_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cloud.yaml"
    path.write_text("nam: x\n")
    assert main(["status", "--cloud", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.count("nam: there is no such key") == 1
    assert "found:" not in told


def test_the_help_tells_the_exit_code_of_a_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "70 a bug of Ostler" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["approve"], "the next otherwise"),
        (["practice", "up"], "--no-openstack: hosts and infrastructure only"),
        (["upgrade"], "never more than half of them"),
        (["apply"], "fail the last proof"),
    ],
)
def test_the_help_says_what_options_do(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main([*arguments, "--help"]) == 0
    assert said in " ".join(capsys.readouterr().out.replace("│", " ").split())


CLOUD = Cloud("c", "2024.1", "venv", {"ctl1": Host("ctl1", "10.0.0.1", ("controller",))}, api=Api(Path("x"), "c"))


@pytest.mark.parametrize(
    ("is_terminal", "as_json", "shown"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_reading_a_cloud_is_told_to_whom_watches(
    is_terminal: bool, as_json: bool, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    with reading(CLOUD, as_json=as_json):
        told = capsys.readouterr()
    assert told.out == ""
    assert told.err == ("reading 1 host and the APIs…" if shown else "")


def test_what_a_file_is_called_does_not_command_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a\x1b[2J\x9b31m.log").write_text("no log")
    assert main(["logs", str(tmp_path)]) == 2
    assert main(["logs", f"{tmp_path}/\x1b]0;owned\x07"]) == 2
    shown = capsys.readouterr().err
    assert "found: a?31m.log: it is written in no format" in shown
    assert ("\x1b" in shown, "\x9b" in shown, "\x07" in shown) == (False, False, False)
