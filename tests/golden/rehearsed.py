"""Rehearsals made up for the recorded clouds: every command of a hop came through, in times that follow from its place.

Nobody carried them out; what a real one says is tested on the practice cloud.
"""

from __future__ import annotations

from collections.abc import Iterator

from ostler.catalog.release import Hop
from ostler.facts.speed import Speed
from ostler.planning.rehearsed import Beginning, CommandRun, DiskTaken, HopOutcome, Rehearsal
from ostler.planning.upgrade.plan import Sources
from ostler.rehearsal.sequence import Planned, hop_commands

HERE = {"cpu_s": 0.021, "rows_s": 0.035}
"""How fast the databases of the recorded clouds are, for a plan with a rehearsal."""

THERE = Speed(0.015, 0.025)


def rehearsal_of(sources: Sources, target: str, *, days_ago: float = 2.0, seconds: float = 2.0) -> Rehearsal:
    """One over the hops from a cloud's release, with dumps of that cloud; the first command of each project on a hop
    took so many seconds, and each after it one more."""
    way = sources.catalog.way(sources.cloud.release, target)
    schema = {name: tuple(found) for name, found in sources.snapshot.known("databases.schema").items()}
    sizes = sources.snapshot.known("databases.sizes")
    began = sources.snapshot.taken_at - days_ago * 24 * 3600
    projects = dict.fromkeys(turn.project for turn in sources.catalog.order.default)
    return Rehearsal(
        source=way[0].source.id,
        target=target,
        databases=tuple(sorted(schema)),
        hops=tuple(
            HopOutcome(hop.source.id, hop.target.id, name, "ok", tuple(_runs(name, sources, hop, began, seconds)))
            for hop in way
            for name in projects
        ),
        seconds=300.0,
        beginning=Beginning(began, schema, {name: sizes[name]["bytes"] for name in schema}, THERE, 0.6),
        disk=DiskTaken(60_000_000, 75_000_000, 62_000_000),
    )


def _runs(name: str, sources: Sources, hop: Hop, began: float, seconds: float) -> Iterator[CommandRun]:
    for place, planned in enumerate(hop_commands(sources.catalog, hop, name)):
        yield CommandRun(
            words=planned.words,
            kind=planned.kind,
            release=planned.release,
            exit_code=0,
            judged="done",
            began=began + place,
            seconds=seconds + place,
            rows=0 if planned.kind == "rows" else None,
            revisions=_revisions(planned),
        )


def _revisions(planned: Planned) -> dict[str, tuple[str, ...]] | None:
    if planned.kind != "schema":
        return None
    project = planned.project
    return {
        database.name: tuple(sorted(project.version_rows(database.name, planned.release)))
        for database in project.databases
    }
