"""`<project>-status upgrade check`: how it is called, and where its verdict is known to be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ostler.catalog.command import ProjectCommand
from ostler.catalog.record import Ranged, Source

RealSeverity = Literal["note", "warning", "failure"]


@dataclass(frozen=True, kw_only=True)
class FalseSeverity(Ranged):
    """A verdict that says more or less than is true.

    `check` is the name the check prints ("" for a crash of the whole command); `pattern` is a regular
    expression searched in the check's details (or, for a crash, in the command's output); `exit_code` is
    what the command ends with because of it; `severity` is the real one. `unless_fact` names a fact that
    makes the verdict right after all ("" when there is none).
    """

    check: str
    pattern: str
    exit_code: int
    severity: RealSeverity
    why: str
    unless: str = ""
    source: Source


@dataclass(frozen=True, kw_only=True)
class StatusCheck(ProjectCommand):
    """The readiness check of a project, run with the target's code before anything is changed."""

    false_severities: tuple[FalseSeverity, ...] = ()
