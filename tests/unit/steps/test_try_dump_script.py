"""The scripts that try and restore a dump, with stand-ins for MariaDB: where the scratch server is, and what they tell
of a dump that is not whole."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("zstd") is None, reason="there is no zstd: apt-get install zstd")

DUMP = """USE `keystone`;
CREATE TABLE `user` (
INSERT INTO `user` VALUES
(1,'anna','hunter2');
USE `nova`;
CREATE TABLE `instances` (
INSERT INTO `instances` VALUES
(1,'vm');
"""
PROGRAMS = {
    "runuser": 'shift 3; case "$3" in *closed*) exit 1 ;; esac; exec "$@"',
    "chown": "exit 0",
    "renice": "exit 0",
    "mariadb-install-db": 'printf "%s\\n" "$@" > "$TOLD"',
    "mariadbd": "exec sleep 60",
    "mariadb": (
        'case "$*" in *-e*) echo 1; exit ;; esac; cat > /dev/null\n'
        'if [ -e "$REFUSES" ]; then cat "$REFUSES" >&2; exit 1; fi'
    ),
    "mariadb-dump": 'cat "$AGAIN"',
}


class Trial:
    """A folder with a dump, and what a scratch server would give back of it."""

    def __init__(self, top: Path, below: str = "dump") -> None:
        self.folder, self.programs = top / below, top / "bin"
        self.told, self.again, self.refuses = top / "told", top / "again", top / "refuses"
        self.programs.mkdir()
        for name, text in PROGRAMS.items():
            (self.programs / name).write_text(f"#!/bin/sh\n{text}\n")
            (self.programs / name).chmod(0o755)
        self.folder.mkdir(parents=True)
        (self.folder / "plain.sql").write_text(DUMP)
        subprocess.run(["zstd", "-q", "--rm", "plain.sql", "-o", "databases.sql.zst"], cwd=self.folder, check=True)
        packed = hashlib.sha256((self.folder / "databases.sql.zst").read_bytes()).hexdigest()
        (self.folder / "databases.sql.zst.sha256").write_text(f"{packed}  databases.sql.zst\n")
        (self.folder / "plain.sha256").write_text(f"{hashlib.sha256(DUMP.encode()).hexdigest()}  -\n")
        (self.folder / "databases.list").write_text("nova\n")
        self.again.write_text(DUMP)

    def run(self, script: str, *values: str) -> subprocess.CompletedProcess[str]:
        text = files("ostler.steps").joinpath(f"scripts/{script}.sh").read_text()
        places = {"TOLD": self.told, "AGAIN": self.again, "REFUSES": self.refuses}
        return subprocess.run(
            ["sh", "-c", text, "ostler-script", str(self.folder), *values],
            env={"PATH": f"{self.programs}:{os.environ['PATH']}", **{name: str(path) for name, path in places.items()}},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.mark.parametrize(("below", "place"), [("open/dump", "open/dump"), ("open/closed/dump", "open")])
def test_the_scratch_server_is_where_the_dump_is_or_above_and_goes_away(tmp_path: Path, below: str, place: str) -> None:
    trial = Trial(tmp_path, below)
    done = trial.run("try_dump")
    assert (done.returncode, done.stderr) == (0, "")
    data = next(Path(line.partition("=")[2]) for line in trial.told.read_text().splitlines() if "--datadir=" in line)
    assert data.parent.parent == tmp_path / place
    assert list(tmp_path.rglob(".ostler-scratch.*")) == []


def test_what_stands_beside_a_dump_is_made_from_it_where_it_is_gone(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    beside = {path.name: path.read_bytes() for path in trial.folder.iterdir()}
    for name in ("plain.sha256", "databases.list"):
        (trial.folder / name).unlink()
    assert trial.run("complete_dump", "nova").returncode == 0
    assert {path.name: path.read_bytes() for path in trial.folder.iterdir()} == beside
    assert {(trial.folder / name).stat().st_mode & 0o777 for name in ("plain.sha256", "databases.list")} == {0o600}
    assert trial.run("try_dump").returncode == 0


def test_what_is_of_another_day_than_the_dump_is_made_anew(tmp_path: Path) -> None:
    """As it is when this machine's copy took the place of a dump that somebody had overwritten."""
    trial = Trial(tmp_path)
    beside = {path.name: path.read_bytes() for path in trial.folder.iterdir()}
    for name in ("plain.sha256", "databases.list"):
        (trial.folder / name).write_text("of another day\n")
        os.utime(trial.folder / name, (1.0, 1.0))
    assert trial.run("complete_dump", "nova").returncode == 0
    assert {path.name: path.read_bytes() for path in trial.folder.iterdir()} == beside


def test_a_checksum_that_is_no_older_than_the_dump_stays(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    (trial.folder / "plain.sha256").write_text("as it was\n")
    assert trial.run("complete_dump", "nova").returncode == 0
    assert (trial.folder / "plain.sha256").read_text() == "as it was\n"


def test_of_a_dump_that_cannot_be_unpacked_no_checksum_is_made(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    (trial.folder / "plain.sha256").unlink()
    dump = trial.folder / "databases.sql.zst"
    dump.write_bytes(dump.read_bytes()[:-5])
    done = trial.run("complete_dump", "nova")
    assert done.returncode == 1
    assert "the dump cannot be unpacked" in done.stderr
    assert sorted(path.name for path in trial.folder.glob("*plain.sha256")) == []


def test_of_a_dump_that_comes_back_otherwise_tables_and_counts_are_told_and_no_row(tmp_path: Path) -> None:
    trial = Trial(tmp_path)
    trial.again.write_text(DUMP.replace("(1,'anna','hunter2');", "(1,'anna','hunter3'),\n(2,'ben','swordfish');"))
    done = trial.run("try_dump")
    assert done.returncode == 1
    assert [line.split() for line in done.stderr.splitlines()[1:]] == [["3", "keystone.user"]]
    assert done.stderr.startswith("the restored databases differ from the dump")
    for secret in ("hunter", "swordfish", "anna"):
        assert secret not in done.stdout + done.stderr
    assert list(tmp_path.rglob(".ostler-scratch.*")) == []


@pytest.mark.parametrize("script", ["try_dump", "restore_dump"])
def test_of_an_error_of_the_database_its_number_and_place_are_told_and_no_row(tmp_path: Path, script: str) -> None:
    trial = Trial(tmp_path)
    trial.refuses.write_text("ERROR 1064 (42000) at line 7: syntax error near '(1,'anna','hunter2')' at line 2\n")
    done = trial.run(script)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ERROR 1064 (42000) at line 7"
    assert "hunter2" not in done.stdout + done.stderr
    assert sorted(path.name for path in trial.folder.iterdir()) == [
        "databases.list",
        "databases.sql.zst",
        "databases.sql.zst.sha256",
        "plain.sha256",
    ]
