"""Interpreters on this machine that are older or newer than the hosts' own: looked for, and asked what they are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ostler.errors import InputError


@dataclass(frozen=True)
class Interpreter:
    """A Python of this machine: its version ("2.7"), its program, and the folder that it and its library lie in."""

    version: str
    program: Path
    prefix: Path


def find_python(version: str, named: Path | None = None, environ: Mapping[str, str] = os.environ) -> Interpreter:
    """The interpreter of a version: the one that is named, else one that pyenv or uv has put on this machine.

    One below /usr belongs to this machine's own system and cannot be used elsewhere. Raises InputError
    `environments.no-interpreter` when there is none, `environments.not-that-python` when the named one is another.
    """
    if named is not None:
        found = _asked(named)
        if found is None or found.version != version:
            raise InputError(
                "environments.not-that-python",
                f"{named} is no Python {version}",
                found=found.version if found else "nothing that starts and says which Python it is",
                do_next=f"name an interpreter of Python {version}, or leave --python out to have it looked for",
            )
        return found
    for program in _candidates(version, environ):
        found = _asked(program)
        if found is not None and found.version == version and found.prefix != Path("/usr"):
            return found
    raise InputError(
        "environments.no-interpreter",
        f"there is no Python {version} on this machine, which this release needs",
        found="none of pyenv or uv",
        do_next=f"install one (pyenv install {version}), or name one with --python PATH",
    )


def _candidates(version: str, environ: Mapping[str, str]) -> Iterable[Path]:
    """Interpreters by where pyenv and uv put them, the newest first."""
    home = Path(environ.get("HOME", "/root"))
    pyenv = Path(environ.get("PYENV_ROOT", home / ".pyenv")) / "versions"
    uv = Path(environ.get("UV_PYTHON_INSTALL_DIR", home / ".local/share/uv/python"))
    for folder in (*pyenv.glob(f"{version}.*"), *uv.glob(f"cpython-{version}.*")):
        yield folder / "bin" / f"python{version}"


def _asked(program: Path) -> Interpreter | None:
    """What a program says it is; None when it does not start."""
    question = "import sys; print('%d.%d\\n%s' % (sys.version_info[0], sys.version_info[1], sys.prefix))"
    try:
        done = subprocess.run(
            [str(program), "-E", "-S", "-c", question],
            capture_output=True, text=True, errors="replace", timeout=30, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = done.stdout.splitlines()
    return Interpreter(said[0], program, Path(said[1])) if done.returncode == 0 and len(said) == 2 else None
