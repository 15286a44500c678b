"""From what was seen to a verdict and ranked findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ostler.diagnosis.candidates import Candidate, Evidence, evidence_in
from ostler.diagnosis.failing import failure_clues, missing_in
from ostler.diagnosis.knowledge import Knowledge
from ostler.diagnosis.model import (
    REQUEST_FAILED,
    TRACEBACK,
    TROUBLE_LOGGED,
    WORK_STOPPED,
    WRONG_VALUE,
    Consequence,
    Diagnosed,
    Diagnosis,
    Kind,
    Verdict,
)
from ostler.diagnosis.observing import Answer, Said, Seen
from ostler.diagnosis.weighing import ELSEWHERE, logistic, spread, weights, worth
from ostler.logs.finding import PROJECTS

FAILURE_FROM = 0.5
HEALTHY_BELOW = 0.25
MOST_FINDINGS = 8
LEAST_FINDINGS = 5
LEAST_CONFIDENCE = 0.02
"""So many findings are named however thin they are; further ones must be as sure as this."""

MOST_CONSEQUENCES = 6
MOST_CLUES = 4

TOLD_BY: tuple[tuple[tuple[str, ...], Kind], ...] = (
    (("what was wrong", "what it made", "below the innermost", "below an outer"), WRONG_VALUE),
    (("frame", "raised", "traceback"), TRACEBACK),
    (("stage that is missing",), WORK_STOPPED),
    (("failed request",), REQUEST_FAILED),
)
"""The words in a clue's name that tell the kind of finding it makes."""

SYMPTOM = "the symptom is about its project"
SUBJECTS = {
    "nova": ("server", "instance", "vm", "boot", "flavor", "compute", "nova", "attach"),
    "neutron": ("network", "port", "subnet", "router", "floating", "dhcp", "ssh", "ping", "neutron", "metadata"),
    "cinder": ("volume", "disk", "snapshot", "backup", "attach", "cinder"),
    "glance": ("image", "glance"),
    "keystone": ("token", "login", "log in", "password", "keystone", "401"),
}
"""Words of a symptom, and the project they are about."""


def diagnose(seen: Seen, knowledge: Knowledge, symptom: str = "") -> Diagnosis:
    """Judge what was seen in a living cloud. ``symptom`` is what a user says is wrong, in any words; it only moves what
    is ranked."""
    return judged(evidence_in(seen, knowledge), symptom)


def judged(evidence: Evidence, symptom: str, logs: str = "", trouble: str = "") -> Diagnosis:
    """Judge the evidence, as `diagnose`. ``logs`` is how `ostler logs` is told where these logs are; ``trouble`` is a
    further sign, in words, with which nothing is healthy."""
    seen = evidence.seen
    clues = failure_clues(evidence)
    sure = logistic(clues, weights()["failure"])
    signs = (*([trouble] if trouble else []), *clues)
    _heed(symptom, evidence)
    shares = place_shares(evidence)
    missing = missing_in(seen)
    verdict = _verdict(sure, is_quiet=not missing and not trouble)
    projects = project_shares(shares)
    findings = () if verdict is Verdict.HEALTHY else _findings(evidence, shares, sure, logs)
    return Diagnosis(
        verdict, sure, signs, missing, tuple((name, sure * share) for name, share in projects), findings,
        seen.events, seen.begins, seen.ends,
    )  # fmt: skip


def _verdict(sure: float, *, is_quiet: bool) -> Verdict:
    if sure >= FAILURE_FROM:
        return Verdict.FAILURE
    return Verdict.HEALTHY if sure < HEALTHY_BELOW and is_quiet else Verdict.UNSURE


def _heed(symptom: str, evidence: Evidence) -> None:
    said = symptom.lower()
    meant = {project for project, words in SUBJECTS.items() if any(word in said for word in words)}
    for candidate in evidence.candidates.values():
        if candidate.project in meant:
            candidate.clues[SYMPTOM] = 1.0


def place_shares(evidence: Evidence) -> dict[str, float]:
    """What is sure, spread over the source files and `elsewhere`."""
    return spread({name: each.places for name, each in evidence.candidates.items()}, weights()["place"])


