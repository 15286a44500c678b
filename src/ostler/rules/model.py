"""A rule as data: what it reads, what it goes over, when it fires, and what it says then."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ostler.errors import Severity
from ostler.facts.model import JsonValue
from ostler.rules.place import Place

LevelKind = Literal["hosts", "services", "databases", "items"]


@dataclass(frozen=True)
class FactUse:
    """A fact a rule reads, and the name it gives to it.

    ``where`` is None for a cloud-wide fact, ``host`` for the host the rule is at, or the name of a group of
    hosts: then the value is a mapping of host to value. ``params`` are the fact's parameters.
    """

    alias: str
    fact: str
    where: str | None
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Level:
    """One ``for each`` of a rule; ``name`` is bound to each thing in turn.

    ``hosts`` goes over the names of a group of hosts; ``services`` over the catalog's services for the roles of
    the host the rule is at; ``databases`` over the catalog's databases; ``items`` over a mapping or list,
    binding ``key`` (or position) and ``value``.
    """

    name: str
    kind: LevelKind
    of: str


@dataclass(frozen=True)
class Derivation:
    """A value worked out from another one by a function of the closed vocabulary."""

    name: str
    function: str
    of: Place
    argument: JsonValue = None


@dataclass(frozen=True)
class Ref:
    """The other side of a comparison, when it is not a literal."""

    place: Place


@dataclass(frozen=True)
class Test:
    """What stands at ``look`` must satisfy ``operation`` with ``value``."""

    __test__ = False  # for pytest: this is no test case

    look: Place
    operation: str
    value: JsonValue | Ref


@dataclass(frozen=True)
class Group:
    """Several conditions: ``all`` hold, ``any`` holds, or ``none`` holds."""

    kind: Literal["all", "any", "none"]
    of: tuple[Condition, ...]


Condition = Test | Group


@dataclass(frozen=True)
class Source:
    """Where the rule comes from, and on which day (ISO date)."""

    where: str
    date: str


@dataclass(frozen=True)
class Rule:
    """One rule. Its texts are templates: ``{place}`` stands for a value.

    ``applies`` is ``always``, only when an ``upgrade`` is prepared, only when one is that runs services of both
    releases side by side (``rolling``), or only in a ``diagnosis``; ``severity_for_upgrade`` replaces
    ``severity`` before an upgrade (None: it does not). ``component`` is the part of the cloud it is about; empty only
    for rules about upgrades. ``is_symptom``: it shows that the part does not do its work, not that it is itself what is
    broken. ``is_work_of_runs``: while a run of Ostler is under way on the cloud, it finds what the run does, no fault.
    ``needs`` are the features a cloud must have (see ``vocabulary``). The
    rule fires for every subject for which all conditions of ``when`` hold.
    """

    id: str
    severity: Severity
    severity_for_upgrade: Severity | None
    applies: Literal["always", "upgrade", "rolling", "diagnosis"]
    needs: tuple[str, ...]
    facts: tuple[FactUse, ...]
    for_each: tuple[Level, ...]
    let: tuple[Derivation, ...]
    when: tuple[Condition, ...]
    subject: str
    summary: str
    found: str
    expected: str
    evidence: Place | None
    do_next: str
    source: Source
    confirm: bool | Literal["must"] = False
    component: str = ""
    is_symptom: bool = False
    is_work_of_runs: bool = False

    def severity_when(self, is_upgrade: bool) -> Severity:
        """Return how much it matters now."""
        return (self.severity_for_upgrade if is_upgrade else None) or self.severity


class Purpose(StrEnum):
    """What rules are judged for: health in general, an upgrade, or a diagnosis."""

    HEALTH = "health"
    UPGRADE = "upgrade"
    DIAGNOSIS = "diagnosis"


class Verdict(StrEnum):
    """What a rule says of one subject."""

    FIRES = "fires"
    SILENT = "silent"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class CannotTell:
    """A value that is not known: ``about`` names the fact, ``host`` where it is read (None: the cloud), ``reason``
    why it is not known; ``code`` and ``do_next`` are those of :class:`~ostler.facts.model.Unknown`."""

    about: str
    reason: str
    host: str | None = None
    code: str = ""
    do_next: str = ""
