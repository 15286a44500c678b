"""Environments of releases that ran on Pythons that Debian 12 does not bring: from Ocata (2.7) to Zed (3.10).

Their options are harvested, their migrations rehearsed, and the controller that brings databases through these releases
runs their management commands. They are made by pip, since uv knows no Python before 3.8, with the versions of pip,
setuptools and wheel that still build what those releases pinned.

Source: every environment from Ocata to Yoga was built and used in this way on Debian 12, 2026-11-20; Zed 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Mapping

from ostler.catalog.catalog import Catalog
from ostler.catalog.project import Project
from ostler.environments.interpreters import Interpreter
from ostler.environments.recipe import PipMade, Recipe, constraints_of
from ostler.errors import InputError

PYTHON_OF: Mapping[str, str] = {
    **dict.fromkeys(("ocata", "pike", "queens", "rocky"), "2.7"),
    **dict.fromkeys(("stein", "train", "ussuri", "victoria"), "3.6"),
    **dict.fromkeys(("wallaby", "xena", "yoga"), "3.8"),
    "zed": "3.10",
}
"""The Python each release is built with, from old to new."""

SEEDS: Mapping[str, tuple[str, ...]] = {
    "2.7": ("pip==20.3.4", "setuptools==44.1.1", "wheel==0.37.1"),
    "3.6": ("pip==20.3.4", "setuptools==57.5.0", "wheel==0.37.1"),
    "3.8": ("pip==24.0", "setuptools==57.5.0", "wheel==0.38.4"),
    "3.10": ("pip==24.0", "setuptools==65.7.0", "wheel==0.38.4"),
}
"""What builds the packages. setuptools 58 took use_2to3 away, which suds-jurko needs."""

RESOLVER: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("3.6", "3.8", "3.10"), ("--use-deprecated=legacy-resolver",)),
    "2.7": (),
}
"""The pins of these releases contradict some packages' own demands; pip for Python 2.7 never looked."""

RELAXED: Mapping[str, Mapping[str, str]] = {"queens": {"SQLAlchemy": "1.2.10"}}
"""Pins that do not work with today's servers, and what does. SQLAlchemy 1.2.1 does not quote `system`, a word of
MariaDB's own since 10.3: keystone's expand of Queens fails with it."""

NOT_PUBLISHED = frozenset({("glance", "ocata"), ("keystone", "ocata"), ("glance", "queens")})
"""Of which the package index has no version (looked up 2026-11-26)."""

REQUIREMENTS = ("PyMySQL", "python-memcached")
SERVING = ("uWSGI==2.0.21",)
"""What serves APIs where services are to run from such an environment. Built from source with Python 2.7.18 on Debian
12, 2026-11-26; not tried under load."""


def old_recipe(catalog: Catalog, project: str, release: str, python: Interpreter, *, serves: bool = False) -> Recipe:
    """The recipe of a project's newest version in a release of `PYTHON_OF`; `serves`: its services may run from it.

    Raises InputError `environments.not-in-release` for a project of which there is no package of that release.
    """
    past = catalog.past(project)
    if project not in projects_in(catalog, release):
        raise InputError(
            "environments.not-in-release",
            f"there is no package of {project} {release}",
            expected=", ".join(projects_in(catalog, release)),
            do_next="leave it out",
        )
    version = past.version(release)
    return Recipe(
        project=project,
        release=release,
        version=version,
        requirements=(f"{past.package}=={version}", *REQUIREMENTS, *(SERVING if serves else ())),
        constraints=_relaxed(constraints_of(release), RELAXED.get(release, {})),
        python=python.version,
        pip=PipMade(python, SEEDS[python.version], RESOLVER[python.version]),
    )


def has_own_python(release: str) -> bool:
    """Whether environments of a release are made with a Python of their own."""
    return release in PYTHON_OF


def has_code(project: Project, release: str) -> bool:
    """Whether there is code of a project in a release: it was part of it, and its package can be had."""
    return release in project.releases and (project.name, release) not in NOT_PUBLISHED


def projects_in(catalog: Catalog, release: str) -> tuple[str, ...]:
    """The projects that a past release can be built with."""
    return tuple(name for name in catalog.project_names if has_code(catalog.past(name), release))


def _relaxed(constraints: str, pins: Mapping[str, str]) -> str:
    """The constraints with other versions for some packages."""
    if not pins:
        return constraints
    kept = [line for line in constraints.splitlines() if line.partition("=")[0] not in pins]
    return "\n".join([*kept, *(f"{name}=={version}" for name, version in pins.items())]) + "\n"