def project_shares(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    """The same by project, the surest first; what is elsewhere is nobody's."""
    found: dict[str, float] = {}
    for module, share in shares.items():
        if module != ELSEWHERE:
            project = module.partition("/")[0]
            found[project] = found.get(project, 0.0) + share
    return sorted(found.items(), key=lambda each: -each[1])


def ranked(shares: Mapping[str, float], sure: float) -> list[str]:
    """The source files that are named, the surest first: `sure` is how sure it is that something failed."""
    names = sorted((name for name in shares if name != ELSEWHERE), key=lambda name: (-shares[name], name))
    return [
        name for place, name in enumerate(names[:MOST_FINDINGS])
        if place < LEAST_FINDINGS or shares[name] * sure >= LEAST_CONFIDENCE
    ]  # fmt: skip


def _findings(evidence: Evidence, shares: Mapping[str, float], sure: float, logs: str) -> tuple[Diagnosed, ...]:
    return tuple(
        _finding(evidence, evidence.candidates[name], shares[name] * sure, logs) for name in ranked(shares, sure)
    )


def _finding(evidence: Evidence, candidate: Candidate, confidence: float, logs: str) -> Diagnosed:
    of = weights()["place"]
    function, found = max(candidate.places.items(), key=lambda each: worth(each[1], of))
    clues = sorted(found, key=lambda name: -of.get(name, 0.0) * found[name])
    pointing = [
        name for name in clues
        if not name.startswith(("is a", "is o", "is p", "holds", "how much")) and of.get(name, 0.0) > 0
        and not any(other.startswith(f"{name} (") for other in clues)
    ]  # fmt: skip
    where = _where(evidence, candidate)
    kind = _kind(pointing)
    return Diagnosed(
        kind, candidate.project, where[0], where[1], candidate.module, function or None, confidence,
        tuple(pointing[:MOST_CLUES]), tuple(candidate.said), consequences(evidence, candidate.said),
        _do_next(kind, candidate, where, logs),
    )  # fmt: skip


def _where(evidence: Evidence, candidate: Candidate) -> tuple[str, str]:
    """Service and host: where its own project told of it, else where the project was heard of most."""
    for said in candidate.said:
        if said.project == candidate.project:
            return said.service, said.host
    heard = [
        (activity.count, service, host)
        for (host, project, service), activity in evidence.seen.services.items() if project == candidate.project
    ]  # fmt: skip
    return max(heard)[1:] if heard else ("", "")


def _kind(clues: list[str]) -> Kind:
    """The kind of a finding: by the weightiest clue that says how it was found."""
    for clue in clues:
        for words, kind in TOLD_BY:
            if any(word in clue for word in words):
                return kind
    return TROUBLE_LOGGED


def consequences(evidence: Evidence, lines: Collection[Said]) -> tuple[Consequence, ...]:
    """What came after the first of the lines that speak for a finding: other incidents, failed answers, work that did
    not end."""
    since = min((said.time for said in lines), default=0.0) - 1.0
    own = set(lines)
    found = [
        Consequence(f"{_who(each.said)} logged an error", each.said)
        for each in evidence.incidents if each.said not in own
    ]  # fmt: skip
    found += [_answered(each) for each in (*evidence.failed, *evidence.guests)]
    found += [
        Consequence(f"{each.work.name} was begun and never came to its end", each.begun) for each in evidence.unfinished
    ]
    later = sorted((each for each in found if each.said.time >= since), key=lambda each: each.said.time)
    alike: dict[str, Consequence] = {}
    for each in later:
        alike.setdefault(each.what, each)
    return tuple(alike.values())[:MOST_CONSEQUENCES]


def _answered(answer: Answer) -> Consequence:
    return Consequence(
        f"{_who(answer.said)} answered {answer.status} to {answer.method} {answer.path}", answer.said,
    )  # fmt: skip


def _who(said: Said) -> str:
    """Who said something: of the infrastructure the part, as its logs go by any name."""
    if said.project in PROJECTS:
        return said.service or said.project
    return said.project or said.service


def _do_next(kind: Kind, candidate: Candidate, where: tuple[str, str], logs: str) -> tuple[str, ...]:
    request = next((said.request for said in candidate.said if said.request), None)
    server = next((said.instance for said in candidate.said if said.instance), None)
    steps = [kind.do_next]
    if request:
        steps.append(f"follow the request through all services: ostler logs {logs}--request {request}")
    if server:
        steps.append(f"see all that was said of the server: ostler logs {logs}--server {server}")
    if where[0]:
        steps.append(
            f"if {where[0]}{f' on {where[1]}' if where[1] else ''} was changed shortly before, take that back first"
        )
    return tuple(steps)
