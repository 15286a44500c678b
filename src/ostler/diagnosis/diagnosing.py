"""From what was seen to a verdict and ranked findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ostler.diagnosis.candidates import Candidate, Evidence, evidence_in
from ostler.diagnosis.failing import failure_clues, missing_in
from ostler.diagnosis.knowledge import Knowledge
from ostler.diagnosis.model import Consequence, Diagnosed, Diagnosis, Verdict
from ostler.diagnosis.observing import Answer, Said, Seen
from ostler.diagnosis.weighing import ELSEWHERE, logistic, spread, weights

FAILURE_FROM = 0.5
HEALTHY_BELOW = 0.25
MOST_FINDINGS = 8
LEAST_CONFIDENCE = 0.02
MOST_CONSEQUENCES = 6
MOST_CLUES = 4

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
    """Judge what was seen. ``symptom`` is what a user says is wrong, in any words; it only moves what is ranked."""
    evidence = evidence_in(seen, knowledge)
    signs = failure_clues(evidence)
    sure = logistic(signs, weights()["failure"])
    _heed(symptom, evidence)
    shares = place_shares(evidence)
    missing = missing_in(seen)
    verdict = _verdict(sure, missing)
    projects = project_shares(shares)
    findings = () if verdict is Verdict.HEALTHY else _findings(evidence, shares, sure)
    return Diagnosis(
        verdict, sure, tuple(signs), missing, tuple((name, sure * share) for name, share in projects), findings,
        seen.events, seen.begins, seen.ends,
    )  # fmt: skip


def _verdict(sure: float, missing: tuple[str, ...]) -> Verdict:
    if sure >= FAILURE_FROM:
        return Verdict.FAILURE
    return Verdict.HEALTHY if sure < HEALTHY_BELOW and not missing else Verdict.UNSURE


def _heed(symptom: str, evidence: Evidence) -> None:
    said = symptom.lower()
    meant = {project for project, words in SUBJECTS.items() if any(word in said for word in words)}
    for candidate in evidence.candidates.values():
        if candidate.project in meant:
            candidate.clues[SYMPTOM] = 1.0


def place_shares(evidence: Evidence) -> dict[str, float]:
    """What is sure, spread over the source files and `elsewhere`."""
    return spread({name: each.clues for name, each in evidence.candidates.items()}, weights()["place"])


def project_shares(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    """The same by project, the surest first; what is elsewhere is nobody's."""
    found: Counter[str] = Counter()
    for module, share in shares.items():
        if module != ELSEWHERE:
            found[module.partition("/")[0]] += share
    return found.most_common()


def _findings(evidence: Evidence, shares: Mapping[str, float], sure: float) -> tuple[Diagnosed, ...]:
    ranked = sorted(
        (name for name in shares if name != ELSEWHERE), key=lambda name: (-shares[name], name)
    )[:MOST_FINDINGS]  # fmt: skip
    return tuple(
        _finding(evidence, evidence.candidates[name], shares[name] * sure)
        for place, name in enumerate(ranked) if not place or shares[name] * sure >= LEAST_CONFIDENCE
    )  # fmt: skip


def _finding(evidence: Evidence, candidate: Candidate, confidence: float) -> Diagnosed:
    worth = weights()["place"]
    clues = sorted(candidate.clues, key=lambda name: -worth.get(name, 0.0) * candidate.clues[name])
    pointing = [name for name in clues if not name.startswith(("is a", "holds", "how much")) and worth.get(name, 0.0) > 0]
    where = _where(evidence, candidate)
    code, summary = _kind(pointing, candidate)
    return Diagnosed(
        code, summary, candidate.project, where[0], where[1], candidate.module, candidate.function, confidence,
        tuple(pointing[:MOST_CLUES]), tuple(candidate.said), _consequences(evidence, candidate), _do_next(candidate, evidence),
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


def _kind(clues: list[str], candidate: Candidate) -> tuple[str, str]:
    """The code and the sentence of a finding, by the weightiest clue that says how it was found."""
    name = f"{candidate.module}, {candidate.function}()" if candidate.function else candidate.module
    for clue in clues:
        if "frame of" in clue or "frame," in clue or "raised" in clue or "traceback" in clue:
            return "diagnosis.traceback-from-here", f"{name}: a traceback comes from here"
        if "below the innermost" in clue or "below an outer" in clue or "called in" in clue or "passed on" in clue:
            return "diagnosis.wrong-value-from-here", f"{name}: what failed works with a value that is made here"
        if "stage that is missing" in clue:
            return "diagnosis.work-stopped-here", f"{name}: work stopped where this has to go on with it"
        if "failed request" in clue:
            return "diagnosis.request-failed-here", f"{name}: a request failed that is carried out here"
    return "diagnosis.trouble-logged-here", f"{name}: trouble was logged from here"


def _consequences(evidence: Evidence, candidate: Candidate) -> tuple[Consequence, ...]:
    """What came after the candidate's first line: other incidents, failed answers, work that did not end."""
    since = min((said.time for said in candidate.said), default=0.0) - 1.0
    own = set(candidate.said)
    found = [
        Consequence(f"{each.said.service or each.said.project} logged an error", each.said)
        for each in evidence.incidents if each.said not in own
    ]  # fmt: skip
    found += [_answered(each) for each in (*evidence.failed, *evidence.guests)]
    found += [Consequence(f"{each.work.name} was begun and never came to its end", each.begun) for each in evidence.unfinished]
    later = sorted((each for each in found if each.said.time >= since), key=lambda each: each.said.time)
    alike: dict[str, Consequence] = {}
    for each in later:
        alike.setdefault(each.what, each)
    return tuple(alike.values())[:MOST_CONSEQUENCES]


def _answered(answer: Answer) -> Consequence:
    return Consequence(f"{answer.said.service or answer.said.project} answered {answer.status} to {answer.method} {answer.path}", answer.said)


def _do_next(candidate: Candidate, evidence: Evidence) -> tuple[str, ...]:
    request = next((said.request for said in candidate.said if said.request), None)
    server = next((said.instance for said in candidate.said if said.instance), None)
    steps = []
    if request:
        steps.append(f"follow the request through all services: ostler logs DIR --request {request}")
    if server:
        steps.append(f"see all that was said of the server: ostler logs DIR --server {server}")
    service, host = _where(evidence, candidate)
    on = f" on {host}" if host else ""
    if candidate.function:
        steps.append(
            f"look at {candidate.function}() in {candidate.module} as it is installed{on}: compare it with the package "
            "and with a host that works, and search the project's bugs for what was raised"
        )
    if service:
        steps.append(f"if {service}{on} was changed or restarted shortly before, take that back first")
    return tuple(steps)


def said_lines(said: Said) -> str:
    """The line that speaks: of a traceback also what was raised."""
    last = said.text.rstrip().rpartition("\n")[2].strip()
    return said.first_line if last == said.first_line or len(last) > 300 else f"{said.first_line} … {last}"
