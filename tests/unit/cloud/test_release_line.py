"""The release in a cloud file is changed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.cloud.release_line import with_release, write_release
from ostler.errors import InputError


@pytest.mark.parametrize(
    "line", ['release: "2024.1"', "release: '2024.1'", "release: rocky", 'release:   "2024.1"  # then']
)
def test_only_the_release_changes(line: str) -> None:
    text = f"# mine\nname: c\n{line}\nhosts: {{}}\n"
    comment = "  # then" if "#" in line else ""
    assert with_release(text, "2025.1") == f'# mine\nname: c\nrelease: "2025.1"{comment}\nhosts: {{}}\n'


def test_a_file_without_the_line_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cloud.yaml"
    path.write_text("name: c\n")
    with pytest.raises(InputError, match=r"write|says|say so"):
        write_release(path, "2025.1")
    assert path.read_text() == "name: c\n"
    assert list(tmp_path.iterdir()) == [path]
