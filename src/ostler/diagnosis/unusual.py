"""What is unusual in logs without being a fault by itself: who fell silent, and trouble of a kind that is new or far
more frequent than before. Notes: they say where to look, most of all when nobody can tell what is wrong. An error that
comes again and again is more: with it nothing is called healthy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ostler.diagnosis.model import Quoting
from ostler.diagnosis.observing import Activity, Kind, Seen
from ostler.diagnosis.settings_since import Settings, when
from ostler.durations import duration
from ostler.errors import Finding, Severity
from ostler.logs.event import Level
from ostler.logs.templates import ANY

LEAST_EVENTS, LEAST_SILENCE_S, TIMES_LONGER = 30, 120.0, 4.0
"""Silent is who said so much at least and has said nothing for so long, and so many times longer than ever before."""

LEAST_SPAN_S, LATELY = 600.0, 0.25
"""Who spoke for so long, and logs that cover so much, tell what is usual: a service that starts says much at once. What
is compared with it is this last part of the time."""

LEAST_MORE, TIMES_MORE = 10, 5.0
"""So often, and so many times as often as before, is far more frequent."""

LEAST_TIMES, LEAST_LASTING_S = 5, 60.0
"""An error of one kind that is logged so often, over so long, is none that a service gets over: 2 of 463 labelled runs
without a fault have one (2026-11-27)."""

MOST_NAMED = 5
LONGEST_NAME = 160
MOST_USUAL = 5000


@dataclass(frozen=True)
class Healthy:
    """How a cloud was when it was last seen healthy: its services' settings, and digests of the kinds of trouble that
    were logged all the same, then and when it was seen healthy before."""

    settings: Settings
    usual: frozenset[str]

    def again(self, seen: Seen) -> frozenset[str]:
        """What is usual when it is seen healthy once more."""
        now = trouble_in(seen)
        return now | frozenset(sorted(self.usual - now)[: max(0, MOST_USUAL - len(now))])


def unusual_in(seen: Seen) -> tuple[Finding, ...]:
    """What is unusual in logs of some length, by themselves."""
    return (*_fell_silent(seen), *_trouble_of_late(seen, seen.begins, seen.ends))


def unusual_trouble(seen: Seen, begins: float | None, ends: float, healthy: Healthy | None) -> tuple[Finding, ...]:
    """What is unusual in a living cloud's warnings and errors between two times, compared with when it was last seen
    healthy, or where nobody knows that, with what was said before. ``begins`` is None when what came is not all that
    was said since then: nothing can be told to be new or more, then."""
    unheard = never_seen_before(seen, healthy) if healthy else ()
    of_late = () if begins is None else _trouble_of_late(seen, begins, ends, healthy.usual if healthy else None)
    return (*unheard, *of_late)


def lasting_error(seen: Seen) -> str:
    """The error that was logged most often of those that came again and again, in words; empty when none did."""
    lasting = [each for each in seen.kinds.values() if _is_lasting_error(each)]
    if not lasting:
        return ""
    most = max(lasting, key=lambda each: each.count)
    return f"an error was logged {most.count:,} times over {duration(most.last - most.began)}: {_said(most)}"


def _is_lasting_error(kind: Kind) -> bool:
    is_long = kind.last - kind.began >= LEAST_LASTING_S
    return is_long and kind.count >= LEAST_TIMES and kind.first.level >= Level.ERROR


def trouble_in(seen: Seen) -> frozenset[str]:
    """Digests of the kinds of warnings and errors that were logged: short, and none can be read back."""
    return frozenset(_digest(kind) for kind in seen.kinds)


def never_seen_before(seen: Seen, healthy: Healthy) -> tuple[Finding, ...]:
    """A note of the kinds of trouble that were not logged when all was well."""
    new = [each for kind, each in seen.kinds.items() if _digest(kind) not in healthy.usual]
    seen_at = when(healthy.settings.at)
    if not new:
        return ()
    return (
        Quoting(
            code="diagnosis.trouble-never-seen",
            severity=Severity.NOTE,
            subject="the logs",
            summary=f"trouble is logged that was not when the cloud was last seen healthy, {seen_at}",
            found=_kinds_of(new),
            evidence=tuple(_named(new)),
            personal=_personal(new),
            do_next="read what was logged around the first of them: ostler logs --level warning",
        ),
    )


def _fell_silent(seen: Seen) -> Iterator[Finding]:
    """Services of which the logs of others show that time went on without them; where a whole host is silent, that."""
    by_host: dict[str, list[tuple[str, Activity]]] = {}
    for (host, project, service), activity in seen.services.items():
        by_host.setdefault(host, []).append((service or project, activity))
    for host, heard in sorted(by_host.items()):
        silent = [(name, each) for name, each in heard if _is_silent(each, seen.ends)]
        last = max(each.last for _, each in heard)
        if host and len(silent) == len(heard) > 1:
            yield _silence(f"every service on {host}", last, seen.ends)
        else:
            for name, each in sorted(silent, key=lambda one: one[0]):
                yield _silence(f"{name} on {host}" if host else name, each.last, seen.ends)


def _is_silent(activity: Activity, ends: float) -> bool:
    silence_s = ends - activity.last
    is_usual = activity.count >= LEAST_EVENTS and activity.last - activity.first >= LEAST_SPAN_S
    return is_usual and silence_s > max(LEAST_SILENCE_S, TIMES_LONGER * activity.longest_s)


def _silence(who: str, last: float, ends: float) -> Finding:
    return Finding(
        code="diagnosis.fell-silent",
        severity=Severity.NOTE,
        subject=who,
        summary=f"it said nothing more after {when(last)}, though others went on",
        found=f"silent for {duration(ends - last)}",
        do_next="see whether it runs and is not stuck; its log may have been cut off or turned elsewhere",
    )


def _trouble_of_late(seen: Seen, begins: float, ends: float, usual: frozenset[str] | None = None) -> Iterator[Finding]:
    """``usual`` are the kinds that only their frequency makes unusual; None: also that they are new does."""
    span_s = ends - begins
    if span_s < LEAST_SPAN_S:
        return
    since = ends - LATELY * span_s
    new, more = [], []
    for kind, each in seen.kinds.items():
        if usual is not None and _digest(kind) not in usual:
            continue
        late = each.since(since)
        early = each.count - late
        if each.first.time >= since and usual is None:
            new.append(each)
        elif late >= LEAST_MORE and late / LATELY > TIMES_MORE * early / (1.0 - LATELY):
            more.append(each)
    for kinds, how in ((new, "for the first time"), (more, "far more often than before")):
        if kinds:
            yield Quoting(
                code="diagnosis.new-trouble",
                severity=Severity.NOTE,
                subject="the logs",
                summary=f"trouble is logged {how} since {when(since)}",
                found=_kinds_of(kinds),
                evidence=tuple(_named(kinds)),
                personal=_personal(kinds),
                do_next="see what began then: a change, a fault, or more work than usual",
            )


def _kinds_of(kinds: Sequence[Kind]) -> str:
    first = min(kinds, key=lambda each: each.first.time).first
    more = f", and {len(kinds) - 1} other kind{'s' if len(kinds) > 2 else ''}" if len(kinds) > 1 else ""
    return f"{first.service or first.project}: {first.first_line[:LONGEST_NAME]}{more}"


def _personal(kinds: Sequence[Kind]) -> tuple[str, ...]:
    """The kinds of personal data in what is told of these."""
    told = [min(kinds, key=lambda each: each.first.time), *_first(kinds)]
    return tuple(sorted({what for each in told for what in each.first.personal}))


def _first(kinds: Sequence[Kind]) -> list[Kind]:
    """The gravest first, of these those that came first; as many as are named."""
    return sorted(kinds, key=lambda one: (-one.first.level, one.first.time))[:MOST_NAMED]


def _named(kinds: Sequence[Kind]) -> Iterator[str]:
    for each in _first(kinds):
        yield f"{each.count} times {_said(each)}"


def _said(kind: Kind) -> str:
    """Who said it first, and what."""
    said = kind.first
    where = f" on {said.host}" if said.host else ""
    return f"{said.service or said.project}{where}: {said.first_line[:LONGEST_NAME]}"


def _digest(kind: tuple[str, str]) -> str:
    module, shape = kind
    words = " ".join(word for word in shape.split() if ANY not in word)
    return hashlib.sha256(f"{module}\n{words}".encode(errors="replace")).hexdigest()[:12]
