"""Interpreters on this machine that are older or newer than the hosts' own: looked for, and asked what they are."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ostler.errors import InputError

OLDEST_OF_UV = [3, 8]
"""The oldest Python that uv installs (2026-11-26)."""


SYSTEM = Path("/usr")
CLOSED = ("/root/", "/home/")
"""Folders that the users of services may not enter."""


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
    if named is None:
        here = python_here(version, environ)
        if here is None:
            raise no_python({version: ()})
        return here
    found = usable_python(named, version)
    if found is None:
        asked = _asked(named)
        raise InputError(
            "environments.not-that-python",
            f"{named} is no Python {version} that lies in a folder of its own",
            found=f"Python {asked.version} in {asked.prefix}" if asked else "nothing that says which Python it is",
            do_next=f"name an interpreter of Python {version} that pyenv or uv has made, or leave --python out",
        )
    return found


def python_here(version: str, environ: Mapping[str, str] = os.environ) -> Interpreter | None:
    """The newest interpreter of a version that pyenv or uv has put on this machine; None when there is none."""
    asked = (usable_python(program, version) for program in _candidates(version, environ))
    return next((found for found in asked if found is not None), None)


def is_out_of_reach(program: str) -> bool:
    """Whether an interpreter lies where the users of services may not go."""
    return program.startswith(CLOSED)


def usable_python(program: Path, version: str) -> Interpreter | None:
    """What a program is, when it is an interpreter of this version that can be used elsewhere; else None."""
    found = _asked(program)
    return found if found is not None and found.version == version and _is_usable(found) else None


def no_python(wanted: Mapping[str, Sequence[str]], system: Path = SYSTEM) -> InputError:
    """What to raise for Pythons that are not on this machine: by version, the releases that need each (none: the one
    that is asked for). Where `system` has one that would be of that version, it is said why it is not taken."""
    needed = [f"Python {version} (for {', '.join(of) or 'this release'})" for version, of in wanted.items()]
    ways = [
        f"pyenv install {version}" + (f" or uv python install {version}" if _numbers(version) >= OLDEST_OF_UV else "")
        for version in wanted
    ]
    return InputError(
        "environments.no-interpreter",
        f"not on this machine, and needed: {', '.join(needed)}",
        found="none that pyenv or uv has put here" + _passed_over(wanted, system),
        do_next=f"install: {'; '.join(ways)}; or name one that lies elsewhere: ostler env build RELEASE --python PATH",
    )


def _passed_over(versions: Iterable[str], system: Path) -> str:
    programs = [system / "bin" / f"python{version}" for version in versions]
    there = [str(program) for program in programs if program.exists()]
    if not there:
        return ""
    are = "is there and is" if len(there) == 1 else "are there and are"
    return (
        f"; {', '.join(there)} {are} not used: a Python has to lie in a folder of its own, which can be shown alone "
        f"where environments are built and run, and {system} holds this machine's whole system"
    )


def _candidates(version: str, environ: Mapping[str, str]) -> Iterable[Path]:
    """Interpreters by where pyenv and uv put them, the newest first."""
    home = Path(environ.get("HOME", "/root"))
    pyenv = Path(environ.get("PYENV_ROOT", home / ".pyenv")) / "versions"
    uv = Path(environ.get("UV_PYTHON_INSTALL_DIR", home / ".local/share/uv/python"))
    folders = [*pyenv.glob(f"{version}.*"), *uv.glob(f"cpython-{version}.*")]
    for folder in sorted(folders, key=lambda folder: _numbers(folder.name), reverse=True):
        yield folder / "bin" / f"python{version}"


def _numbers(name: str) -> list[int]:
    """What is in a name: versions, to be compared as numbers."""
    return [int(number) for number in re.findall(r"\d+", name)]


def _is_usable(found: Interpreter) -> bool:
    """Whether it is complete with the folder it lies in: neither the system's nor one of a virtual environment."""
    is_virtual = (found.prefix / "pyvenv.cfg").exists()
    return found.prefix != SYSTEM and not is_virtual and found.program.is_file()


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
