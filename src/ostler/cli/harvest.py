"""`ostler catalog harvest`: record the options of a release from its own environments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostler.cli.env import ForPractice, is_in_own_store, store_of
from ostler.cli.where import CloudFile
from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.catalog.option_file import Harvest


def harvest(
    release: Annotated[str, typer.Option("--release", help="The release to ask, such as 2025.1.")],
    project: Annotated[
        list[str] | None, typer.Option("--project", help="Only this project; may be given several times.")
    ] = None,
    environment: Annotated[
        list[str] | None,
        typer.Option(
            "--environment",
            metavar="PROJECT=DIR",
            help="A virtual environment that lies here, of any Python from 2.7; may be given several times.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the files are; else those of this Ostler.")
    ] = None,
    practice: ForPractice = False,
    cloud: CloudFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")] = False,
) -> None:
    """Record every option of a release, from its own code, in the catalog's files. Changes no cloud.

    The environments are those of the store (see ostler env build), or those that --environment names.

    Examples:  ostler catalog harvest --release 2025.1 --practice
               ostler catalog harvest --release rocky
               ostler catalog harvest --release rocky --environment nova=/srv/rocky/nova
    """
    from ostler.catalog import load_catalog
    from ostler.catalog.option_file import OptionFile, read_option_file, with_harvest, write_option_file
    from ostler.catalog.options import OPTIONS_DIR, SUFFIX
    from ostler.environments.old_releases import has_own_python, projects_in
    from ostler.practice.openstack.archives import PROJECTS

    catalog = load_catalog()
    catalog.all_releases.release(release)
    places = _environments(environment or [])
    folder = out or OPTIONS_DIR
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    every = projects_in(catalog, release) if has_own_python(release) else PROJECTS
    for name in project or tuple(places) or every:
        found, problems = _harvest(name, release, places.get(name), practice=practice, cloud=cloud)
        path = folder / f"{name}{SUFFIX}"
        known = read_option_file(path.read_text("utf-8"), path.name) if path.exists() else OptionFile(name)
        path.write_text(write_option_file(with_harvest(known, found, catalog.all_releases.order)), "utf-8")
        rows.append(_row(name, found, problems, path))
        if not as_json:
            _tell(rows[-1])
    if as_json:
        typer.echo(json.dumps({"release": release, "projects": rows}, indent=1))


def _harvest(
    project: str, release: str, place: Path | None, *, practice: bool, cloud: Path | None
) -> tuple[Harvest, tuple[str, ...]]:
    from ostler.environments.harvest import harvest_archive, harvest_environment
    from ostler.environments.store import EnvironmentStore
    from ostler.practice.layout import cache_dir
    from ostler.practice.openstack.archives import old_store

    if place is not None:
        return harvest_environment(place, project, release)
    if is_in_own_store(release, practice=practice, cloud=cloud):
        store = old_store(cache_dir())
    else:
        store = EnvironmentStore(cache_dir() / "environments") if practice else store_of(cloud)
    stored = store.newest(project, release)
    if stored is None:
        raise InputError(
            "environments.not-in-store",
            f"the store {store.folder} has no environment of {project} {release}",
            do_next=f"build it (ostler env build {release}), or name one with --environment {project}=DIR",
        )
    return harvest_archive(stored)


def _environments(said: list[str]) -> dict[str, Path]:
    places = {name: Path(place) for name, sign, place in (each.partition("=") for each in said) if sign and place}
    if len(places) != len(said):
        raise InputError(
            "environments.not-project-and-folder",
            "an environment is given as PROJECT=DIR, each project once",
            found=", ".join(said),
            do_next="write for example --environment nova=/srv/rocky/nova",
        )
    return places


def _row(name: str, found: Harvest, problems: tuple[str, ...], path: Path) -> dict[str, Any]:
    return {
        "project": name,
        "version": found.version,
        "python": found.python,
        "options": len(found.records),
        "problems": list(problems),
        "file": str(path),
    }


def _tell(row: dict[str, Any]) -> None:
    typer.echo(f"{row['project']:10} {row['version']:10} {row['options']:5} options  {row['file']}")
    for problem in row["problems"]:
        typer.echo(f"           note: {problem}")
