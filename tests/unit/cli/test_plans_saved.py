"""Plan files are saved whole, and where that cannot be, the operator is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.cli.plans import save
from ostler.cli.writing import write_whole
from ostler.errors import InputError


def test_a_plan_is_saved_for_its_owner_alone(tmp_path: Path) -> None:
    save(tmp_path / "a.plan", "first")
    save(tmp_path / "a.plan", "second")
    assert [(path.name, path.read_text(), path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == [
        ("a.plan", "second", 0o600)
    ]


@pytest.mark.parametrize("below", ["a file", "no such folder"])
def test_a_place_where_no_file_can_be_is_told(tmp_path: Path, below: str) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(InputError, match="the plan could not be written to"):
        save(tmp_path / below / "a.plan", "text")


def test_nothing_is_left_of_a_file_that_could_not_be_put_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.plan").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "a.plan", b"text")
    assert [path.name for path in tmp_path.iterdir()] == ["a.plan"]
