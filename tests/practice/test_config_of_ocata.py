"""Files of Ocata, carried over, as every later release's own code parses them. It needs the Pythons of those days, and
builds what it lacks of the environments: hours when none is there."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ostler.catalog.options import load_options
from ostler.errors import InputError
from ostler.practice.layout import cache_dir
from ostler.practice.openstack.archives import ensure_way

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(4 * 3600)]

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "config_of_ocata.py"
PROJECTS = ("nova", "neutron", "cinder")
SOURCE, *RELEASES = load_options("nova").releases
SAMPLES = 3
LEAST_LINES = 40
NOT_ASKED = 2


def run(*words: str) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code, a row for each file, and what was said on the way."""
    argv = [sys.executable, str(SCRIPT), "--json", *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)["rows"], done.stderr


@pytest.fixture(scope="module", autouse=True)
def environments() -> None:
    """All that are asked, built first where this machine has them not."""
    try:
        ensure_way(cache_dir(), dict.fromkeys((SOURCE, *RELEASES), PROJECTS), datetime.now(UTC), print)
    except InputError as error:
        if error.code != "environments.no-interpreter":
            raise
        pytest.skip(str(error))


def test_the_code_of_every_release_knows_every_line_and_calls_none_old() -> None:
    """What oslo.config logs is asked of an operator's file alone: the benchmarks' page names what is known to be left
    of the others."""
    exit_code, rows, said = run()
    assert exit_code != NOT_ASKED, said
    assert len(rows) == len(PROJECTS) * len(RELEASES) * SAMPLES
    assert min(row["lines"] for row in rows) >= LEAST_LINES
    found = [{kind: row[kind] for kind in ("unknown", "old", "leaving", "unreadable")} for row in rows]
    assert not any(count for row in found for count in row.values()), said
    assert not any(row["logged"] for row in rows if row["sample"] == "an operator's"), said


def test_the_same_files_are_not_taken_as_they_are() -> None:
    exit_code, rows, said = run("--release", "2026.1", "--project", "neutron", "--uncarried")
    assert exit_code == 1
    assert all(row["unknown"] + row["old"] for row in rows), said
