"""Lanes of several hosts keep the same bytes at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ostler.execution.vault import write_durably


def test_threads_that_write_the_same_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    content = b"x" * 100_000
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write_durably(tmp_path / "kept", content), range(40)))
    assert (tmp_path / "kept").read_bytes() == content
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]
