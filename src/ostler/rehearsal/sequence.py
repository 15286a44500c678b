"""What is run on the way from one release to another, in order. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ostler.catalog.catalog import Catalog
from ostler.catalog.command import ProjectCommand
from ostler.catalog.project import Project
from ostler.catalog.release import Hop

Kind = Literal["rows", "schema", "check"]


@dataclass(frozen=True)
class Planned:
    """One command of a hop: `release` is that of the code that runs it."""

    hop: Hop
    project: Project
    kind: Kind
    release: str
    command: ProjectCommand
    place: int

    @property
    def key(self) -> str:
        """What the command is called in the rehearsal's journal."""
        return f"{self.hop.source.id}/{self.hop.target.id}/{self.project.name}/{self.place}: {self.words}"

    @property
    def words(self) -> str:
        """The command without its configuration files."""
        argv = iter(self.command.argv)
        return " ".join(word for word in argv if word != "--config-file" or not next(argv, None))


def hop_commands(hop: Hop, project: Project) -> tuple[Planned, ...]:
    """All that one project runs on one hop: the source's own code finishes its rows, the target's checks, the schema is
    changed, the target's code moves rows and checks what came out."""
    return tuple(
        Planned(hop, project, kind, release, command, place)
        for place, (kind, release, command) in enumerate(_of(hop, project))
    )


def _of(hop: Hop, project: Project) -> Iterator[tuple[Kind, str, ProjectCommand]]:
    source, target = hop.source.id, hop.target.id
    before, after = project.online_migration(source), project.online_migration(target)
    check = project.status_check(target)
    if before:
        yield "rows", source, before
    if check:
        yield "check", target, check
    for phase in project.schema_phases(target):
        yield "schema", target, phase
    if after:
        yield "rows", target, after
    if check:
        yield "check", target, check


def lanes(catalog: Catalog, projects: Sequence[str]) -> tuple[tuple[Project, ...], ...]:
    """The projects in rows that may be rehearsed side by side: nova's check asks placement, which goes first."""
    names = [turn for turn in dict.fromkeys(turn.project for turn in catalog.order.default) if turn in projects]
    alone = [(catalog.project(name),) for name in names if name not in ("placement", "nova")]
    together = tuple(catalog.project(name) for name in names if name in ("placement", "nova"))
    return (*((together,) if together else ()), *alone)
