"""A rehearsal from its dumps to its result."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ostler.catalog.catalog import Catalog
from ostler.environments.store import StoredEnvironment
from ostler.environments.unpacked import UnpackedStore
from ostler.errors import InputError, OutsideError, Stopped
from ostler.planning.rehearsed import Beginning, HopOutcome, Rehearsal
from ostler.rehearsal import journal as journals
from ostler.rehearsal.carrying import Carrying, revisions_of
from ostler.rehearsal.copying import load
from ostler.rehearsal.disk import Gauge
from ostler.rehearsal.dumps import Part, parts_of
from ostler.rehearsal.measuring import measured_bytes, measured_speed, measured_writes_s
from ostler.rehearsal.room import full_disk_told, watched
from ostler.rehearsal.rows import questions, row_findings, unmigrated
from ostler.rehearsal.scratch import Scratch, entered, start_database, stop_database
from ostler.rehearsal.sequence import certainly_needed, code_needed
from ostler.rehearsal.settings import SYSTEM_FILES
from ostler.rehearsal.standing import Said, demand_way, demand_whole, owners, source_of
from ostler.rehearsal.unpacking import unpacking

Archives = Callable[[Mapping[str, Sequence[str]]], dict[str, dict[str, StoredEnvironment]]]
"""The archives of some projects, by release, built first where there are none. Raises InputError, before anything is
built, naming every Python that is missing for that."""


@dataclass(frozen=True)
class Wish:
    """What is to be rehearsed. `dumps` are files, each with the name of its database (None: as the file says); `source`
    is what is said of their release (None: only the schemas tell);
    `projects` leaves others out (empty: all that there are dumps of); `keep` leaves the copy there; `tries_fixes` has
    the fixes made on it that the catalog knows; `compares` has the schemas compared with fresh ones in the end."""

    dumps: tuple[tuple[str | None, Path], ...]
    target: str
    source: Said | None = None
    projects: tuple[str, ...] = ()
    keep: bool = False
    tries_fixes: bool = False
    compares: bool = False


@dataclass(frozen=True)
class Stage:
    """Where it happens: `image` is the tree that hosts look like, `folder` where rehearsals lie, `interpreters` the
    folders of this machine in which Pythons lie that environments of old releases need, `unpacked` where environments
    lie unpacked for this and later rehearsals."""

    image: Callable[[], Path]
    interpreters: Callable[[], Sequence[Path]]
    archives: Archives
    folder: Path
    unpacked: UnpackedStore
    report: Callable[[str], None]


def rehearse(catalog: Catalog, wish: Wish, stage: Stage) -> Rehearsal:
    """Rehearse an upgrade on a copy of databases. A rehearsal that was killed goes on where it was.

    Nothing of the copy is left when it ends, unless that is wished; only a kill or an interruption leaves it.
    Raises InputError for dumps that cannot be rehearsed with, Refused while the same one goes on elsewhere, Stopped
    when it is interrupted, OutsideError for what the machine does not have.
    """
    began = time.monotonic()
    demand_known(catalog, wish.target, wish.source, wish.projects)
    parts = _parts(catalog, wish, stage.report)
    stage.archives(_known_before(catalog, wish, parts))
    folder = stage.folder / _name(wish, parts)
    with journals.opened(folder) as journal:
        if journal.done:
            stage.report(f"going on: {len(journal.done)} commands are on record")
        disk = Gauge(folder, _every_database(catalog), journal)
        try:
            with (
                full_disk_told(folder),
                entered(folder, stage.image(), [*stage.interpreters(), stage.unpacked.ready()]) as scratch,
                watched(folder, scratch.end, partial(_make_room, stage.unpacked, folder), disk.look),
            ):
                for path, text in SYSTEM_FILES.items():
                    scratch.write(path, text)
                start_database(scratch)
                _begin_torn_again(catalog, journal, stage.report)
                load(scratch, journal, parts, stage.report)
                disk.begin()
                result = _carried_out(catalog, wish, stage, parts, scratch, journal)
                taken, data = disk.end(), journal.data()
                if wish.keep:
                    stop_database(scratch)
        except KeyboardInterrupt:
            raise Stopped(
                "rehearsal.stopped",
                f"the rehearsal was stopped; its copy is in {folder}",
                do_next=f"give the same command again to go on, or remove the copy: rm -r {folder}",
            ) from None
        except Exception:
            with contextlib.suppress(OutsideError):
                journals.forget(folder)
            raise
        if wish.keep:
            stage.report(f"the copy is kept in {folder}: remove it with rm -r {folder}")
        else:
            journals.forget(folder)
    source, databases, outcomes, beginning = result
    return Rehearsal(
        source,
        wish.target,
        databases,
        outcomes,
        seconds=round(time.monotonic() - began, 3),
        beginning=beginning,
        disk=taken,
        data=(*data, *unmigrated(source, outcomes)),
    )


def _make_room(unpacked: UnpackedStore, folder: Path) -> None:
    """Code that is only kept for later gives way to the copy, where both lie on one disk (or in one pool of disks)."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage(unpacked.ready()) == shutil.disk_usage(folder):
            unpacked.give_way()


def demand_known(catalog: Catalog, target: str, source: Said | None, projects: Sequence[str]) -> None:
    """Raise InputError for a release or a project that there is not, and where no way can lead to the target."""
    for release in (target, *((source.release,) if source else ())):
        catalog.all_releases.release(release)
    for name in projects:
        catalog.project(name)
    demand_way(catalog, target, source)


