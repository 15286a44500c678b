"""Judges rules over a snapshot: which fire, and which cannot tell.

A fact that is unknown makes a rule unable to tell, never silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ostler.catalog import Catalog
from ostler.cloud.model import Cloud
from ostler.errors import Finding
from ostler.facts.model import FactRequest, Snapshot, wanted
from ostler.rules.judging import every, holds
from ostler.rules.model import CannotTell, Level, Purpose, Rule, Verdict
from ostler.rules.place import Missing, place
from ostler.rules.scope import Scope
from ostler.rules.unread import unread_findings
from ostler.rules.vocabulary import FEATURES, GROUPS, Context
from ostler.rules.wording import fill, in_words
from ostler.rules.worlds import databases_of, services_of


@dataclass(frozen=True)
class Judgement:
    """What one rule says of one subject; ``unknown`` says why it cannot tell, ``finding`` what it found."""

    rule: Rule
    verdict: Verdict
    finding: Finding | None = None
    unknown: CannotTell | None = None


def evaluate(
    rules: Sequence[Rule],
    snapshot: Snapshot,
    catalog: Catalog,
    target: str | None = None,
    *,
    is_rolling: bool = True,
    is_diagnosis: bool = False,
) -> list[Finding]:
    """Return what the rules have to say of a snapshot, in the order of the rules; what could not be judged comes
    last (``host.unreachable``, ``rules.cannot-tell``), one finding for each host and reason. Without ``is_rolling``
    those are left out that only hold where services of both releases run side by side; with ``is_diagnosis`` those
    are judged too that are for it alone."""
    asked = [rule for rule in rules if is_rolling or rule.applies != "rolling"]
    purpose = Purpose.DIAGNOSIS if is_diagnosis else _purpose(target)
    judgements = [each for rule in asked for each in _confirmed(rule, snapshot, catalog, target, purpose)]
    found = [each.finding for each in judgements if each.finding is not None]
    return [*found, *unread_findings([(each.rule.id, each.unknown) for each in judgements if each.unknown])]


def _purpose(target: str | None) -> Purpose:
    return Purpose.HEALTH if target is None else Purpose.UPGRADE


def _confirmed(
    rule: Rule, snapshot: Snapshot, catalog: Catalog, target: str | None, purpose: Purpose
) -> list[Judgement]:
    """Return a rule's verdicts without those that a second look refutes. Where it could not tell of some subjects, as
    first seen; of a rule that must be seen twice (`must`), only what was seen again, and that the rest is not known.
    Where there was no second look (`later` is None), as first seen."""
    judged = judge(rule, snapshot, catalog, target, purpose)
    if not rule.confirm or snapshot.later is None or not any(each.finding for each in judged):
        return judged
    later = judge(rule, snapshot.later, catalog, target, purpose)
    unknown = [each for each in later if each.unknown]
    if unknown and rule.confirm != "must":
        return judged
    again = {each.finding.subject for each in later if each.finding}
    return [*(each for each in judged if each.finding is None or each.finding.subject in again), *unknown]


def judge(
    rule: Rule, snapshot: Snapshot, catalog: Catalog, target: str | None = None, purpose: Purpose | None = None
) -> list[Judgement]:
    """Return a rule's verdict on each of its subjects; none when it does not apply to the cloud or the request.
    ``purpose`` None: health in general, or the upgrade to ``target``."""
    if not applies(rule, snapshot.cloud, purpose or _purpose(target)):
        return []
    scope = Scope(rule, Context(snapshot, catalog, target), {})
    return [_judge_one(rule, each) for each in _subjects(scope, rule.for_each)]


JUDGED_FOR = {
    Purpose.HEALTH: ("always",),
    Purpose.UPGRADE: ("always", "upgrade", "rolling"),
    Purpose.DIAGNOSIS: ("always", "diagnosis"),
}


def applies(rule: Rule, cloud: Cloud, purpose: Purpose) -> bool:
    """Whether a rule has anything to say of a cloud for a purpose."""
    return rule.applies in JUDGED_FOR[purpose] and all(FEATURES[need](cloud) for need in rule.needs)


def facts_needed(rules: Sequence[Rule], cloud: Cloud, purpose: Purpose) -> tuple[FactRequest, ...]:
    """Return the facts the rules read, each once."""
    found: dict[FactRequest, None] = {}
    for rule in rules:
        if applies(rule, cloud, purpose):
            for request in _requests(rule, cloud):
                found[request] = None
    return tuple(found)


def _requests(rule: Rule, cloud: Cloud) -> Iterator[FactRequest]:
    hosts_at = next((level.of for level in rule.for_each if level.kind == "hosts"), None)
    for use in rule.facts:
        group = hosts_at if use.where == "host" else use.where
        for host in GROUPS[group](cloud) if group else (None,):
            yield wanted(use.fact, host, **dict(use.params))


def _subjects(scope: Scope, levels: Sequence[Level]) -> Iterator[Scope | CannotTell]:
    if not levels:
        yield scope
        return
    things = _things(scope, levels[0])
    if isinstance(things, CannotTell):
        yield things
        return
    for thing in things:
        yield from _subjects(scope.binding(levels[0].name, thing), levels[1:])


def _things(scope: Scope, level: Level) -> list[Any] | CannotTell:
    context = scope.context
    if level.kind == "hosts":
        return list(GROUPS[level.of](context.cloud))
    if level.kind == "services":
        return services_of(context, scope.bound[level.of])
    if level.kind == "databases":
        return databases_of(context)
    value = scope.value(place(level.of))
    if isinstance(value, CannotTell):
        return value
    about = scope.request_text(place(level.of).root)
    if isinstance(value, Missing):
        return CannotTell(about.about, f"it has no {value.where!r}", about.host)
    if isinstance(value, Mapping):
        return [{"key": key, "value": item} for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [{"key": index, "value": item} for index, item in enumerate(value)]
    return CannotTell(about.about, "it is neither a list nor a mapping", about.host)


def _judge_one(rule: Rule, scope: Scope | CannotTell) -> Judgement:
    truth = scope if isinstance(scope, CannotTell) else every([holds(part, scope) for part in rule.when])
    if isinstance(truth, CannotTell) or isinstance(scope, CannotTell):
        unknown = truth if isinstance(truth, CannotTell) else None
        return Judgement(rule, Verdict.CANNOT_TELL, unknown=unknown)
    if not truth:
        return Judgement(rule, Verdict.SILENT)
    return Judgement(rule, Verdict.FIRES, finding=_finding(rule, scope))


def _finding(rule: Rule, scope: Scope) -> Finding:
    return Finding(
        code=rule.id,
        severity=rule.severity_when(scope.context.target is not None),
        subject=fill(rule.subject, scope.value),
        summary=fill(rule.summary, scope.value),
        found=fill(rule.found, scope.value),
        expected=fill(rule.expected, scope.value),
        do_next=fill(rule.do_next, scope.value, to_type=True),
        evidence=_evidence(rule, scope),
        component=fill(rule.component, scope.value),
    )


def _evidence(rule: Rule, scope: Scope) -> tuple[str, ...]:
    value = scope.value(rule.evidence) if rule.evidence else ()
    return tuple(in_words(line) for line in value) if isinstance(value, (list, tuple)) else ()
