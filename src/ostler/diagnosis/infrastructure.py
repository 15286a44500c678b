"""What the logs say of broken parts of the infrastructure: a database, a broker, a disk, the memory of a host.

Words tell of faults (`telltales`), what leans on what tells which of them is the cause (`folding`), as in a living
cloud. What was over within a minute, as when services start, is no fault.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ostler.diagnosis.candidates import Evidence
from ostler.diagnosis.diagnosing import consequences
from ostler.diagnosis.folding import Cause, fold
from ostler.diagnosis.knowledge import CLOCKS_DIFFER_S
from ostler.diagnosis.leaning import Leaning, known
from ostler.diagnosis.model import Consequence, Diagnosed, Kind
from ostler.diagnosis.observing import LASTS_S, Heard, Said, Seen
from ostler.diagnosis.parts import ON_EVERY_HOST, Parts
from ostler.diagnosis.telltales import Telltale, known_telltales
from ostler.errors import Finding, Severity
from ostler.logs.finding import PROJECTS
from ostler.rules.component import Component

OF_TELLTALES = "diagnosis"
"""The area of their codes."""

ANYWHERE = "*"
"""Stands for a host that no line names: it may be any."""

UNFELT = 0.8
"""So much less sure is a cause when no user was seen to suffer."""

PAST = 0.5
"""The same when it was over before the logs end or told before those of OpenStack begin, or when all that users saw
fail came before it."""

MOST_TIMES = 5
"""What comes and goes this often at most is no fault."""

MOST_CAUSES = 6
MOST_CONSEQUENCES = 8

WITH_LOGS = ("mariadb", "broker", "balancer", "libvirt", "ovs")
"""Parts that are where their logs are."""


@dataclass(frozen=True)
class Trouble:
    """A fault of one part, by one telltale: the first lines that tell it, how often it was told, whether it was over
    before the logs end, or told before those of OpenStack begin, as in a kernel's log of many weeks; and whether users
    saw something fail right after it was told."""

    id: str
    telltale: Telltale
    part: Component
    name: str
    said: tuple[Said, ...]
    count: int
    is_over: bool
    is_old: bool
    is_met: bool

    @property
    def is_past(self) -> bool:
        """Whether it need not have to do with what is wrong."""
        return (self.is_over or self.is_old) and not self.is_met

    @property
    def finding(self) -> Finding:
        """What is said of it; what is past is a warning."""
        where = {"host": "a host" if self.part.host in ("", ANYWHERE) else self.part.host, "name": self.name}
        return Finding(
            f"{OF_TELLTALES}.{self.id}",
            Severity.WARNING if self.is_past else self.telltale.severity,
            subject=str(self.part),
            summary=self.telltale.summary.format(**where),
            do_next=self.telltale.do_next.format(**where),
            component=str(self.part),
        )


def causes_in(evidence: Evidence, is_felt: bool) -> tuple[Diagnosed, ...]:
    """Return what is broken and explained by nothing else that is, the likeliest first. ``is_felt`` says that users
    saw something fail."""
    seen, failures = evidence.seen, _failures(evidence)
    troubles = {each.finding: each for each in _troubles(seen, failures)}
    if not troubles:
        return ()
    parts = _parts(seen, {each.part for each in troubles.values()})
    causes = fold(
        list(troubles),
        lambda broken: Leaning(parts, broken),
        lambda finding: troubles[finding].part,
        {each.code for each, trouble in troubles.items() if trouble.telltale.is_symptom},
        _first_errors(troubles.values()),
    )
    found = [_diagnosed(cause, troubles, evidence, failures, is_felt) for cause in causes]
    return tuple(sorted(found, key=lambda each: -each.confidence)[:MOST_CAUSES])


def _failures(evidence: Evidence) -> list[float]:
    """When users saw something fail, in order; of work that did not end, when it was begun."""
    found = [each.said.time for each in (*evidence.failed, *evidence.guests)]
    return sorted([*found, *(each.begun.time for each in evidence.unfinished)])


def _troubles(seen: Seen, failures: Sequence[float]) -> Iterator[Trouble]:
    """The faults that lasted, or that users met, one for each part and telltale."""
    by_part: dict[tuple[str, Component], list[tuple[str, Heard]]] = {}
    only, begins = _only_host(seen), _begins(seen)
    for (id_, host, name), heard in seen.heard.items():
        telltale = known_telltales()[id_]
        if not _is_passing(telltale, heard, seen) or _is_met(heard, failures):
            by_part.setdefault((id_, _part(telltale, host or only, name)), []).append((name, heard))
    for (id_, part), of_part in by_part.items():
        telltale = known_telltales()[id_]
        of_part.sort(key=lambda each: each[1].first)
        lines = sorted((said for _, heard in of_part for said in heard.said), key=lambda each: each.time)
        yield Trouble(
            id_, telltale, part, ", ".join(dict.fromkeys(name for name, _ in of_part))[:200], tuple(lines[:5]),
            sum(heard.count for _, heard in of_part), all(_is_over(telltale, heard, seen) for _, heard in of_part),
            max(heard.last for _, heard in of_part) < begins - LASTS_S,
            any(_is_met(heard, failures) for _, heard in of_part),
        )  # fmt: skip


def _begins(seen: Seen) -> float:
    """When the logs of OpenStack begin; never, when there are none."""
    first = [activity.first for (_, project, _), activity in seen.services.items() if project in PROJECTS]
    return min(first, default=float("-inf"))


def _is_passing(telltale: Telltale, heard: Heard, seen: Seen) -> bool:
    """Whether it was of the kind that comes and goes, as when services start, never lasted and did not come often."""
    comes_and_goes = telltale.is_symptom or bool(telltale.over)
    is_little = heard.longest_s <= LASTS_S and heard.times <= MOST_TIMES
    return comes_and_goes and is_little and _is_over(telltale, heard, seen)


def _is_met(heard: Heard, failures: Sequence[float]) -> bool:
    """Whether users saw something fail within a minute after it was told, as far as its lines were kept."""
    for at in (*(said.time for said in heard.said), heard.last):
        next_one = bisect_left(failures, at - CLOCKS_DIFFER_S)
        if next_one < len(failures) and failures[next_one] <= at + LASTS_S:
            return True
    return False


def _is_over(telltale: Telltale, heard: Heard, seen: Seen) -> bool:
    """Whether the logs say that it was well again, or those who told of it went on for long enough without it."""
    if heard.over is not None:
        return True
    if telltale.silence_s is None:
        return False
    return all(seen.services[who].last - last >= telltale.silence_s for who, last in heard.by.items())


def _only_host(seen: Seen) -> str:
    """The host of logs that name none, when all others are of one host."""
    hosts = {host for host, _, _ in seen.services if host}
    return next(iter(hosts)) if len(hosts) == 1 else ANYWHERE


def _part(telltale: Telltale, host: str, name: str) -> Component:
    """The part a fault is of."""
    _, _, rest = telltale.component.partition(":")
    named, _, at = rest.partition("@")
    return Component(telltale.kind, named.replace("{name}", name), at.replace("{host}", host))


def _parts(seen: Seen, broken: Collection[Component]) -> Parts:
    """The parts that the logs show to be there."""
    hosts = {host or _only_host(seen) for host, _, _ in seen.services} | {part.host for part in broken if part.host}
    found = {Component(kind, host=host) for host in hosts for kind in ON_EVERY_HOST}
    found |= {Component("database"), Component("messaging"), Component("vip")}
    told = known().told
    for host, project, service in seen.services:
        for kind in WITH_LOGS:
            if {project, service} & told[kind].services:
                found.add(Component(kind, host=host or _only_host(seen)))
    return Parts(tuple(sorted(found)), MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))


def _first_errors(troubles: Collection[Trouble]) -> Mapping[Component, float]:
    found: dict[Component, float] = {}
    for each in troubles:
        found[each.part] = min(found.get(each.part, each.said[0].time), each.said[0].time)
    return found


def _diagnosed(
    cause: Cause, troubles: Mapping[Finding, Trouble], evidence: Evidence, failures: Sequence[float], is_felt: bool
) -> Diagnosed:
    of_cause = [troubles[each] for node in cause.nodes for each in node.broken.findings]
    first = of_cause[0]
    lines = [said for each in of_cause for said in each.said]
    is_late = bool(failures) and max(failures) < min(said.time for said in lines) - CLOCKS_DIFFER_S
    sure = cause.confidence * (1.0 if is_felt else UNFELT)
    sure *= PAST if first.is_past or is_late else 1.0
    part = cause.first.part
    service = part.name if part.kind in ("backend", "api") else part.kind
    return Diagnosed(
        Kind(cause.finding.code, _summary(cause), cause.finding.do_next),
        part.kind, service, part.host.replace(ANYWHERE, ""), None, None,
        sure, _because(cause, of_cause, is_felt, is_late), tuple(lines), _followed(cause, troubles, evidence, lines),
        tuple(dict.fromkeys(node.broken.findings[0].do_next for node in cause.nodes)),
        cause.finding.severity, tuple(str(node.broken.part) for node in cause.nodes),
    )  # fmt: skip


def _summary(cause: Cause) -> str:
    others = ", ".join(node.broken.part.host for node in cause.nodes[1:] if node.broken.part.host)
    return f"{cause.finding.summary} (the same on {others})" if others else cause.finding.summary


def _because(cause: Cause, troubles: list[Trouble], is_felt: bool, is_late: bool) -> tuple[str, ...]:
    own = "it is itself broken" if cause.first.is_own else "it does not do its work; no reason was found in these logs"
    count = sum(each.count for each in troubles)
    said = f"said {count:,} times" if count > 1 else "said once"
    suffer = len(cause.all()) - len(cause.nodes)
    found = [own, said]
    found += [f"{suffer} other part{'s suffer' if suffer > 1 else ' suffers'} from it"] if suffer else []
    found += ["users saw something fail right after it"] if troubles[0].is_met else []
    found += ["it was over before the logs end"] if troubles[0].is_over else []
    found += ["it was told before the logs of OpenStack begin"] if troubles[0].is_old else []
    found += ["what users saw fail came before it"] if is_late else []
    return tuple(found if is_felt else [*found, "no user was seen to suffer"])


def _followed(
    cause: Cause, troubles: Mapping[Finding, Trouble], evidence: Evidence, lines: list[Said]
) -> tuple[Consequence, ...]:
    """The parts that suffer from a cause, and what failed after it."""
    own = {id(node.broken) for node in cause.nodes}
    below = [each for each in cause.all() if id(each) not in own]
    first = [troubles[each.findings[0]] for each in below]
    found = [Consequence(each.finding.summary, each.said[0]) for each in first]
    told = {said for each in troubles.values() for said in each.said}
    later = [each for each in consequences(evidence, lines) if each.said not in told]
    return tuple([*found, *later][:MOST_CONSEQUENCES])