def _known_before(catalog: Catalog, wish: Wish, parts: Sequence[Part]) -> Mapping[str, Sequence[str]]:
    """The code that is needed for sure, before the schemas have been looked at."""
    names = _projects(catalog, parts)
    if wish.source is None:
        return certainly_needed(catalog, wish.target, names)
    return code_needed(catalog, catalog.all_releases.chain(wish.source.release, wish.target), names)


def _projects(catalog: Catalog, parts: Sequence[Part]) -> tuple[str, ...]:
    of = owners(catalog, {part.name: part.file.name for part in parts})
    return tuple(dict.fromkeys(project.name for project in of.values()))


def _begin_torn_again(catalog: Catalog, journal: journals.Journal, report: Callable[[str], None]) -> None:
    """A schema command that did not end well cannot be begun twice: what it did stays, and it would fail for it."""
    for name in journal.torn():
        report(f"{name} begins again: a command that changes its databases did not end well")
        journal.begin_again(name, [database.name for database in catalog.project(name).databases])


def _carried_out(
    catalog: Catalog, wish: Wish, stage: Stage, parts: Sequence[Part], scratch: Scratch, journal: journals.Journal
) -> tuple[str, tuple[str, ...], tuple[HopOutcome, ...], Beginning]:
    projects = owners(catalog, {part.name: part.file.name for part in parts})
    names = _projects(catalog, parts)
    known = journal.beginning()
    if known is None:
        revisions = {name: revisions_of(scratch, project.database(name)) for name, project in projects.items()}
        known = source_of(catalog, revisions, wish.target, wish.source), _beginning(scratch, revisions)
        way = catalog.all_releases.chain(known[0], wish.target)
        asks = questions(catalog, way, names, tuple(projects))
        stage.report(f"counting rows that may stand in the way: {len(asks)} questions")
        journal.found(row_findings(scratch, asks))
        journal.begun(*known)
    source, beginning = known
    chain = catalog.all_releases.chain(source, wish.target)
    archives = stage.archives(code_needed(catalog, chain, names))
    with unpacking(scratch, stage.unpacked) as environments:
        carrying = Carrying(
            catalog,
            scratch,
            environments,
            journal,
            lambda project, release: archives[release][project],
            stage.report,
            tries_fixes=wish.tries_fixes,
            compares_at=wish.target if wish.compares else None,
        )
        return source, tuple(sorted(projects)), tuple(carrying.way(chain, names)), beginning


def _beginning(scratch: Scratch, revisions: Mapping[str, frozenset[str]]) -> Beginning:
    """How the copy is now that it is loaded, and how fast its server."""
    return Beginning(
        at=round(time.time(), 3),
        schema={name: tuple(sorted(found)) for name, found in revisions.items()},
        bytes=measured_bytes(scratch, tuple(revisions)),
        speed=measured_speed(scratch),
        writes_s=measured_writes_s(scratch),
    )


def _parts(catalog: Catalog, wish: Wish, report: Callable[[str], None]) -> tuple[Part, ...]:
    """The databases to rehearse with, in the dumps. Raises InputError."""
    found = [part for name, file in wish.dumps for part in _known(catalog, parts_of(file, name), report)]
    projects = owners(catalog, {part.name: str(part.file) for part in found})
    for part in found:
        if part.name != part.written and part.written in _every_database(catalog):
            raise InputError(
                "rehearsal.another-database",
                f"{part.file} is given as {part.name}, and says itself that it is of {part.written}",
                found=part.written,
                expected=f"{part.name}, or a name that is only your cloud's",
                do_next=f"name the dump of {part.name}; this one, without a name: --dump {part.file}",
            )
        twice = [other.file for other in found if other.name == part.name]
        if len(twice) > 1:
            raise InputError(
                "rehearsal.database-twice",
                f"{part.name} is in more than one dump: {', '.join(str(file) for file in twice)}",
                do_next="give one of them",
            )
    chosen = {name: it for name, it in projects.items() if not wish.projects or it.name in wish.projects}
    lacking = set(wish.projects) - {project.name for project in chosen.values()}
    if lacking or not chosen:
        raise InputError(
            "rehearsal.no-dump-of-project",
            f"there is no dump of {', '.join(sorted(lacking)) or 'any project'}",
            do_next="add its dumps with --dump FILE",
        )
    demand_whole(chosen)
    return tuple(part for part in found if part.name in chosen)


def _known(catalog: Catalog, parts: Sequence[Part], report: Callable[[str], None]) -> Sequence[Part]:
    """The databases of a file; of several in one, those that no project has are left out."""
    if len(parts) == 1:
        return parts
    names = _every_database(catalog)
    others = sorted(part.name for part in parts if part.name not in names)
    if others:
        report(f"left out of {parts[0].file.name}: {', '.join(others)}")
    return [part for part in parts if part.name in names]


def _every_database(catalog: Catalog) -> tuple[str, ...]:
    return tuple(database.name for project in catalog.projects for database in project.databases)


def _name(wish: Wish, parts: Sequence[Part]) -> str:
    """The same rehearsal has the same name."""
    fixes = ["with fixes"] if wish.tries_fixes else []
    what = [
        wish.target,
        str(wish.source and wish.source.release),
        *fixes,
        *sorted(f"{part.name}={part.sha256}" for part in parts),
    ]
    return hashlib.sha256("\n".join(what).encode()).hexdigest()[:16]
