"""What Ostler's own runs have in hand on a cloud while it is diagnosed: their work is no fault."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ostler.diagnosis.parts import Parts
from ostler.errors import Finding, Severity
from ostler.rules.component import Component, component

CODE = "diagnosis.run-at-work"
BY_UNIT = ("service", "config", "backend", "api")


@dataclass(frozen=True)
class Work:
    """One run that is under way. ``units`` are the units and backends that it has out or is changing, each with its
    host; a host that is empty means all of them."""

    run: str
    title: str
    units: frozenset[tuple[str, str]] = frozenset()


def without_work(
    findings: Sequence[Finding], works: Sequence[Work], parts: Parts, of_runs: Collection[str]
) -> tuple[list[Finding], list[Finding]]:
    """What is wrong beside the work of runs, and a note for each run with what was found of its work.

    ``of_runs`` are the codes of rules that find what runs do, wherever that is.
    """
    left, notes = list(findings), []
    for work in works:
        units = {(parts.unit_of.get(name, name), host) for name, host in work.units}
        own = [each for each in left if each.code in of_runs or _is_in_hand(parts, component(each.component), units)]
        left = [each for each in left if each not in own]
        notes.append(_note(work, own))
    return left, notes


def _is_in_hand(parts: Parts, part: Component, units: Collection[tuple[str, str]]) -> bool:
    name = parts.settled(part).name
    if part.kind not in BY_UNIT:
        return False
    if part.host:
        return (name, part.host) in units or (name, "") in units
    return any(name == unit for unit, _ in units)


def _note(work: Work, own: Sequence[Finding]) -> Finding:
    return Finding(
        code=CODE,
        severity=Severity.NOTE,
        subject=work.run,
        summary=f"a run of Ostler is at work on this cloud: {work.title}",
        found=f"{len(own)} findings are of its doing" if own else "nothing was found that is of its doing",
        expected="nothing: what it has out it gives back",
        evidence=tuple(dict.fromkeys(each.summary for each in own)),
        do_next=f"ostler show {work.run}",
    )
