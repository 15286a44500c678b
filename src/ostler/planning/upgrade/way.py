"""The hops an upgrade goes over, and what is to be said of a way of several."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.catalog import is_past
from ostler.catalog.catalog import Catalog
from ostler.catalog.release import Hop
from ostler.planning.model import Stage
from ostler.planning.upgrade.config import config_notes
from ostler.planning.upgrade.fast_forward import away_s
from ostler.planning.upgrade.past import past_notes
from ostler.planning.upgrade.rehearsal_notes import rehearsal_notes
from ostler.planning.upgrade.request import Scene, Strategy, checked_projects


def way_of(catalog: Catalog, source: str, target: str, strategy: Strategy) -> tuple[Hop, ...]:
    """The hops an upgrade goes over: one when it is rolling.

    Raises InputError for an unknown release, for a hop that does not exist, and where no way leads to the target.
    """
    return (catalog.hop(source, target),) if strategy == "rolling" else catalog.way(source, target)


def catalog_of_way(catalog: Catalog, way: Sequence[Hop]) -> Catalog:
    """The catalog to plan a way with."""
    return catalog.reaching(way[0].source.id, way[-1].target.id)


def as_one(catalog: Catalog, way: Sequence[Hop]) -> Hop:
    """A way as one hop, for what only asks where it begins and where it ends."""
    ends = way[0].source.id, way[-1].target.id
    return way[0] if len(way) == 1 else catalog.reaching(*ends).releases.way(*ends)


def stopped_notes(scene: Scene, hops: Sequence[Scene], stages: Sequence[Stage]) -> tuple[str, ...]:
    """What the operator should know of an upgrade with the services stopped."""
    minutes = max(1, round(away_s(stages) / 60))
    away = f"the APIs do not answer for about {minutes} min, as estimated; servers go on running"
    rehearsed = [note for each in hops for note in rehearsal_notes(each)]
    stops = [f"{each.target}: {_why_stop(scene, each.hop)}" for each in hops[:-1]]
    is_replacement = scene.request.strategy == "replace"
    tried = scene.catalog.releases.tried_way(scene.source, scene.target, is_replacement=is_replacement)
    what = "replacement" if is_replacement else "fast-forward"
    where = "rehearse it on a copy of the databases" if is_past(scene.source) else "try it on a practice cloud"
    unknown = f"nobody has recorded a {what} over {scene.hop} yet: {where} first"
    order = scene.catalog.all_releases.order
    mute = [
        f"{project.name}'s own check of {hops[0].target} may say nothing here, and is not asked again while APIs are "
        "away: rehearse the upgrade"
        for project, check in checked_projects(hops[0])
        if check.waits_for_schema(hops[0].target, order)
    ]
    return (
        away,
        tried.note if tried else unknown,
        *mute,
        *(f"the databases stop at {stop}" for stop in stops),
        *past_notes(scene, hops),
        *config_notes(scene),
        *dict.fromkeys(rehearsed),
    )


def _why_stop(scene: Scene, hop: Hop) -> str:
    """Why no longer hop is taken: schemas that later code does not start from, rows that only this release moves."""
    reasons = []
    for project in scene.projects:
        floors = [
            f"{database.name} must have been at {floor.release} or later for {scene.target}"
            for database in project.databases
            if (floor := project.schema_floor(database.name, scene.target))
            and _is_before(scene, hop.source.id, floor.release)
        ]
        moves = project.online_migration(hop.target.id) if hop.target.id in project.releases else None
        last = project.online_migration(scene.target)
        only_here = sorted(set(moves.names if moves else ()) - set(last.names if last else ()))
        reasons += floors + (
            [f"only its code moves rows of {project.name} ({', '.join(only_here)})"] if only_here else []
        )
    return "; ".join(reasons) or f"OpenStack promises no longer hop from {hop.source.id}"


def _is_before(scene: Scene, release: str, other: str) -> bool:
    order = scene.catalog.all_releases.order
    return order.index(release) < order.index(other)
