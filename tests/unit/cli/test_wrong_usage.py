"""Wrong usage is told plainly with exit code 2, and is never called a bug of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["status", "--nonsense"], "No such option: --nonsense"),
        (["upgrade"], "Missing option '--to'"),
        (["upgrade", "--to", "2025.1", "--batch", "many"], "Invalid value for '--batch'"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "--help" in told
    assert "bug" not in told


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["env", "build", "kilo"], "environments.not-made"),
        (["env", "build", "rocky", "--practice"], "environments.of-no-cloud"),
        (["env", "build", "rocky", "--practice", "--cloud", "cloud.yaml"], "environments.of-no-cloud"),
        (["env", "build", "rocky", "--cloud", "cloud.yaml"], "cloud.not-found"),
        (["env", "build", "2025.1", "--practice", "--python", "/usr/bin/python3"], "environments.python-of-host"),
        (["catalog", "harvest", "--release", "rocky", "--practice", "--out", "OUT"], "environments.of-no-cloud"),
        (["catalog", "harvest", "--release", "kilo", "--out", "OUT"], "environments.not-made"),
    ],
)
def test_options_that_mean_nothing_for_a_release_are_refused(
    arguments: list[str], code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path) if word == "OUT" else word for word in arguments]) == 2
    assert f"[{code}]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage: ostler" in "".join(capsys.readouterr())


def test_asking_for_help_is_no_error() -> None:
    assert main(["--help"]) == 0
