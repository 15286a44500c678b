"""What Ostler's own runs have in hand on a cloud while it is diagnosed: their work is no fault."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ostler.diagnosis.parts import Parts
from ostler.diagnosis.settings_since import when
from ostler.errors import Finding, Severity
from ostler.rules.component import Component, component

CODE = "diagnosis.run-at-work"
MOST_NAMED = 3
"""What a run does that its note names in one line; the evidence has all of it."""

BY_UNIT = ("service", "config", "backend", "api")


@dataclass(frozen=True)
class Work:
    """One run that is under way. ``units`` are the units and backends that it has out or is changing, each with its
    host; a host that is empty means all of them. ``has_changed`` is whether it got beyond preparing; ``waits_since``
    when it came to the gate at which it waits for a person (None: it is being carried out); ``is_known`` is False when
    what it has in hand could not be read; ``machine`` is where its journal is ("": here)."""

    run: str
    title: str
    units: frozenset[tuple[str, str]] = frozenset()
    has_changed: bool = False
    waits_since: float | None = None
    is_known: bool = True
    machine: str = ""


def without_work(
    findings: Sequence[Finding], works: Sequence[Work], parts: Parts, of_runs: Collection[str]
) -> tuple[list[Finding], list[Finding]]:
    """What is wrong beside the work of runs, and a note for each run with what was found of its work.

    ``of_runs`` are the codes of rules that find what runs do, wherever that is: of one that only prepares, they do not.
    """
    left, notes = list(findings), []
    for work in works:
        units = {(parts.unit_of.get(name, name), host) for name, host in work.units}
        codes = of_runs if work.has_changed else ()
        own = [each for each in left if each.code in codes or _is_in_hand(parts, component(each.component), units)]
        left = [each for each in left if each not in own]
        notes.append(_note(work, own))
    return left, notes


def _is_in_hand(parts: Parts, part: Component, units: Collection[tuple[str, str]]) -> bool:
    """What is on one host is, when that has it out. What the cloud has as a whole (an API at the virtual address), only
    when no host is left that should do its work."""
    if part.kind not in BY_UNIT:
        return False
    name = parts.settled(part).name
    anywhere = {each.host for each in parts.all if each.kind == "service" and each.name == name}
    hosts = {part.host} if part.host else anywhere
    return (name, "") in units or (bool(hosts) and all((name, host) in units for host in hosts))


def _note(work: Work, own: Sequence[Finding]) -> Finding:
    doing = tuple(dict.fromkeys(each.summary for each in own))
    more = f"; and {len(doing) - MOST_NAMED} more" if len(doing) > MOST_NAMED else ""
    found = f"its doing: {'; '.join(doing[:MOST_NAMED])}{more}" if doing else "nothing was found that is of its doing"
    unknown = f"in the journal on {work.machine}" if work.machine else "in a plan that could not be read"
    note = Finding(
        code=CODE,
        severity=Severity.NOTE,
        subject=work.run,
        summary=f"a run of Ostler is at work on this cloud: {work.title}",
        found=found if work.is_known else f"what it has in hand stands {unknown}: what is found here may be its doing",
        expected="nothing: what it has out it gives back",
        evidence=doing,
        do_next=f"{f'on {work.machine}: ' if work.machine else ''}ostler show {work.run}",
    )
    if work.waits_since is None:
        return note
    since = when(work.waits_since)
    return replace(
        note,
        summary=f"a run of Ostler waits since {since} for a person to say yes: {work.title}",
        expected="a yes, or its end: until then, what it has out stays out",
    )
