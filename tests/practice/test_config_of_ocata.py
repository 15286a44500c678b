"""Files of Ocata, carried over, as an old and a new release's own code parses them. It needs the environments of these
releases (`ostler env build pike`, and 2026.1), and those of Ocata, on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ostler.environments.store import EnvironmentStore
from ostler.practice.layout import cache_dir
from ostler.practice.openstack.archives import old_store

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(3600)]

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "config_of_ocata.py"
PROJECTS = ("nova", "neutron", "cinder")
RELEASES = ("pike", "2026.1")
SAMPLES = 3
LEAST_LINES = 40


def run(*words: str) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code, a row for each file, and what was said on the way."""
    argv = [sys.executable, str(SCRIPT), "--json", *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)["rows"], done.stderr


@pytest.fixture(autouse=True)
def environments() -> None:
    stores = (old_store(cache_dir()), EnvironmentStore(cache_dir() / "environments"))
    for release in ("ocata", *RELEASES):
        if not all(any(store.newest(project, release) for store in stores) for project in PROJECTS):
            pytest.skip(f"the environments of {release} are not on this machine")


def test_the_code_of_an_old_and_a_new_release_knows_every_line_and_calls_none_old() -> None:
    """What oslo.config logs is asked of an operator's file alone: the benchmarks' page names what is known to be left
    of the others."""
    _, rows, said = run(*(word for release in RELEASES for word in ("--release", release)))
    assert len(rows) == len(PROJECTS) * len(RELEASES) * SAMPLES
    assert min(row["lines"] for row in rows) >= LEAST_LINES
    found = [{kind: row[kind] for kind in ("unknown", "old", "leaving", "unreadable")} for row in rows]
    assert not any(count for row in found for count in row.values()), said
    assert [row["logged"] for row in rows if row["sample"] == "an operator's"] == [0] * 6, said


def test_the_same_files_are_not_taken_as_they_are() -> None:
    exit_code, rows, said = run("--release", "2026.1", "--project", "neutron", "--uncarried")
    assert exit_code == 1
    assert all(row["unknown"] + row["old"] for row in rows), said
