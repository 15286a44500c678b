"""The script that edits nova's records and gives them back, with a stand-in for MariaDB that notes its statements.

(With MariaDB 10.11.19 it was tried by hand: rows come back byte for byte, those written since stay.)
"""

from __future__ import annotations

import os
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

MARIADB = r"""#!/bin/sh
case "$*" in
*' -e '*) echo "$*" >> "$TOLD"; cat "$ROWS"; : > "$ROWS" ;;
*) ls "$KEPT" >> "$TOLD"; cat >> "$TOLD"; if [ -e "$BREAKS" ]; then exit 1; fi; echo 1; echo 1 ;;
esac
"""
MARK = '"Instance", "nova_object.namespace": "nova", "nova_object.version": '
SPEC = f'{{{MARK}"2.8"}}'


class Database:
    """What the stand-in answers, and what it was told."""

    def __init__(self, top: Path) -> None:
        self.kept, self.rows, self.told, self.breaks = top / "kept", top / "rows", top / "told", top / "breaks"
        (top / "bin").mkdir()
        (top / "bin" / "mariadb").write_text(MARIADB)
        (top / "bin" / "mariadb").chmod(0o755)
        self.path = f"{top / 'bin'}:{os.environ['PATH']}"
        self.rows.write_text(f"nova_api\t3\t{SPEC.encode().hex().upper()}\n")

    def run(self, way: str, table: str = "build_requests", to: str = "2.7") -> subprocess.CompletedProcess[str]:
        script = files("ostler.steps").joinpath("scripts/edit_records.sh").read_text()
        what = (way, f"{self.kept}/0", "object-version", table, "instance", "2.8", to, "Instance", "nova_api")
        places = {"KEPT": self.kept, "ROWS": self.rows, "TOLD": self.told, "BREAKS": self.breaks}
        return subprocess.run(
            ["sh", "-c", script, "ostler-edit-records", *what],
            env={"PATH": self.path, **{name: str(place) for name, place in places.items()}},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path)


def test_rows_are_kept_before_they_are_changed_and_only_kept_rows_are(database: Database) -> None:
    done = database.run("edit")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    (kept,) = database.kept.iterdir()
    assert (kept.name, oct(kept.stat().st_mode)) == ("0.1", "0o100600")
    assert kept.read_text() == f"nova_api\t3\t{SPEC.encode().hex().upper()}\n"
    told = database.told.read_text().splitlines()
    assert "from `nova_api`.`build_requests` where instr(`instance`" in told[0]
    assert told[1] == "0.1"
    (update,) = [line for line in told if line.startswith("update")]
    assert update.startswith("update `nova_api`.`build_requests` set `instance` = replace(`instance`")
    assert "where id = 3 and instr(`instance`" in update


def test_what_was_kept_is_given_back_to_rows_that_are_still_as_the_edit_left_them(database: Database) -> None:
    database.run("edit")
    database.told.unlink()
    done = database.run("restore")
    assert (done.returncode, done.stdout) == (0, "2\n")
    (update,) = [line for line in database.told.read_text().splitlines() if line.startswith("update")]
    value = f"unhex('{SPEC.encode().hex().upper()}')"
    old, new = (f"'{MARK}\"{version}\"'" for version in ("2.8", "2.7"))
    assert update == (
        f"update `nova_api`.`build_requests` set `instance` = {value} where id = 3"
        f" and `instance` = replace({value}, {old}, {new}); select row_count();"
    )


def test_an_edit_that_the_database_refuses_fails_and_what_was_kept_stays(database: Database) -> None:
    database.breaks.touch()
    assert database.run("edit").returncode != 0
    assert (database.kept / "0.1").exists()


@pytest.mark.parametrize(
    "wrong", [{"way": "drop"}, {"table": "a`; drop table b; --"}, {"table": ""}, {"to": "2.7'"}, {"to": "x"}]
)
def test_what_is_no_name_or_no_version_reaches_no_database(database: Database, wrong: dict[str, str]) -> None:
    done = database.run(**{"way": "edit", **wrong})
    assert (done.returncode, done.stdout) == (2, "")
    assert not database.told.exists()
