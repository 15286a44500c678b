"""What is run on the way from one release to another, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ostler.catalog.catalog import Catalog
from ostler.catalog.command import ProjectCommand
from ostler.catalog.database import Extraction, OnlineMigration
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.environments.old_releases import has_code
from ostler.planning.upgrade.ready import in_batches
from ostler.rehearsal.standing import FIRST

Kind = Literal["rows", "schema", "check", "extraction"]


@dataclass(frozen=True)
class Planned:
    """One command of a hop: `release` is that of the code that runs it, `project` what is true of it there; `is_early`
    says that the schema is still the source's."""

    hop: Hop
    project: Project
    kind: Kind
    release: str
    command: ProjectCommand
    place: int
    is_early: bool = False

    @property
    def key(self) -> str:
        """What the command is called in the rehearsal's journal."""
        return f"{self.hop.source.id}/{self.hop.target.id}/{self.project.name}/{self.place}: {self.words}"

    @property
    def words(self) -> str:
        """The command without its configuration files."""
        return self.command.words

    @property
    def argv(self) -> tuple[str, ...]:
        """The command as it is run: row migrations in batches, as the plan of an upgrade has them."""
        return in_batches(self.command) if isinstance(self.command, OnlineMigration) else self.command.argv


def code_of(catalog: Catalog, name: str, release: str) -> Project | None:
    """What is true of a project in a release, where there is code of it to run; else None."""
    project = catalog.project_in(name, release)
    return project if project is not None and has_code(project, release) else None


def taking_part(catalog: Catalog, names: Sequence[str], hop: Hop) -> tuple[str, ...]:
    """The projects that a hop is rehearsed with: placement too, on the one on which it leaves nova."""
    leaves = "nova" in names and "placement" not in names and extraction_on(catalog, hop)
    return (*names, "placement") if leaves else tuple(names)


def extraction_on(catalog: Catalog, hop: Hop) -> Extraction | None:
    """What takes placement out of nova on a hop; None on every other."""
    placement = code_of(catalog, "placement", hop.target.id)
    return placement.extraction(hop.target.id) if placement else None


def planned_on(catalog: Catalog, hop: Hop, names: Sequence[str]) -> dict[str, tuple[Planned, ...]]:
    """All that is run on one hop, by each project that takes part."""
    every = taking_part(catalog, names, hop)
    return {name: hop_commands(catalog, hop, name, is_taken_out=name not in names) for name in every}


def code_needed(catalog: Catalog, chain: Sequence[Hop], names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The projects whose code runs on the way, by release from old to new."""
    found: dict[str, list[str]] = {}
    for hop in chain:
        planned = planned_on(catalog, hop, names)
        for project, release in (each for of in planned.values() for each in environments_of(of)):
            found.setdefault(release, []).append(project)
        names = tuple(planned)
    order = catalog.all_releases.order
    return {release: tuple(dict.fromkeys(found[release])) for release in sorted(found, key=order.index)}


def certainly_needed(catalog: Catalog, target: str, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The projects whose code runs on every way to a release, by release: wherever databases are that no one has looked
    at yet, it is needed."""
    order = catalog.all_releases.order
    sources = order[order.index(FIRST) : order.index(target)]
    ways = [code_needed(catalog, catalog.all_releases.chain(source, target), names) for source in sources]
    shared = {
        release: tuple(name for name in of if all(name in way.get(release, ()) for way in ways))
        for release, of in (ways[-1] if ways else {}).items()
    }
    return {release: of for release, of in shared.items() if of}


def hop_commands(catalog: Catalog, hop: Hop, name: str, *, is_taken_out: bool = False) -> tuple[Planned, ...]:
    """All that one project runs on one hop: the source's own code finishes its rows, the target's checks, the schema is
    changed, the target's code moves rows and checks what came out. Nothing where there is no code of the target.
    `is_taken_out`: its database is filled from another project's first."""
    new = code_of(catalog, name, hop.target.id)
    if new is None:
        return ()
    old = None if is_taken_out else code_of(catalog, name, hop.source.id)
    extraction = new.extraction(hop.target.id) if is_taken_out else None
    found = list(_of(hop, old, new, extraction))
    schema = next((place for place, (_, kind, _, _) in enumerate(found) if kind in ("schema", "extraction")), 0)
    return tuple(
        Planned(hop, project, kind, release, command, place, is_early=place < schema)
        for place, (project, kind, release, command) in enumerate(found)
    )


def environments_of(planned: Sequence[Planned]) -> tuple[tuple[str, str], ...]:
    """The environments that commands are run with, as project and release, in the order of need."""
    found: list[tuple[str, str]] = []
    for each in sorted(planned, key=lambda each: each.place):
        if isinstance(each.command, Extraction):
            found.append((each.project.name, each.command.script_release))
        found.append((each.project.name, each.release))
    return tuple(dict.fromkeys(found))


def _of(
    hop: Hop, old: Project | None, new: Project, extraction: Extraction | None
) -> Iterator[tuple[Project, Kind, str, ProjectCommand]]:
    source, target = hop.source.id, hop.target.id
    before, after = old.online_migration(source) if old else None, new.online_migration(target)
    check = new.status_check(target)
    if old and before:
        yield old, "rows", source, before
    if extraction:
        yield new, "extraction", target, extraction
    elif check:
        yield new, "check", target, check
    for phase in new.schema_phases(target):
        yield new, "schema", target, phase
    if after:
        yield new, "rows", target, after
    if check:
        yield new, "check", target, check


def lanes(catalog: Catalog, projects: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The projects in rows that may be rehearsed side by side: nova's check asks placement, which goes first."""
    names = [turn for turn in dict.fromkeys(turn.project for turn in catalog.order.default) if turn in projects]
    alone = [(name,) for name in names if name not in ("placement", "nova")]
    together = tuple(name for name in names if name in ("placement", "nova"))
    return (*((together,) if together else ()), *alone)
