"""Where the script that tries a dump puts its scratch server, with stand-ins for MariaDB."""

from __future__ import annotations

import hashlib
import os
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

DUMP = "create table t (a int);\n"
PROGRAMS = {
    "runuser": 'shift 3; case "$3" in *closed*) exit 1 ;; esac; exec "$@"',
    "chown": "exit 0",
    "renice": "exit 0",
    "mariadb-install-db": 'printf "%s\\n" "$@" > "$TOLD"',
    "mariadbd": "exec sleep 60",
    "mariadb": "cat > /dev/null; echo 1",
    "mariadb-dump": f"printf '%s' '{DUMP}'",
}


@pytest.mark.parametrize(("below", "place"), [("open/dump", "open/dump"), ("open/closed/dump", "open")])
def test_the_scratch_server_is_where_the_dump_is_or_above_and_goes_away(tmp_path: Path, below: str, place: str) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    folder = tmp_path / below
    folder.mkdir(parents=True)
    (folder / "plain.sql").write_text(DUMP)
    subprocess.run(["zstd", "-q", "--rm", "plain.sql", "-o", "databases.sql.zst"], cwd=folder, check=True)
    packed = hashlib.sha256((folder / "databases.sql.zst").read_bytes()).hexdigest()
    (folder / "databases.sql.zst.sha256").write_text(f"{packed}  databases.sql.zst\n")
    (folder / "plain.sha256").write_text(f"{hashlib.sha256(DUMP.encode()).hexdigest()}  -\n")
    (folder / "databases.list").write_text("nova\n")
    script = files("ostler.steps").joinpath("scripts/try_dump.sh").read_text()
    told = tmp_path / "told"
    done = subprocess.run(
        ["sh", "-c", script, "ostler-try-dump", str(folder)],
        env={"PATH": f"{programs}:{os.environ['PATH']}", "TOLD": str(told)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    data = next(Path(line.partition("=")[2]) for line in told.read_text().splitlines() if "--datadir=" in line)
    assert data.parent.parent == tmp_path / place
    assert list(tmp_path.rglob(".ostler-scratch.*")) == []
