"""`<project>-status upgrade check`: how it is called, and where its verdict is known to be wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ostler.catalog.command import ProjectCommand
from ostler.catalog.record import Closed, Ranged, Source

RealSeverity = Literal["note", "warning", "failure"]


@dataclass(frozen=True, kw_only=True)
class Circumstance(Closed):
    """What is so on a cloud, as a fact tells: at `path` of the fact's value, `operation` holds with `value`.

    `fact`, `params` and `operation` are those of the rooms above; `is_host` says that the fact is read on the host
    the check runs on, else it is about the whole cloud.
    """

    fact: str
    is_host: bool = False
    params: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...]
    operation: str
    value: str


@dataclass(frozen=True, kw_only=True)
class FalseSeverity(Ranged):
    """A verdict that says more or less than is true.

    `check` is the name the check prints ("" for a crash of the whole command); `pattern` is a regular
    expression searched in the check's details (or, for a crash, in the command's output); `exit_code` is
    what the command ends with because of it (for a line, 1 when that is a warning and 2 when it is a failure: another
    verdict is not this one); `severity` is the real one. `is_until_schema` says that the check has nothing to say until
    its own schema is there, and must be asked again then. `unless` makes the verdict right after all, and so
    does not knowing whether it is so; None: nothing does.
    """

    check: str
    pattern: str
    exit_code: int
    severity: RealSeverity
    is_until_schema: bool = False
    why: str
    unless: Circumstance | None = None
    source: Source


@dataclass(frozen=True, kw_only=True)
class StatusCheck(ProjectCommand):
    """The readiness check of a project, run with the target's code before anything is changed."""

    false_severities: tuple[FalseSeverity, ...] = ()

    def waits_for_schema(self, release: str, order: Sequence[str]) -> bool:
        """Whether the check of a release may have to be asked again when its own schema is there."""
        return any(false.is_until_schema and false.is_true_in(release, order) for false in self.false_severities)
