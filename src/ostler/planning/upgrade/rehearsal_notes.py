"""Where a plan's estimates of schema changes and row migrations are from, in words."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.catalog.command import ProjectCommand
from ostler.facts.model import Unknown
from ostler.planning.upgrade.rehearsals import Weighed
from ostler.planning.upgrade.request import Scene

HERE, REHEARSED = "the databases here", "where it was rehearsed"


def rehearsal_notes(scene: Scene) -> Iterator[str]:
    """From which rehearsals, how much slower the cloud is, and what was not rehearsed. Nothing without a rehearsal."""
    if not scene.rehearsals.weighed:
        return
    every = list(_commands(scene))
    used = {id(each): each for told in every for each in scene.rehearsals.timed(*told)}
    for weighed in used.values():
        yield f"estimates of schema changes and row migrations are from {weighed.name}{_speed(scene, weighed)}"
    without = [
        f"{command.words} (code of {release})"
        for name, release, command in every
        if scene.rehearsals.seconds(name, release, command) is None
    ]
    if without:
        yield f"not rehearsed, so that what they take is only a guess: {'; '.join(without)}"


def _commands(scene: Scene) -> Iterator[tuple[str, str, ProjectCommand]]:
    """The schema changes and row migrations of a plan: project, release of the code, command."""
    for project in scene.projects_with_databases:
        for release in (scene.source, scene.target):
            migration = project.online_migration(release)
            if migration:
                yield project.name, release, migration
        yield from ((project.name, scene.target, phase) for phase in project.schema_phases(scene.target))


def _speed(scene: Scene, weighed: Weighed) -> str:
    if weighed.measured is None:
        why = scene.snapshot.get("databases.speed")
        reason = f" ({why.reason})" if isinstance(why, Unknown) else ""
        return f", as they were there: how fast the databases here are could not be measured{reason}"
    counted = "" if weighed.factor == weighed.measured else f", counted as {weighed.factor:g} times"
    writes = weighed.rehearsal.beginning.writes_s
    return (
        f", times {weighed.factor:.1f}: {compared(weighed.measured, HERE, REHEARSED)}{counted}. Writes are not "
        f"measured here, since that would change something; there, 10,000 rows in a new table and two changes of it "
        f"took {writes:.1f} s"
    )


def compared(measured: float, these: str, those: str) -> str:
    """What `these` databases are beside `those`, when they take `measured` times as long."""
    if round(measured, 1) == 1.0:
        return f"{these} are as fast as {those}"
    if measured > 1:
        return f"{these} are {measured:.1f} times as slow as {those}"
    return f"{these} are {1 / measured:.1f} times as fast as {those}"
