"""The script that places an environment, carried out on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("zstd") is None, reason="there is no zstd: apt-get install zstd")

NAME = "nova-31.3.1"
MANIFEST = "ostler-manifest.json"
MAPS_A_FILE = (
    "import mmap, sys\n"
    "with open(sys.argv[1], 'rb') as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ):\n"
    "    print('mapped', flush=True)\n"
    "    sys.stdin.read()\n"
)
MV_THAT_IS_KILLED = """#!/bin/sh
case "$1 $2" in
--exchange*) exit 1 ;;
"-T "*/.unpack.*/nova-31.3.1) kill -TERM $PPID; exit 1 ;;
*) exec /bin/mv "$@" ;;
esac
"""


@pytest.fixture
def venvs(tmp_path: Path) -> Path:
    """A folder with an old environment, and the archive of the new one beside it."""
    folder = tmp_path / "venvs"
    (folder / NAME / "bin").mkdir(parents=True)
    (folder / NAME / MANIFEST).write_text("new")
    archive_with(folder, sys.executable)
    (folder / NAME / MANIFEST).write_text("old")
    return folder


def archive_with(venvs: Path, interpreter: str) -> None:
    """Write the archive of what lies in the folder, with this interpreter."""
    link = venvs / NAME / "bin/python"
    link.unlink(missing_ok=True)
    link.symlink_to(interpreter)
    archive = ["tar", "-c", "--zstd", "-f", str(venvs.parent / "a.tar.zst"), "-C", "/", str(venvs / NAME).lstrip("/")]
    subprocess.run(archive, check=True)


def unpack(venvs: Path, programs: Path | None = None) -> subprocess.CompletedProcess[str]:
    script = files("ostler.steps").joinpath("scripts/unpack.sh").read_text()
    path = f"{programs}:{os.environ['PATH']}" if programs else os.environ["PATH"]
    return subprocess.run(
        ["sh", "-c", script, "ostler-unpack", str(venvs.parent / "a.tar.zst"), str(venvs), NAME],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def process(venvs: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has a file of the old environment mapped."""
    argv = [sys.executable, "-c", MAPS_A_FILE, str(venvs / NAME / MANIFEST)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "mapped\n"
        yield running
        running.kill()


def test_an_environment_that_nothing_runs_from_is_replaced(venvs: Path) -> None:
    assert unpack(venvs).returncode == 0
    assert (venvs / NAME / MANIFEST).read_text() == "new"
    assert [path.name for path in venvs.iterdir()] == [NAME]
    assert not (venvs.parent / "a.tar.zst").exists()


@pytest.mark.parametrize("interpreter", ["/nowhere/python3.99", "/bin/false"])
def test_an_environment_whose_interpreter_does_not_run_here_is_not_placed(venvs: Path, interpreter: str) -> None:
    archive_with(venvs, interpreter)
    refused = unpack(venvs)
    assert refused.returncode == 1
    assert "nova-31.3.1 cannot run here" in refused.stderr
    assert "install it on this host" in refused.stderr
    assert (venvs / NAME / MANIFEST).read_text() == "old"
    assert [path.name for path in venvs.iterdir()] == [NAME]


def test_an_environment_that_a_process_runs_from_stays(venvs: Path, process: subprocess.Popen[str]) -> None:
    refused = unpack(venvs)
    assert refused.returncode == 1
    assert refused.stderr == f"{venvs}/{NAME} is not replaced: processes run from it (pid {process.pid})\n"
    assert (venvs / NAME / MANIFEST).read_text() == "old"
    assert [path.name for path in venvs.iterdir()] == [NAME]


def test_killed_between_taking_away_and_placing_the_old_one_is_there(venvs: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "mv").write_text(MV_THAT_IS_KILLED)
    (programs / "mv").chmod(0o755)
    assert unpack(venvs, programs).returncode != 0
    assert (venvs / NAME / MANIFEST).read_text() == "old"
    assert [path.name for path in venvs.iterdir()] == [NAME]
