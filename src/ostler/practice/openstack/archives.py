"""The environments of practice clouds: every project of a release, our plugins built in where they matter."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ostler.catalog.catalog import Catalog, load_catalog
from ostler.environments.interpreters import (
    Interpreter,
    find_python,
    is_out_of_reach,
    no_python,
    python_here,
    usable_python,
)
from ostler.environments.old_releases import PYTHON_OF, old_recipe, projects_in
from ostler.environments.recipe import AddedPackage, Recipe, buildable_releases, recipe_for
from ostler.environments.store import EnvironmentStore, StoredEnvironment
from ostler.errors import InputError

PROJECTS = ("keystone", "glance", "placement", "nova", "neutron", "cinder")
CHANGED = ("nova", "neutron", "cinder")
"""The projects our plugins are for: those that reach hardware, and that use RPC."""

PLUGINS = AddedPackage("ostler-practice-plugins", Path(__file__).parent.parent / "plugins")


def buildable(catalog: Catalog) -> tuple[str, ...]:
    """The releases a practice cloud can be built at, from old to new."""
    projects, constrained = [catalog.project(name) for name in PROJECTS], buildable_releases()
    return tuple(
        release
        for release in catalog.releases.order
        if release in constrained and all(release in project.releases for project in projects)
    )


def recipes(release: str, *, with_plugins: bool = True, projects: Sequence[str] = PROJECTS) -> list[Recipe]:
    """The recipe of each project in a release. Raises InputError for one that cannot be built."""
    catalog = load_catalog()
    added = {project: [PLUGINS] if with_plugins and project in CHANGED else [] for project in projects}
    return [recipe_for(catalog, project, release, added=added[project]) for project in projects]


def ensure_archives(
    cache_dir: Path,
    release: str,
    built_at: datetime,
    report: Callable[[str], None],
    store: EnvironmentStore | None = None,
    *,
    with_plugins: bool = True,
    projects: Sequence[str] = PROJECTS,
) -> dict[str, StoredEnvironment]:
    """The archive of each project in a release, built first where the store (None: that of practice clouds) does not
    have it. Only practice clouds get our plugins.

    The build root is only made when something must be built. Raises CommandFailed when a build fails.
    """
    store = store or EnvironmentStore(cache_dir / "environments")
    return _built(recipes(release, with_plugins=with_plugins, projects=projects), cache_dir, store, built_at, report)


def old_store(cache_dir: Path) -> EnvironmentStore:
    """Where the archives of past releases lie that are made for no cloud, and those without our plugins."""
    return EnvironmentStore(cache_dir / "plain-environments")


def ensure_old_archives(
    cache_dir: Path,
    release: str,
    built_at: datetime,
    report: Callable[[str], None],
    projects: Sequence[str] = (),
    python: Path | None = None,
    store: EnvironmentStore | None = None,
) -> dict[str, StoredEnvironment]:
    """The archive of each project (none named: all there are packages of) in a past release, built first where there is
    none; `python` is the interpreter to use (None: it is looked for). For the `store` of a cloud (None: that of no
    cloud) they are made so that services run from them, too.

    Raises InputError as `find_python` and `old_recipe`, CommandFailed when a build fails.
    """
    catalog = load_catalog()
    names = projects or projects_in(catalog, release)
    found = {} if python or store else _old_archives(catalog, cache_dir, release, names)
    lacking = [name for name in names if name not in found]
    if not lacking:
        return found
    interpreter = find_python(PYTHON_OF[release], python)
    if store is not None and is_out_of_reach(str(interpreter.program)):
        raise InputError(
            "environments.python-for-root-alone",
            f"a controller has to run {release} with this Python at the same place, as the users of the services",
            found=str(interpreter.program),
            expected="a Python below a folder that everybody may enter",
            do_next="put one there, here and on that controller (pyenv, with PYENV_ROOT=/opt/pyenv), and name it with "
            "--python",
        )
    wanted = [old_recipe(catalog, name, release, interpreter, serves=store is not None) for name in lacking]
    return found | _built(wanted, cache_dir, store or old_store(cache_dir), built_at, report)


def old_interpreters(cache_dir: Path) -> tuple[Interpreter, ...]:
    """Every Python on this machine that environments of old releases can be made with, or were, wherever it lies."""
    here = (python_here(version) for version in dict.fromkeys(PYTHON_OF.values()))
    return tuple(dict.fromkeys(found for found in (*here, *_makers(old_store(cache_dir).list())) if found is not None))


def demand_pythons(cache_dir: Path, needed: Mapping[str, Sequence[str]]) -> None:
    """Every archive of these projects, by release, that is not there can be made with a Python of this machine.

    Raises InputError `environments.no-interpreter`, naming all the Pythons that are missing.
    """
    catalog, missing = load_catalog(), dict[str, list[str]]()
    for release, names in needed.items():
        version = PYTHON_OF.get(release)
        if version and len(_old_archives(catalog, cache_dir, release, names)) < len(names) and not python_here(version):
            missing.setdefault(version, []).append(release)
    if missing:
        raise no_python(missing)


def _old_archives(
    catalog: Catalog, cache_dir: Path, release: str, names: Sequence[str]
) -> dict[str, StoredEnvironment]:
    """The archives that are there of projects in a release and can be used here: those that were made as they would be
    made now, with any interpreter that is still on this machine."""
    store, found = old_store(cache_dir), dict[str, StoredEnvironment]()
    for interpreter in _interpreters(store, release):
        for name in names:
            if name not in found and (stored := store.find(old_recipe(catalog, name, release, interpreter))):
                found[name] = stored
    return found


def _interpreters(store: EnvironmentStore, release: str) -> Iterator[Interpreter]:
    """The one that would be taken now, then those that archives of the release were made with."""
    here = python_here(PYTHON_OF[release])
    yield from (here,) if here else ()
    yield from _makers(store.list(release))


def _makers(archives: Sequence[StoredEnvironment]) -> Iterator[Interpreter]:
    """The interpreters that archives were made with and that are still on this machine."""
    named = {(each.manifest.interpreter, each.manifest.python) for each in archives if each.manifest.interpreter}
    for program, version in sorted(named):
        found = usable_python(Path(program), version)
        if found is not None:
            yield found


def _built(
    wanted: Sequence[Recipe],
    cache_dir: Path,
    store: EnvironmentStore,
    built_at: datetime,
    report: Callable[[str], None],
) -> dict[str, StoredEnvironment]:
    found = {recipe.project: store.find(recipe) for recipe in wanted}
    if all(found.values()):
        return {project: stored for project, stored in found.items() if stored is not None}

    from ostler.environments.build import Builder
    from ostler.practice.openstack.build_root import ensure_build_root

    root = ensure_build_root(cache_dir, report)
    builder = Builder(root, store, built_at, report, environ=dict(os.environ))
    return {stored.manifest.project: stored for stored in builder.build(wanted)}


def ensure_plain_archives(
    cache_dir: Path, release: str, built_at: datetime, report: Callable[[str], None], projects: Sequence[str]
) -> dict[str, StoredEnvironment]:
    """The same without our plugins, also of the releases before those. Where plugins would matter, archives lie in a
    store of their own: practice clouds take the newest of theirs, and do not work without the plugins."""
    if release in PYTHON_OF:
        return ensure_old_archives(cache_dir, release, built_at, report, projects)
    stores = {
        cache_dir / "environments": [name for name in projects if name not in CHANGED],
        old_store(cache_dir).folder: [name for name in projects if name in CHANGED],
    }
    found: dict[str, StoredEnvironment] = {}
    for folder, names in stores.items():
        if names:
            store = EnvironmentStore(folder)
            found |= ensure_archives(cache_dir, release, built_at, report, store, with_plugins=False, projects=names)
    return found


def ensure_way(
    cache_dir: Path, needed: Mapping[str, Sequence[str]], built_at: datetime, report: Callable[[str], None]
) -> dict[str, dict[str, StoredEnvironment]]:
    """The archives without our plugins of these projects, by release, built first where there are none.

    Raises InputError as `demand_pythons`, before anything is built, and whatever `ensure_plain_archives` raises.
    """
    demand_pythons(cache_dir, needed)
    return {release: ensure_plain_archives(cache_dir, release, built_at, report, of) for release, of in needed.items()}
