"""At which release databases are: what is said of it, and what the revisions they hold tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ostler.catalog.catalog import Catalog
from ostler.catalog.project import Project
from ostler.environments.old_releases import PYTHON_OF
from ostler.errors import InputError

FIRST = next(iter(PYTHON_OF))
"""The oldest release that a rehearsal begins at."""


@dataclass(frozen=True)
class Said:
    """The release that databases are said to be at, by whom ("--from", or a cloud file), and what to do when they are
    not."""

    release: str
    by: str = "--from"
    do_next: str = "leave --from out, or give the dumps of one release"


def demand_way(catalog: Catalog, target: str, said: Said | None) -> None:
    """Raise InputError where it is known before anything is read that no way leads to the target: it is not later than
    the release that databases are said to be at, or one of the two is too old."""
    order = catalog.all_releases.order
    if said is not None and order.index(said.release) < order.index(FIRST):
        raise _too_old([said.release])
    if order.index(target) <= order.index(FIRST):
        raise InputError(
            "rehearsal.too-old",
            f"no rehearsal leads to {target}: they begin at {FIRST}",
            expected=f"a release after {FIRST}",
            do_next="choose a later release with --to",
        )
    if said is not None and order.index(said.release) >= order.index(target):
        raise InputError(
            "rehearsal.not-before-target",
            f"{target} is not later than {said.release}, at which the databases are by {said.by}",
            do_next="choose a later release with --to",
        )


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


def source_of(catalog: Catalog, revisions: Mapping[str, frozenset[str]], target: str, said: Said | None) -> str:
    """The release all databases are at.

    Raises InputError when they are at none (half upgraded, or of a release the catalog does not know), at different
    ones, at the target or beyond it, at another than is `said`, and when more than one is possible and none was said.
    """
    order = catalog.all_releases.order
    possible = {database: _releases_at(catalog, database, found) for database, found in revisions.items()}
    for database, releases in possible.items():
        if not releases:
            others = _others_at(catalog, revisions[database])
            raise InputError(
                "rehearsal.unknown-revision",
                f"the schema of {database} is that of no release the catalog knows",
                found=", ".join(sorted(revisions[database])) + others or "no revision",
                do_next=f"see whether it is {database}; if so, finish the upgrade it was dumped in, and dump it again",
            )
    common = [release for release in order if all(release in releases for releases in possible.values())]
    if said is not None and said.release not in common:
        wrong = next(database for database, releases in possible.items() if said.release not in releases)
        raise InputError(
            "rehearsal.another-release",
            f"{wrong} is not at {said.release}, as {said.by} says",
            found=" or ".join(possible[wrong]),
            expected=said.release,
            do_next=said.do_next,
        )
    if not common:
        told = "; ".join(f"{database}: {' or '.join(releases)}" for database, releases in sorted(possible.items()))
        raise InputError(
            "rehearsal.releases-differ",
            "the databases are not all at one release",
            found=told,
            do_next="give dumps that were made together",
        )
    if order.index(common[-1]) < order.index(FIRST):
        raise _too_old(common)
    earlier = [release for release in common if order.index(release) < order.index(target)]
    if not earlier:
        raise InputError(
            "rehearsal.not-before-target",
            f"the databases are at {' or '.join(common)} already",
            do_next="choose a later release with --to",
        )
    if said is None and len(earlier) > 1:
        raise InputError(
            "rehearsal.several-releases",
            f"the schemas of {', '.join(earlier)} are the same: the databases may be of any of them",
            do_next=f"say which it is: --from {earlier[-1]}",
        )
    return said.release if said else earlier[0]


def _too_old(releases: Sequence[str]) -> InputError:
    return InputError(
        "rehearsal.too-old",
        f"the databases are at {' or '.join(releases)}, and rehearsals begin at {FIRST}",
        expected=f"{FIRST} or later",
        do_next=f"bring the cloud to {FIRST} as the releases' own guides say, and dump it again",
    )


def _others_at(catalog: Catalog, found: frozenset[str]) -> str:
    """That other databases have these revisions in some release, in words; "" where none has."""
    names = [database.name for project in catalog.projects for database in project.databases]
    at = {name: _releases_at(catalog, name, found) for name in names}
    told = " and ".join(f"{name} in {' or '.join(releases)}" for name, releases in at.items() if releases)
    return told and f", as {told} has"


def _releases_at(catalog: Catalog, database: str, found: frozenset[str]) -> list[str]:
    name = next(p.name for p in catalog.projects if any(known.name == database for known in p.databases))
    return [
        release
        for project in (catalog.past(name), catalog.project(name))
        for release in project.releases
        if database in {known.name for known in project.databases} and project.is_at(database, release, found)
    ]
