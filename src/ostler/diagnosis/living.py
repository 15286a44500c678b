"""What is wrong with a living cloud: from facts, judged by rules, and the last minutes of its logs.

Rules say what is broken, the graph says what of it is the cause. Where no rule finds anything, the ranking of source
files by what was logged has the word, as for a folder of logs. Healthy is only a cloud of which everything was read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from ostler.catalog import Catalog
from ostler.diagnosis.at_work import Work, without_work
from ostler.diagnosis.changes import Change, changes_before
from ostler.diagnosis.clocks import clocks_astray
from ostler.diagnosis.diagnosing import FAILURE_FROM, HEALTHY_BELOW, SUBJECTS, diagnose
from ostler.diagnosis.folding import Cause, fold
from ostler.diagnosis.knowledge import Knowledge
from ostler.diagnosis.leaning import Leaning, Told, known
from ostler.diagnosis.model import Diagnosis, Verdict
from ostler.diagnosis.observing import Said, Seen
from ostler.diagnosis.parts import Parts, parts_of
from ostler.diagnosis.settings_since import changed_since, differing, settings_in
from ostler.diagnosis.unusual import Healthy, unusual_trouble
from ostler.errors import Finding, Severity
from ostler.facts.model import Snapshot
from ostler.logs.clocks import Clock
from ostler.logs.event import Level
from ostler.rules.component import Component, component
from ostler.rules.engine import evaluate
from ostler.rules.loader import load_rules

NOT_READ, NOT_REACHED = "rules.cannot-tell", "host.unreachable"
MOST_LINES = 4
"""Log lines that are kept for one broken part."""

OF_USERS = ("server", "volume", "port", "image", "stack", "project")


@dataclass(frozen=True)
class Focus:
    """What the operator asks about: causes that touch it come first. ``parts`` are such as a server or the services a
    request went through, ``hosts`` hosts, ``projects`` those that the symptom in the user's words is about."""

    parts: tuple[Component, ...] = ()
    hosts: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()

    @property
    def is_any(self) -> bool:
        return bool(self.parts or self.hosts or self.projects)


class Touches(IntEnum):
    """How a cause has to do with what was asked about: it is that, or shows in it; that leans on it; or not at all."""

    ITSELF = 0
    LEANT_ON = 1
    NOTHING = 2


@dataclass(frozen=True)
class Found:
    """A cause, the lines that speak for its parts and what follows from them, how it has to do with what was asked
    about, and what was changed shortly before."""

    cause: Cause
    lines: Mapping[Component, tuple[Said, ...]]
    touches: Touches
    project: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class LiveDiagnosis:
    """The whole. ``sure`` is how sure it is that something is wrong; ``causes`` are ranked; ``notes`` are worth knowing
    and no fault; ``unread`` says what could not be judged; ``by_logs`` is what the logs alone say, where no rule found
    anything."""

    verdict: Verdict
    sure: float
    causes: tuple[Found, ...]
    notes: tuple[Finding, ...]
    unread: tuple[Finding, ...]
    by_logs: Diagnosis | None
    seen: Seen


def diagnose_cloud(
    snapshot: Snapshot,
    catalog: Catalog,
    seen: Seen,
    knowledge: Knowledge,
    focus: Focus,
    symptom: str = "",
    runs: Sequence[Change] = (),
    works: Sequence[Work] = (),
    *,
    are_logs_read: bool = True,
    logs_since: float | None = None,
    healthy: Healthy | None = None,
    clocks: Sequence[Clock] = (),
) -> LiveDiagnosis:
    """Judge what was read of a cloud. ``symptom`` is what a user says is wrong; it only moves what is ranked. ``runs``
    are Ostler's own runs on the cloud, ``works`` what those under way have in hand; ``are_logs_read`` is False when the
    logs of some host could not be; ``logs_since`` is since when all warnings and worse are in what was seen (None: not
    all are); ``healthy`` is how the cloud was when it was last seen healthy. ``clocks`` are what requests tell of the
    hosts' clocks, which counts of hosts whose clock could not be read."""
    rules = load_rules()
    findings = evaluate(rules, snapshot, catalog, is_diagnosis=True)
    unread = [each for each in findings if each.code in (NOT_READ, NOT_REACHED)]
    wrong = [each for each in findings if each.severity is not Severity.NOTE and each.code != NOT_READ]
    notes = [each for each in findings if each.severity is Severity.NOTE and each.code != NOT_READ]
    wrong += clocks_astray([each for each in clocks if snapshot.known("host.clock", each.host) is None])
    parts = parts_of(snapshot, catalog)
    wrong, of_works = without_work(wrong, works, parts, {rule.id for rule in rules if rule.is_work_of_runs})
    lines = _lines({parts.settled(component(each.component)) for each in wrong}, seen)

    def leaning(broken: Collection[Component]) -> Leaning:
        return Leaning(parts, broken)

    causes = fold(
        wrong,
        leaning,
        lambda finding: parts.settled(component(finding.component)),
        {rule.id for rule in rules if rule.is_symptom},
        {part: said[0].time for part, said in lines.items() if said},
        {each.subject for each in unread},
        {rule.id for rule in rules if rule.applies == "diagnosis"},
    )
    settings = changed_since(healthy.settings, settings_in(snapshot)) if healthy else ()
    found = [_found(snapshot, cause, lines, parts, focus, runs, settings) for cause in causes]
    found = _by_focus(found, parts, focus)
    by_logs = None if found else diagnose(seen, knowledge, symptom)
    verdict = _verdict(found, by_logs, is_all_read=are_logs_read and not unread)
    if not found and verdict is Verdict.FAILURE and any(_logs_of(work, seen) for work in works):
        verdict = Verdict.UNSURE
    if healthy and verdict is not Verdict.HEALTHY:
        notes += [differing(healthy.settings, settings)] if settings else []
    notes += unusual_trouble(seen, logs_since, max(seen.ends, snapshot.taken_at), healthy)
    return LiveDiagnosis(
        verdict,
        max((each.cause.confidence for each in found), default=by_logs.sure if by_logs else 0.0),
        tuple(found), (*of_works, *notes), tuple(unread), by_logs, seen,
    )  # fmt: skip


