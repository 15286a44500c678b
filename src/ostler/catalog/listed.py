"""A project that Ostler does not upgrade, and of which it knows versions, order, commands and checks all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ostler.catalog.command import ProjectCommand
from ostler.catalog.numbering import Numbering, Versions, release_of
from ostler.catalog.record import Closed, Source


@dataclass(frozen=True, kw_only=True)
class ListedCommand(ProjectCommand):
    """A command of a listed project's upgrade: `turn` says when it is run.

    `before_new` is before any service of the new code starts, `after_old` when the last of the old code has stopped,
    `after_all` when all are new and running. `is_verified` is false for what was told by others and not read in the
    project's own code or documents.
    """

    name: str
    turn: Literal["before_new", "after_old", "after_all"]
    is_verified: bool = True
    why: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class Remark(Closed):
    """One sentence for whoever upgrades the project. `is_verified` as in `ListedCommand`."""

    text: str
    is_verified: bool = True
    source: Source


@dataclass(frozen=True, kw_only=True)
class ListedProject(Closed):
    """A file in data/listed. `versions` are by release, and empty for a project with a calendar of its own.

    `status_checks` are its readiness checks (none: there is none); `stop_order` are services in the order they are
    stopped for a cold upgrade (empty: none is demanded).
    """

    name: str
    package: str
    numbering: Numbering
    versions: Mapping[str, Versions]
    versions_source: Source
    stop_order: tuple[str, ...] = ()
    commands: tuple[ListedCommand, ...] = ()
    status_checks: tuple[ListedCommand, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def release_of(self, version: str) -> str | None:
        """The release a version belongs to; None when the catalog knows none."""
        return release_of(version, self.versions, self.numbering)
