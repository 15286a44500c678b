"""`ostler upgrade --rehearsal`: a file that is none is told before anything is read of the cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.cli.main import main

WRONG_INPUT = 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "rehearsal.cannot-read"),
        (b"\xff\xfe", "rehearsal.cannot-read"),
        (b"<html>", "rehearsal.not-json"),
        (b'{"format": 2}', "rehearsal.other-format"),
        (b"[]", "rehearsal.other-format"),
        (b'{"format": 3}', "rehearsal.damaged"),
    ],
)
def test_what_is_no_rehearsal_file_is_wrong_input(
    content: bytes | None, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rehearsal.json"
    if content is not None:
        path.write_bytes(content)
    words = ["--to", "2025.1", "--cloud", str(tmp_path / "no such file"), "--rehearsal", str(path)]
    assert main(["upgrade", *words]) == WRONG_INPUT
    said = capsys.readouterr().err
    assert code in said
    assert str(path) in said
    assert "do next" in said
