"""The script that clears the flag of disabled backends, with a stand-in for MariaDB that notes its statements.

(On a practice cloud of 2026.1 with MariaDB 10.11 it was run for real: the backend takes volumes again.)
"""

from __future__ import annotations

import os
import re
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

MARIADB = '#!/bin/sh\ncat > "$TOLD"; echo 1; echo 0; exit "$CODE"\n'


def run(top: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    program = top / "mariadb"
    program.write_text(MARIADB)
    program.chmod(0o755)
    script = files("ostler.steps").joinpath("scripts/enable_backends.sh").read_text()
    return subprocess.run(
        ["sh", "-c", script, "ostler-enable-backends", *arguments],
        env={"PATH": f"{top}:{os.environ['PATH']}", "TOLD": str(top / "told"), "CODE": str(code)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_only_backends_that_carry_the_reason_are_cleared_whatever_is_in_their_names(tmp_path: Path) -> None:
    names = ["ctl1@a", "'; drop table services; -- %s \\ é"]
    done = run(tmp_path, "cinder", "ostler upgrade", *names)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    told = (tmp_path / "told").read_text().splitlines()
    assert len(told) == len(names)
    for name, statement in zip(names, told, strict=True):
        assert statement.startswith("update `cinder`.services set disabled = 0, ")
        host, reason = re.findall(r"convert\(unhex\('([0-9a-f]+)'\) using utf8mb4\)", statement)
        assert (bytes.fromhex(host).decode(), bytes.fromhex(reason).decode()) == (name, "ostler upgrade")
        assert "drop" not in statement
        assert " deleted = 0 and disabled = 1 and `binary` = 'cinder-volume' and host = " in statement


@pytest.mark.parametrize("database", ["", "cinder`.x", "Cinder;"])
def test_what_is_no_name_of_a_database_is_refused(tmp_path: Path, database: str) -> None:
    done = run(tmp_path, database, "ostler upgrade", "ctl1@a")
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "told").exists()


def test_a_database_that_refuses_is_a_failure(tmp_path: Path) -> None:
    assert run(tmp_path, "cinder", "ostler upgrade", "ctl1@a", code=1).returncode == 1
