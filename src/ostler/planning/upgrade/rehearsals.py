"""What rehearsals say of one hop: which of them count for which project, and how long its commands take here.

A rehearsal counts for a project when it took the project over this hop and its databases stood there where the cloud's
stand. Its times are of the server with the copy; how much slower the cloud's is was measured on both by the same work
that only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from ostler.catalog.catalog import Catalog
from ostler.catalog.command import ProjectCommand
from ostler.catalog.release import Hop
from ostler.facts.model import FactRequest, Snapshot, wanted
from ostler.facts.speed import Speed
from ostler.planning.rehearsed import PASSED, TIMED, CommandRun, HopOutcome, Rehearsal, believed, times_as_long


@dataclass(frozen=True)
class Weighed:
    """One rehearsal as it is seen from the cloud. `outcomes` are those on the hop, by project; `elsewhere` the
    databases that stood at other revisions than the cloud's, with their projects, for which it therefore does not
    count; `measured` how many times as long the cloud's server takes for the same (None: not measured)."""

    rehearsal: Rehearsal
    outcomes: Mapping[str, HopOutcome]
    elsewhere: Mapping[str, str]
    measured: float | None

    @property
    def name(self) -> str:
        """What it is called where it is spoken of."""
        at = datetime.fromtimestamp(self.rehearsal.beginning.at, UTC)
        return f"the rehearsal {self.rehearsal.source} → {self.rehearsal.target} of {at:%Y-%m-%d %H:%M} UTC"

    @property
    def factor(self) -> float:
        """By which its times are multiplied."""
        return believed(self.measured)

    def counts_for(self, project: str) -> bool:
        return project in self.outcomes and project not in self.elsewhere.values()


@dataclass(frozen=True)
class Rehearsals:
    """Those that were given for a plan, the newest first."""

    weighed: tuple[Weighed, ...] = ()

    def newest_for(self, project: str) -> Weighed | None:
        """The last that counts for a project: it decides what stands in the way; None when none does."""
        return next((each for each in self.weighed if each.counts_for(project)), None)

    def seconds(self, project: str, release: str, command: ProjectCommand) -> float | None:
        """How long a command takes here with the code of a release: the middle one of all times in which it came
        through; None when it never did."""
        found = [
            run.seconds * each.factor
            for each in self.weighed
            if each.counts_for(project)
            for run in _runs(each.outcomes[project], release, command)
        ]
        return median(found) if found else None

    def timed(self, project: str, release: str, command: ProjectCommand) -> tuple[Weighed, ...]:
        """The rehearsals from which the time of a command is."""
        return tuple(
            each
            for each in self.weighed
            if each.counts_for(project) and any(_runs(each.outcomes[project], release, command))
        )


def rehearsal_requests(rehearsals: Iterable[Rehearsal], catalog: Catalog) -> tuple[FactRequest, ...]:
    """The facts that a plan with rehearsals needs besides: how fast the databases are, and whether what was fixed on
    the copy is fixed on the cloud. None without one."""
    rehearsals = tuple(rehearsals)
    if not rehearsals:
        return ()
    codes = {finding.code for each in rehearsals for hop in each.hops for finding in hop.findings}
    counted = [blocker.code for blocker in catalog.blockers if blocker.rows is not None and blocker.code in codes]
    return (wanted("databases.speed"), *(wanted("databases.rows_in_the_way", blocker=code) for code in counted))


def weigh(
    rehearsals: Iterable[Rehearsal], hop: Hop, snapshot: Snapshot, catalog: Catalog, first: Hop | None = None
) -> Rehearsals:
    """Look at rehearsals from one hop of one cloud; `first` is the hop before which the cloud stands now, where that is
    another."""
    newest_first = sorted(rehearsals, key=lambda each: each.beginning.at, reverse=True)
    return Rehearsals(tuple(_weighed(each, hop, snapshot, catalog, first or hop) for each in newest_first))


def _weighed(rehearsal: Rehearsal, hop: Hop, snapshot: Snapshot, catalog: Catalog, first: Hop) -> Weighed:
    here = (hop.source.id, hop.target.id)
    outcomes = {each.project: each for each in rehearsal.hops if (each.source, each.target) == here}
    stands = snapshot.known("databases.schema")
    owners = {database.name: project.name for project in catalog.projects for database in project.databases}
    elsewhere = {
        database: owners[database]
        for database, seen in _stood(rehearsal, first)
        if stands is not None
        and owners.get(database) in outcomes
        and tuple(sorted(stands.get(database, ()))) not in seen
    }
    speed = snapshot.known("databases.speed")
    return Weighed(rehearsal, outcomes, elsewhere, times_as_long(rehearsal, Speed(**speed)) if speed else None)


def _stood(rehearsal: Rehearsal, hop: Hop) -> Iterator[tuple[str, set[tuple[str, ...]]]]:
    """Where each database stood before, during and after the hop: a cloud whose upgrade was taken back stands within
    it. Nothing where the rehearsal did not go over it: nobody knows where it would have stood."""
    if all((outcome.source, outcome.target) != (hop.source.id, hop.target.id) for outcome in rehearsal.hops):
        return
    stood = {database: {tuple(sorted(found))} for database, found in rehearsal.beginning.schema.items()}
    is_there = False
    for outcome in rehearsal.hops:
        is_here = (outcome.source, outcome.target) == (hop.source.id, hop.target.id)
        is_there = is_there or is_here
        for run in outcome.commands if is_here or not is_there else ():
            for database, found in (run.revisions or {}).items():
                before = stood.get(database, set()) if is_here else set()
                stood[database] = before | {tuple(sorted(found))}
    yield from stood.items()


def _runs(outcome: HopOutcome, release: str, command: ProjectCommand) -> Iterator[CommandRun]:
    for run in outcome.commands:
        if run.kind in TIMED and run.outcome in PASSED and (run.release, run.words) == (release, command.words):
            yield run
