"""Harvest the options of a release: run a script in that release's own environments.

An environment is unpacked to a scratch folder, its own Python runs foreign/harvesting.py, and the folder is removed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import zstandard

from ostler.catalog.option_file import Harvest, harvest_from
from ostler.environments.store import StoredEnvironment
from ostler.errors import CommandFailed, CommandTimedOut, InputError

SCRIPT = Path(__file__).parent / "foreign" / "harvesting.py"
TIMEOUT_S = 600
LAST_LINES = 5


def harvest_archive(stored: StoredEnvironment, scratch: Path | None = None) -> tuple[Harvest, tuple[str, ...]]:
    """The options of an archive's project, and what could not be asked; `scratch` is where to unpack it (None: the
    machine's own place).

    Raises what `harvest_environment` raises.
    """
    manifest = stored.manifest
    with tempfile.TemporaryDirectory(prefix="ostler-harvest-", dir=scratch) as folder:
        unpack(stored, Path(folder))
        environment = Path(folder) / manifest.path.lstrip("/")
        return harvest_environment(environment, manifest.project, manifest.release)


def unpack(stored: StoredEnvironment, folder: Path) -> None:
    """Put what an archive holds below a folder, at the path it was made for."""
    with (
        stored.archive.open("rb") as packed,
        zstandard.ZstdDecompressor().stream_reader(packed) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        # Python before 3.11.4 has no filters; the store's archives are our own.
        archive.extraction_filter = getattr(tarfile, "tar_filter", None)
        archive.extractall(folder)


def harvest_environment(environment: Path, project: str, release: str) -> tuple[Harvest, tuple[str, ...]]:
    """The options of a project in an environment that lies at `environment`, and what could not be asked.

    Raises InputError `environments.not-of-project` when the project is not installed there, `environments.no-python`
    when its Python is not there, CommandFailed when it fails, and CommandTimedOut when it does not end.
    """
    found = asked(environment, project, SCRIPT, [project])
    if not found["version"]:
        raise InputError(
            "environments.not-of-project",
            f"{project} is not installed in {environment}",
            do_next="name the environment of that project",
        )
    return harvest_from(found, release), tuple(found["problems"])


def asked(environment: Path, project: str, script: Path, arguments: Sequence[str]) -> Any:
    """The JSON document that a script writes to the file named last, run by the Python of a project's environment.

    Raises InputError `environments.no-python` when that Python is not there, CommandFailed when the script fails, and
    CommandTimedOut when it does not end.
    """
    python = environment / "bin" / "python"
    if shutil.which(python) is None:
        raise InputError(
            "environments.no-python",
            f"the environment of {project} has no Python that starts here",
            found=f"{python} leads to {os.path.realpath(python)}",
            do_next="install that interpreter on this machine, or harvest where the environment was built",
        )
    with tempfile.TemporaryDirectory(prefix="ostler-harvest-") as folder:
        answer = Path(folder) / "answer.json"
        _run([str(python), "-B", "-W", "ignore", str(script), *arguments, str(answer)], folder)
        return json.loads(answer.read_text(encoding="utf-8"))


def _run(argv: list[str], home: str) -> None:
    """Run the script with nothing of ours around it: the order of its sets is fixed, and nobody's files are read."""
    surroundings = {"PATH": os.defpath, "HOME": home, "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"}
    try:
        done = subprocess.run(
            argv, env=surroundings, cwd=home, capture_output=True, text=True, errors="replace",
            timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CommandTimedOut(
            "environments.harvest-not-ended",
            f"the harvest did not end within {TIMEOUT_S} s",
            do_next="try again; when it happens again, report it with the release and the project",
        ) from error
    if done.returncode:
        raise CommandFailed(
            "environments.harvest-failed",
            f"the harvest ended with {done.returncode}: {' / '.join(done.stderr.splitlines()[-LAST_LINES:])}",
            found=done.stderr[-2000:],
            do_next="see whether the environment starts its services; build it again, or report what it says",
        )
