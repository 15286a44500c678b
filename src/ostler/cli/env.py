"""`ostler env`: build software environments and list those in the store."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ostler.cli.where import CloudFile, load_cloud
from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.environments.store import EnvironmentStore, StoredEnvironment

app = typer.Typer(no_args_is_help=True, help="Software environments: one archive per project and release.")

AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of text.")]


ForPractice = Annotated[
    bool, typer.Option("--practice", help="For practice clouds: with the stand-ins for hardware, in their own store.")
]


@app.command()
def build(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="The release to build, such as 2025.1.")],
    practice: ForPractice = False,
    project: Annotated[
        list[str] | None, typer.Option("--project", help="Only this project; may be given several times.")
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option("--python", metavar="PATH", help="The interpreter for a release before 2023.1; else looked for."),
    ] = None,
    cloud: CloudFile = None,
    as_json: AsJson = False,
) -> None:
    """Build the environments of a release that are not in the store yet. Needs root and a package index.

    They go into the cloud's store. Those of Ocata to Zed go there only where --cloud names it: an upgrade that passes
    them needs them on its first controller, with the Python they are made with, at the same place there. Else they have
    a store of their own, to be harvested and rehearsed with. They are made with a Python of 2.7 to 3.10 that pyenv or
    uv has put on this machine, or that --python names.

    Examples:  ostler env build 2025.1 --cloud cloud.yaml
               ostler env build --practice 2025.1
               ostler env build rocky --project nova
               ostler env build rocky --cloud cloud.yaml --python /opt/pyenv/versions/2.7.18/bin/python2.7
    """
    from datetime import UTC, datetime

    from ostler.environments.old_releases import has_own_python
    from ostler.practice.layout import cache_dir
    from ostler.practice.openstack.archives import PROJECTS, ensure_archives, ensure_old_archives

    now, tell = datetime.now(UTC), _reporter(as_json)
    names = tuple(dict.fromkeys(project or ()))
    if has_own_python(release) and cloud is not None and not practice:
        found = ensure_old_archives(cache_dir(), release, now, tell, names, python, store_of(cloud))
    elif is_in_own_store(release, practice=practice, cloud=cloud):
        found = ensure_old_archives(cache_dir(), release, now, tell, names, python)
    elif python is not None:
        raise InputError(
            "environments.python-of-host",
            f"the environments of {release} are made with the hosts' own Python",
            found=f"--python {python}",
            do_next="leave --python out",
        )
    else:
        store = None if practice else store_of(cloud)
        names = names or PROJECTS
        found = ensure_archives(cache_dir(), release, now, tell, store, with_plugins=practice, projects=names)
    _show(list(found.values()), as_json)


@app.command("list")
def list_environments(practice: ForPractice = False, cloud: CloudFile = None, as_json: AsJson = False) -> None:
    """List the environments in the cloud's store.

    Example:  ostler env list --practice
    """
    from ostler.environments.store import EnvironmentStore
    from ostler.practice.layout import cache_dir

    store = EnvironmentStore(cache_dir() / "environments") if practice else store_of(cloud)
    _show(store.list(), as_json)


def is_in_own_store(release: str, *, practice: bool, cloud: Path | None) -> bool:
    """Whether the environments of a release are kept apart from every cloud's.

    Raises InputError for a release of which no environment is made, and where a cloud's store is asked for one of
    those that are kept apart.
    """
    from ostler.catalog import load_catalog
    from ostler.environments.old_releases import PYTHON_OF, has_own_python

    catalog = load_catalog()
    catalog.all_releases.release(release)
    if has_own_python(release):
        if practice or cloud is not None:
            raise InputError(
                "environments.of-no-cloud",
                f"the environments of {release} are for no cloud: they have a store of their own",
                found="--practice" if practice else f"--cloud {cloud}",
                do_next="leave --practice and --cloud out",
            )
        return True
    if release not in catalog.releases.order:
        raise InputError(
            "environments.not-made",
            f"Ostler makes no environments of {release}: they begin with {next(iter(PYTHON_OF))}",
            found=release,
            expected=f"a release from {next(iter(PYTHON_OF))} to {catalog.releases.order[-1]}",
            do_next="name another release; options of an environment of your own: ostler catalog harvest --environment",
        )
    return False


def store_of(cloud: Path | None) -> EnvironmentStore:
    """The store that the cloud file names. A practice cloud's is not for software without its stand-ins."""
    from ostler.environments.store import EnvironmentStore
    from ostler.practice.layout import cache_dir

    path = load_cloud(cloud).environments.path
    if path.resolve() == (cache_dir() / "environments").resolve():
        raise InputError(
            "environments.practice-store",
            "this is a practice cloud: its environments need the stand-ins for hardware",
            do_next="add --practice",
        )
    return EnvironmentStore(path)


def _reporter(as_json: bool) -> Callable[[str], None]:
    """Progress goes to stderr, so that stdout holds the result alone."""
    started = time.monotonic()

    def report(line: str) -> None:
        if not as_json:
            typer.echo(f"{time.monotonic() - started:6.1f} s  {line}", err=True)

    return report


def _show(stored: list[StoredEnvironment], as_json: bool) -> None:
    rows = [_row(each) for each in stored]
    if as_json:
        typer.echo(json.dumps({"environments": rows}, indent=1))
        return
    if not rows:
        typer.echo("There are no environments in the store. Build some: ostler env build RELEASE")
    for row in rows:
        mib = row["size_bytes"] / 2**20
        typer.echo(f"{row['release']:8} {row['project']:10} {row['version']:10} {mib:5.0f} MiB  {row['archive']}")


def _row(stored: StoredEnvironment) -> dict[str, Any]:
    manifest = stored.manifest
    return {
        "project": manifest.project,
        "release": manifest.release,
        "version": manifest.version,
        "address": manifest.address,
        "size_bytes": manifest.size_bytes,
        "unpacked_bytes": manifest.unpacked_bytes,
        "sha256": manifest.sha256,
        "built_at": manifest.built_at,
        "archive": str(stored.archive),
    }
