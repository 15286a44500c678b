"""What `benchmarks/config_of_ocata.py` ends with when there is nobody to ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "config_of_ocata.py"
NOT_ASKED = 2


@pytest.mark.parametrize(
    ("words", "named"),
    [(["--release", "pike"], ["ocata", "pike"]), ([], ["ocata", "pike", "2024.2", "2026.1"])],
    ids=["one release", "all"],
)
def test_releases_that_could_not_be_asked_are_no_success(words: list[str], named: list[str], tmp_path: Path) -> None:
    argv = [sys.executable, str(SCRIPT), "--json", "--project", "cinder", *words]
    environ = {**os.environ, "OSTLER_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == NOT_ASKED, done.stderr
    assert json.loads(done.stdout)["rows"] == []
    told = done.stderr.splitlines()[-1]
    assert told.startswith("not asked")
    assert all(f"{release} (cinder)" in told for release in named)
    assert ("yoga" in told) == ("--release" not in words)