def _verdict(found: Sequence[Found], by_logs: Diagnosis | None, *, is_all_read: bool) -> Verdict:
    if found:
        return Verdict.FAILURE
    sure = by_logs.sure if by_logs else 0.0
    if sure >= FAILURE_FROM:
        return Verdict.FAILURE
    return Verdict.HEALTHY if is_all_read and sure < HEALTHY_BELOW else Verdict.UNSURE


def _logs_of(work: Work, seen: Seen) -> bool:
    """Whether the logs tell of a time at which a run changed something: what it restarts logs trouble that nobody
    felt, so that they alone show no fault."""
    return work.has_changed and (work.waits_since is None or seen.begins < work.waits_since)


def projects_meant(symptom: str) -> frozenset[str]:
    """The projects that a user's words are about."""
    said = symptom.lower()
    return frozenset(project for project, words in SUBJECTS.items() if any(word in said for word in words))


def _found(
    snapshot: Snapshot,
    cause: Cause,
    lines: Mapping[Component, tuple[Said, ...]],
    parts: Parts,
    focus: Focus,
    runs: Sequence[Change],
    settings: Sequence[Change],
) -> Found:
    all_parts = [each.part for each in cause.all()]
    touched = {parts.project(part) for part in all_parts} - {""}
    is_itself = bool(
        focus.hosts & {part.host for part in all_parts} or focus.projects & touched or set(focus.parts) & set(all_parts)
    )
    project = parts.project(cause.first.part) or _area(cause)
    of_openstack = project if project in parts.projects else ""
    changes = changes_before(snapshot, [node.broken for node in cause.nodes], of_openstack, runs, settings)
    touches = Touches.ITSELF if is_itself else Touches.NOTHING
    return Found(cause, {part: lines.get(part, ()) for part in all_parts}, touches, project, changes)


def _area(cause: Cause) -> str:
    """What a cause that is in no project is part of, as its code names it."""
    return cause.finding.code.partition(".")[0]


def _by_focus(found: list[Found], parts: Parts, focus: Focus) -> list[Found]:
    """The same, with those first that touch what is asked about, or that it leans on."""
    if not focus.is_any:
        return found
    broken = {each.part for one in found for each in one.cause.all()}
    leaning = Leaning(parts, {*broken, *focus.parts})
    beneath = {other for part in focus.parts for other in leaning.beneath(part, through_asking=True)}
    leant_on = [any(each.part in beneath for each in one.cause.all()) for one in found]
    judged = [
        replace(one, touches=min(one.touches, Touches.LEANT_ON if is_leant_on else Touches.NOTHING))
        for one, is_leant_on in zip(found, leant_on, strict=True)
    ]
    return sorted(judged, key=lambda one: one.touches)


def _lines(parts: Iterable[Component], seen: Seen) -> dict[Component, tuple[Said, ...]]:
    """For each part the first lines that speak for it, and the last, in the order of time; errors, if there are any.
    A log of which only the end was fetched may begin within a traceback: such lines say nothing by themselves."""
    answers = (each.said for each in seen.answers if each.said.level >= Level.ERROR)
    whole = (each for each in (*seen.errors, *seen.warnings, *answers) if not each.text[:1].isspace())
    said = sorted(whole, key=lambda each: each.time)
    found = {}
    for part in parts:
        mine = [each for each in said if speaks_for(each, part)]
        mine = [each for each in mine if each.level >= Level.ERROR] or mine
        kept = mine if len(mine) <= MOST_LINES else [*mine[: MOST_LINES - 1], mine[-1]]
        found[part] = tuple(kept)
    return found


def speaks_for(said: Said, part: Component) -> bool:
    """Whether a logged line is about a part, as far as its place and its words tell."""
    if part.kind in OF_USERS:
        return bool(part.name) and (said.instance == part.name or part.name in said.text)
    if part.host and said.host != part.host:
        return False
    if part.kind in ("service", "config", "api", "backend"):
        return said.service == part.name
    told = known().told.get(part.kind, Told(None, frozenset()))
    return said.service in told.services or bool(told.says and told.says.search(said.text, 0, 2000))
