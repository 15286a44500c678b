"""Where the cloud file is found, and what is said when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.cli.where import find_cloud_file
from ostler.errors import InputError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("name: x\n")
    return path


def test_the_option_wins_over_the_variable_and_both_over_the_folder(tmp_path: Path, elsewhere: Path) -> None:
    option, variable = made(tmp_path / "a.yaml"), made(tmp_path / "b.yaml")
    here = made(elsewhere / "cloud.yaml")
    environ = {"OSTLER_CLOUD": str(variable), "OSTLER_STATE_DIR": str(tmp_path / "state")}
    assert find_cloud_file(option, environ) == option
    assert find_cloud_file(None, environ) == variable
    assert find_cloud_file(None, {}).absolute() == here


def test_the_only_practice_cloud_is_taken(tmp_path: Path) -> None:
    only = made(tmp_path / "state" / "practice" / "one" / "cloud.yaml")
    assert find_cloud_file(None, {"OSTLER_STATE_DIR": str(tmp_path / "state")}) == only


def test_several_practice_clouds_must_be_chosen_from(tmp_path: Path) -> None:
    for name in ("one", "two"):
        made(tmp_path / "state" / "practice" / name / "cloud.yaml")
    with pytest.raises(InputError, match="several practice clouds") as refused:
        find_cloud_file(None, {"OSTLER_STATE_DIR": str(tmp_path / "state")})
    assert "two/cloud.yaml" in refused.value.found


@pytest.mark.parametrize(
    ("option", "variable", "said"), [("no.yaml", None, "--cloud"), (None, "no.yaml", "OSTLER_CLOUD")]
)
def test_a_named_file_must_be_there(option: str | None, variable: str | None, said: str) -> None:
    environ = {"OSTLER_CLOUD": variable} if variable else {}
    with pytest.raises(InputError, match=said) as refused:
        find_cloud_file(Path(option) if option else None, environ)
    assert refused.value.code == "cloud.not-found"


def test_without_any_the_ways_to_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        find_cloud_file(None, {"OSTLER_STATE_DIR": str(tmp_path)})
    assert refused.value.code == "cloud.none-found"
    assert "ostler init" in refused.value.do_next
