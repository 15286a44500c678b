"""Interpreters on this machine that are older or newer than the hosts' own: looked for, and asked what they are."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Collection, Iterable, Mapping
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
    `environments.no-interpreter` when there is none, `environments.not-that-python` when the named one is another, or
    belongs to the system or a virtual environment.
    """
    if named is not None:
        found = _asked(named)
        if found is None or found.version != version or not _is_usable(found):
            raise InputError(
                "environments.not-that-python",
                f"{named} is no Python {version} that lies in a folder of its own",
                found=f"Python {found.version} in {found.prefix}" if found else "nothing that says which Python it is",
                do_next=f"name an interpreter of Python {version} that pyenv or uv has made, or leave --python out",
            )
        return found
    for program in _candidates(version, environ):
        found = _asked(program)
        if found is not None and found.version == version and _is_usable(found):
            return found
    raise InputError(
        "environments.no-interpreter",
        f"there is no Python {version} on this machine, which this release needs",
        found="none of pyenv or uv",
        do_next=f"install one: pyenv install {version} (ostler env build takes one elsewhere too: --python PATH)",
    )


def interpreters_here(versions: Collection[str], environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The folders in which the interpreters of these versions lie, of those that are on this machine."""
    found = []
    for version in sorted(versions):
        with contextlib.suppress(InputError):
            found.append(find_python(version, environ=environ).prefix)
    return tuple(found)


def _candidates(version: str, environ: Mapping[str, str]) -> Iterable[Path]:
    """Interpreters by where pyenv and uv put them, the newest first."""
    home = Path(environ.get("HOME", "/root"))
    pyenv = Path(environ.get("PYENV_ROOT", home / ".pyenv")) / "versions"
    uv = Path(environ.get("UV_PYTHON_INSTALL_DIR", home / ".local/share/uv/python"))
    folders = [*pyenv.glob(f"{version}.*"), *uv.glob(f"cpython-{version}.*")]
    for folder in sorted(folders, key=_numbers, reverse=True):
        yield folder / "bin" / f"python{version}"


def _numbers(folder: Path) -> list[int]:
    """What is in a folder's name: versions, to be compared as numbers."""
    return [int(number) for number in re.findall(r"\d+", folder.name)]


def _is_usable(found: Interpreter) -> bool:
    """Whether it is complete with the folder it lies in: neither the system's nor one of a virtual environment."""
    is_virtual = (found.prefix / "pyvenv.cfg").exists()
    return found.prefix != Path("/usr") and not is_virtual and found.program.is_file()


def _asked(program: Path) -> Interpreter | None:
    """What a program says it is, and its own name in the folder it lies in; None when it does not start."""
    question = "import sys; print('%d.%d\\n%s' % (sys.version_info[0], sys.version_info[1], sys.prefix))"
    try:
        done = subprocess.run(
            [str(program), "-E", "-S", "-c", question],
            capture_output=True, text=True, errors="replace", timeout=30, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = done.stdout.splitlines()
    if done.returncode or len(said) != 2:
        return None
    version, prefix = said[0], Path(said[1])
    return Interpreter(version, prefix / "bin" / f"python{version}", prefix)
