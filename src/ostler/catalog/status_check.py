"""`<project>-status upgrade check`: how it is called, and where its verdict is known to be wrong."""

from __future__ import annotations

from collections.abc import Mapping
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
    verdict is not this one); `severity` is the real one. `unless` makes the verdict right after all, and so
    does not knowing whether it is so; None: nothing does.
    """

    check: str
    pattern: str
    exit_code: int
    severity: RealSeverity
    why: str
    unless: Circumstance | None = None
    source: Source


@dataclass(frozen=True, kw_only=True)
class StatusCheck(ProjectCommand):
    """The readiness check of a project, run with the target's code before anything is changed."""

    false_severities: tuple[FalseSeverity, ...] = ()
