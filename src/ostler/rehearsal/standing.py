"""At which release databases are, by the revisions they hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ostler.catalog.catalog import Catalog
from ostler.catalog.project import Project
from ostler.environments.old_releases import PYTHON_OF
from ostler.errors import InputError


def owners(catalog: Catalog, names: Mapping[str, str]) -> dict[str, Project]:
    """The project of each database (`names`: database -> where it came from). Raises InputError for one that is
    nobody's."""
    known = {database.name: project for project in catalog.projects for database in project.databases}
    for name, file in names.items():
        if name not in known:
            raise InputError(
                "rehearsal.unknown-database",
                f"{name!r}, from {file}, is no database that a rehearsal knows",
                expected=", ".join(sorted(known)),
                do_next=f"say which one it is: --dump nova={file}",
            )
    return {name: known[name] for name in names}


def demand_whole(projects: Mapping[str, Project]) -> None:
    """Every database of a project is there, or none. Raises InputError naming what is missing."""
    for project in dict.fromkeys(projects.values()):
        missing = [database.name for database in project.databases if database.name not in projects]
        if missing:
            raise InputError(
                "rehearsal.database-missing",
                f"{project.name} cannot be rehearsed without {', '.join(missing)}",
                do_next=f"add the dumps of {', '.join(missing)}, or leave {project.name}'s out",
            )


def source_of(catalog: Catalog, revisions: Mapping[str, frozenset[str]], target: str, asked: str | None) -> str:
    """The release all databases are at.

    Raises InputError when they are at none (half upgraded, or of a release the catalog does not know), at different
    ones, at the target or beyond it, at another than `asked`, and when more than one is possible and none was asked.
    """
    order = catalog.all_releases.order
    possible = {database: _releases_at(catalog, database, found) for database, found in revisions.items()}
    for database, releases in possible.items():
        if not releases:
            raise InputError(
                "rehearsal.unknown-revision",
                f"the schema of {database} is that of no release the catalog knows",
                found=", ".join(sorted(revisions[database])) or "no revision",
                do_next="finish the upgrade it was dumped in, and dump it again",
            )
    common = [release for release in order if all(release in releases for releases in possible.values())]
    if asked is not None and asked not in common:
        wrong = next(database for database, releases in possible.items() if asked not in releases)
        raise InputError(
            "rehearsal.another-release",
            f"{wrong} is not at {asked}",
            found=" or ".join(possible[wrong]),
            do_next="leave --from out, or give the dumps of one release",
        )
    if not common:
        told = "; ".join(f"{database}: {' or '.join(releases)}" for database, releases in sorted(possible.items()))
        raise InputError(
            "rehearsal.releases-differ",
            "the databases are not all at one release",
            found=told,
            do_next="give dumps that were made together",
        )
    first = next(iter(PYTHON_OF))
    if order.index(common[-1]) < order.index(first):
        raise InputError(
            "rehearsal.too-old",
            f"the databases are at {' or '.join(common)}, and rehearsals begin at {first}",
            expected=f"{first} or later",
            do_next=f"bring the cloud to {first} as the releases' own guides say, and dump it again",
        )
    earlier = [release for release in common if order.index(release) < order.index(target)]
    if not earlier:
        raise InputError(
            "rehearsal.not-before-target",
            f"the databases are at {' or '.join(common)} already",
            do_next="choose a later release with --to",
        )
    if asked is None and len(earlier) > 1:
        raise InputError(
            "rehearsal.several-releases",
            f"the schemas of {', '.join(earlier)} are the same: the databases may be of any of them",
            do_next=f"say which it is: --from {earlier[-1]}",
        )
    return asked or earlier[0]


def _releases_at(catalog: Catalog, database: str, found: frozenset[str]) -> list[str]:
    name = next(p.name for p in catalog.projects if any(known.name == database for known in p.databases))
    return [
        release
        for project in (catalog.past(name), catalog.project(name))
        for release in project.releases
        if database in {known.name for known in project.databases} and project.is_at(database, release, found)
    ]
