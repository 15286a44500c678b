"""What an environment is made of, and the address that follows from it.

Two recipes with the same address give interchangeable environments: the address covers the project's exact
version, the release's upper constraints, every further requirement, the sources of added packages, the
Python version and the builder's own version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ostler.catalog.catalog import Catalog
from ostler.deployment.paths import environment_path
from ostler.environments.interpreters import Interpreter
from ostler.errors import InputError

BUILDER_VERSION = 1
FINISHING = Path(__file__).parent / "finishing.py"
FINISHING_OLD = Path(__file__).parent / "finishing_old.py"
PYTHON = "3.11"
CONSTRAINTS_DIR = Path(__file__).parent / "constraints"
ADDRESS_CHARACTERS = 16

RUNTIME_REQUIREMENTS = ("PyMySQL", "pymemcache", "python-memcached", "python-binary-memcached", "pyuwsgi==2.0.30")
"""What every service needs here beside its own requirements: database, cache and WSGI server."""

PROJECT_REQUIREMENTS: Mapping[str, tuple[str, ...]] = {"glance": ("os-brick", "python-cinderclient")}
"""What a project tries to import when it starts, and logs an error about when it is not there."""

PKG_RESOURCES = "setuptools<81"
"""Projects up to 2024.2 import pkg_resources, which setuptools 81 dropped and uv does not install."""

NEWEST_BY_RELEASE = {"2026.2": "2026-10-20"}
"""Releases whose constraints do not pin everything: nothing uploaded after this day is taken."""


@dataclass(frozen=True)
class AddedPackage:
    """A local package built into an environment: its distribution's name and the folder of its sources."""

    name: str
    source: Path

    def digest(self) -> str:
        """Changes when the name or the bytes of any source file do."""
        digest = hashlib.sha256()
        for path in sorted(self.source.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(self.source)}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class PipMade:
    """How pip makes an environment: the interpreter, what builds the packages, and options of pip's resolver."""

    interpreter: Interpreter
    seeds: tuple[str, ...]
    resolver: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """One environment to be built. `newest` is the day after which no upload is taken (None: no limit); `pip` is said
    of one that uv cannot make."""

    project: str
    release: str
    version: str
    requirements: tuple[str, ...]
    constraints: str
    newest: str | None = None
    added: tuple[AddedPackage, ...] = ()
    python: str = PYTHON
    pip: PipMade | None = None

    @property
    def path(self) -> str:
        """Where the environment lies on a host."""
        return environment_path(self.project, self.version)

    @property
    def interpreter(self) -> str:
        """The Python that the environment is made with: the hosts' own, or one of this machine."""
        return str(self.pip.interpreter.program) if self.pip else f"/usr/bin/python{self.python}"

    def address(self) -> str:
        """Names what the environment is made of."""
        ingredients = [
            BUILDER_VERSION,
            hashlib.sha256(FINISHING.read_bytes()).hexdigest(),
            self.project,
            self.release,
            self.version,
            self.requirements,
            hashlib.sha256(self.constraints.encode()).hexdigest(),
            self.newest,
            [(package.name, package.digest()) for package in self.added],
            self.python,
            self.path,
            *self._of_pip(),
        ]
        return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()[:ADDRESS_CHARACTERS]

    def _of_pip(self) -> list[object]:
        if self.pip is None:
            return []
        finishing = hashlib.sha256(FINISHING_OLD.read_bytes()).hexdigest()
        return [finishing, str(self.pip.interpreter.program), self.pip.seeds, self.pip.resolver]


def recipe_for(catalog: Catalog, project: str, release: str, added: Iterable[AddedPackage] = ()) -> Recipe:
    """The recipe of a project's newest version in a release.

    Raises InputError for a project or release the catalog does not know, and
    `environments.no-constraints` for a release without upper constraints.
    """
    known = catalog.project(project)
    catalog.release(release)
    version = known.version(release)
    return Recipe(
        project=project,
        release=release,
        version=version,
        requirements=(
            f"{known.package}=={version}",
            *RUNTIME_REQUIREMENTS,
            *PROJECT_REQUIREMENTS.get(project, ()),
            PKG_RESOURCES,
        ),
        constraints=constraints_of(release),
        newest=NEWEST_BY_RELEASE.get(release),
        added=tuple(added),
    )


def constraints_of(release: str) -> str:
    """The upper constraints of a release. Raises InputError when Ostler brings none for it."""
    path = CONSTRAINTS_DIR / f"{release}.txt"
    if not path.is_file():
        raise InputError(
            "environments.no-constraints",
            f"there are no upper constraints for release {release!r}",
            expected=", ".join(buildable_releases()),
            do_next="choose one of these releases, or add its upper-constraints.txt to Ostler",
        )
    return path.read_text()


def buildable_releases() -> tuple[str, ...]:
    """The releases environments can be built for, by name."""
    return tuple(sorted(path.stem for path in CONSTRAINTS_DIR.glob("*.txt")))
