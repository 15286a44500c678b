"""Which source files may be at fault, and what speaks for each of them.

A candidate is a file; what speaks for it are clues, each a kind and a strength of 0 to 1. Kinds are such as an operator
would name ("the innermost frame of the first error's traceback"); none is about one file or one function. What each
kind is worth is in `data/weights.yaml`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ostler.diagnosis.code_map import Function, code_map_of
from ostler.diagnosis.handing import way_of_wrong
from ostler.diagnosis.incidents import Incident, failed_requests, incidents_in, refused_guests
from ostler.diagnosis.knowledge import Knowledge
from ostler.diagnosis.observing import Answer, Said, Seen
from ostler.diagnosis.tracebacks import Call, Trace
from ostler.diagnosis.works import Unfinished, unfinished_in
from ostler.logs.finding import PROJECTS

HOPS = 3
STACK = 4

_TROUBLE = re.compile(
    r"fail|error|unable|could not|cannot|can't|dead|timed? ?out|not found|no .{0,20}available|missing|unexpected", re.I
)
_KINDS = {
    "is an API": re.compile(r"/api/(?!rpc)|/pecan_wsgi/"),
    "is a database layer": re.compile(r"/db/"),
    "is objects": re.compile(r"/objects/"),
    "is a manager": re.compile(r"/manager\.py$|/managers\.py$"),
    "is a driver": re.compile(r"/drivers?/|/virt/"),
    "is a client": re.compile(r"rpcapi\.py$|/volume/cinder\.py$|/image/glance\.py$|/network/neutronv2/|client"),
    "holds data only": re.compile(
        r"models(?:_api)?\.py$|api_models\.py$|/models/|exception|constants|/__init__\.py$|/views/"
    ),
    "is plumbing": re.compile(
        r"wsgi\.py$|/middleware/|/hooks/|/extensions\.py$|/validation/|coordination\.py$|/resource\.py$|/controllers/utils\.py$"
        r"|exception_wrapper|safe_utils|^[a-z]+/(?:common/)?utils\.py$|^[a-z]+/rpc\.py$|/common/rpc\.py$|^neutron/db/api\.py$|/objects/base\.py$"
        r"|/middleware|/versioning\.py$|_utils\.py$|_model_query\.py$"
    ),
}


def _how(candidate: Candidate) -> str:
    """How a candidate came to be one: what kind of file it is means more or less then."""
    found = {clue for clues in candidate.functions.values() for clue in clues}
    if any("frame" in clue and "below" not in clue for clue in found):
        return " (in a traceback)"
    if any("gave what" in clue or clue.startswith("1 calls below the inn") for clue in found):
        return " (next to a traceback)"
    return ""


@dataclass
class Candidate:
    """One file: the clues that are about all of it, those about each of its functions, and the lines that speak for it.

    A fault is in one function: what speaks for two of them does not make the file likelier than what speaks for one
    alone as much.
    """

    module: str
    clues: dict[str, float] = field(default_factory=dict)
    functions: dict[str, dict[str, float]] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)

    @property
    def project(self) -> str:
        return self.module.partition("/")[0]

    @property
    def places(self) -> dict[str, dict[str, float]]:
        """The clues of each function, with those of the whole file; these alone, under no name, when there is none."""
        return {name: {**self.clues, **clues} for name, clues in self.functions.items()} or {"": self.clues}

    def add(self, clue: str, strength: float, function: str | None, said: Said | None) -> None:
        """Add a clue; of one kind the strongest counts. What stands in brackets is a case of what stands before them:
        both are clues, so that what is known of all cases helps where a case is rare."""
        clues = self.clues if function is None else self.functions.setdefault(function, {})
        for kind in {clue, clue.partition(" (")[0]}:
            clues[kind] = max(clues.get(kind, 0.0), strength)
        if said is not None and said not in self.said and len(self.said) < 5:
            self.said.append(said)


@dataclass
class Evidence:
    """All that speaks for a failure and for where it is."""

    seen: Seen
    incidents: list[Incident]
    failed: list[Answer]
    guests: list[Answer]
    unfinished: list[Unfinished]
    candidates: dict[str, Candidate] = field(default_factory=dict)

    def of(self, module: str) -> Candidate:
        return self.candidates.setdefault(module, Candidate(module))


def evidence_in(seen: Seen, knowledge: Knowledge) -> Evidence:
    """Gather what speaks for a failure, and which files it points to."""
    evidence = Evidence(
        seen, incidents_in(seen), failed_requests(seen, knowledge), refused_guests(seen), unfinished_in(seen, knowledge)
    )
    _from_incidents(evidence)
    _from_answers(evidence, knowledge)
    _from_works(evidence)
    _from_loggers(evidence)
    for candidate in evidence.candidates.values():
        for kind, pattern in _KINDS.items():
            if pattern.search(candidate.module):
                candidate.add(f"{kind}{_how(candidate)}", 1.0, None, None)
        candidate.clues["how much it does"] = math.log1p(code_map_of(candidate.module).size(candidate.module)) / 6.0
    return evidence


def _from_incidents(evidence: Evidence) -> None:
    for incident in evidence.incidents:
        if incident.trace is not None and incident.trace.is_only_met:
            for call in _own(incident.trace):
                evidence.of(call.module).add(f"met it ({incident.trace.kind})", 1.0, call.function, incident.said)
    traced = [each for each in evidence.incidents if each.trace is not None and not each.trace.is_only_met]
    failed = {answer.said.request for answer in evidence.failed if answer.said.request}
    of_user = next((each for each in traced if each.requests & failed), None)
    for incident in traced:
        roles = [role for role, one in (("first", traced[0]), ("user's", of_user)) if incident is one] or ["later"]
        assert incident.trace is not None
        _from_frames(evidence, incident.trace, incident.said, roles)
        if roles != ["later"] and incident.trace.kind in ("a wrong value", "nothing given"):
            _from_leaning(evidence, _own(incident.trace), incident.said)
            _from_handing(evidence, incident.trace, incident.said)


def _own(trace: Trace) -> list[Call]:
    """The frames that do the work, without those that stand around them."""
    calls = [each for each in trace.calls if not each.is_wrapper]
    return calls or list(trace.calls)


def _from_frames(evidence: Evidence, trace: Trace, said: Said, roles: list[str]) -> None:
    inner: dict[str, Call] = {}
    for call in reversed(_own(trace)):
        inner.setdefault(call.module, call)
    working = [call for call in inner.values() if not _KINDS["is plumbing"].search(call.module)]
    for call in inner.values():
        if call not in working:
            evidence.of(call.module).add("plumbing in a traceback", 1.0, call.function, said)
    for place, call in enumerate(working or inner.values()):
        where = ("innermost", "second", "third")[place] if place < 3 else "outer"
        candidate = evidence.of(call.module)
        for role in roles:
            candidate.add(f"{where} frame (of the {role} traceback)", 1.0, call.function, said)
        if roles != ["later"]:
            candidate.add(f"{where} frame ({trace.kind})", 1.0, call.function, said)
    innermost = next(iter(inner.values()))
    candidate = evidence.of(innermost.module)
    candidate.add(f"raised it ({trace.kind})", 1.0, innermost.function, said)
    if roles == ["later"]:
        candidate.add("raised a later one", 1.0, innermost.function, said)


def _from_leaning(evidence: Evidence, calls: list[Call], said: Said) -> None:
    """Who may have given a wrong value: what the innermost frames call."""
    innermost = calls[-1]
    reached = code_map_of(innermost.module).within((innermost.module, innermost.function), HOPS)
    for hop in range(1, HOPS + 1):
        _share(
            evidence,
            [each for each, at in reached.items() if at == hop],
            f"{hop} calls below the innermost frame",
            said,
        )
    for call in calls[-1 - STACK : -1]:
        below = code_map_of(call.module).within((call.module, call.function), 2)
        for hop in (1, 2):
            _share(
                evidence, [each for each, at in below.items() if at == hop], f"{hop} calls below an outer frame", said
            )


def _from_handing(evidence: Evidence, trace: Trace, said: Said) -> None:
    """Which way a wrong value came to where it was needed."""
    for each in way_of_wrong(_own(trace), trace.words, is_raised_below=trace.is_raised_below):
        evidence.of(each.function[0]).add(each.how, each.strength, each.function[1], said)


def _rare(reached: Iterable[object]) -> float:
    return 1.0 / math.sqrt(max(1, len(list(reached))))


def _share(evidence: Evidence, functions: list[Function], clue: str, said: Said | None) -> None:
    modules: dict[str, str] = {}
    for module, name in functions:
        modules.setdefault(module, name)
    for module, name in modules.items():
        evidence.of(module).add(clue, _rare(modules), name, said)


def _from_answers(evidence: Evidence, knowledge: Knowledge) -> None:
    traced = {request for each in evidence.incidents if each.trace is not None for request in each.requests}
    first = True
    for answer in [*evidence.failed, *evidence.guests]:
        route = knowledge.route_of(answer.project, answer.method, answer.path)
        if route is None:
            continue
        if not first and answer.said.request not in traced and answer not in evidence.guests:
            continue
        first = False
        evidence.of(route.answers[0]).add("answers a failed request", 1.0, route.answers[1], answer.said)
        evidence.of(route.behind[0]).add("stands behind a failed request", 1.0, route.behind[1], answer.said)
        for entry in (route.answers, route.behind):
            reached = code_map_of(entry[0]).within(entry, 2)
            for hop in (1, 2):
                _share(
                    evidence,
                    [each for each, at in reached.items() if at == hop],
                    f"{hop} calls below a failed request",
                    answer.said,
                )


def _from_works(evidence: Evidence) -> None:
    has_trace = any(each.trace is not None for each in evidence.incidents)
    how = "explained" if has_trace else "unexplained"
    for each in evidence.unfinished:
        _share(evidence, list(each.missing.doers), f"does the stage that is missing ({how})", each.begun)
        for doer in each.missing.doers:
            reached = code_map_of(doer[0]).within(doer, 2)
            for hop in (1, 2):
                _share(
                    evidence,
                    [one for one, at in reached.items() if at == hop],
                    f"{hop} calls below the stage that is missing",
                    each.begun,
                )


def _from_loggers(evidence: Evidence) -> None:
    """Who logged errors without a traceback, and warnings that tell of trouble, and who logs them rarely."""
    errors = [each.said for each in evidence.incidents]
    for at, said in enumerate(errors):
        if module := _file_of(said.module):
            evidence.of(module).add("logged the first error" if at == 0 else "logged an error", 1.0, None, said)
    for said in evidence.seen.warnings:
        module = _file_of(said.module)
        if module and _TROUBLE.search(said.first_line):
            evidence.of(module).add("logged a warning of trouble", 1.0, None, said)


def _file_of(logger: str) -> str | None:
    plain = logger.replace(".", "/")
    if plain.partition("/")[0] not in PROJECTS:
        return None
    return next((each for each in (f"{plain}.py", f"{plain}/__init__.py") if code_map_of(plain).has(each)), None)
