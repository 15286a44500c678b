"""Errors of one kind as one incident, and the failed requests of users and guests."""

from __future__ import annotations

from dataclasses import dataclass, field

from ostler.diagnosis.knowledge import Knowledge
from ostler.diagnosis.observing import Answer, Said, Seen
from ostler.diagnosis.tracebacks import Trace, trace_in
from ostler.logs.event import Level
from ostler.logs.templates import shape_of

GUEST_PATHS = ("/20", "/latest", "/openstack")
"""How the paths of the metadata service begin: guests ask for them."""

MANY_REFUSALS = 3
"""A guest asks for some things that need not be there; so many refusals of one kind of answer are not that."""


@dataclass
class Incident:
    """What was logged as going wrong, of one kind: the first time it was, all requests in which it was, how often.

    Its traceback is the longest: what is caught, logged and raised again has few frames where it is caught first.
    """

    said: Said
    trace: Trace | None
    requests: set[str] = field(default_factory=set)
    count: int = 0

    @property
    def project(self) -> str:
        return self.said.project


def incidents_in(seen: Seen) -> list[Incident]:
    """Return what went wrong in the order of time; warnings count when they carry a traceback."""
    found: dict[object, Incident] = {}
    for said in sorted([*seen.errors, *seen.warnings], key=lambda each: each.time):
        trace = trace_in(said.text)
        if trace is None and said.level < Level.ERROR:
            continue
        kind: object = (said.module, shape_of(said.text))
        if trace is not None:
            last = trace.calls[-1]
            kind = (said.service, last.module, last.function, trace.raised)
        incident = found.setdefault(kind, Incident(said, trace))
        if trace is not None and incident.trace is not None and len(trace.calls) > len(incident.trace.calls):
            incident.trace = trace
        incident.count += 1
        if said.request:
            incident.requests.add(said.request)
    return list(found.values())


def failed_requests(seen: Seen, knowledge: Knowledge) -> list[Answer]:
    """Return the answers by which a user saw something fail.

    Not so: what is not there when somebody looks for it (404 to GET), who must log in first (401), and requests that
    services make of each other, unless these failed for a fault of the one that answers. A load balancer's word counts
    for such faults alone: of others the API tells more.
    """
    errors = {said.request for said in seen.errors if said.request}
    found = []
    for answer in seen.answers:
        is_read = answer.method in ("GET", "HEAD")
        if answer.path.startswith(GUEST_PATHS):
            continue
        if answer.status >= 500:
            found.append(answer)
        elif knowledge.is_internal(answer.path) or answer.status == 401 or answer.is_told_by_balancer:
            continue
        elif not is_read or (answer.status != 404 and answer.said.request in errors):
            found.append(answer)
    return found


def refused_guests(seen: Seen) -> list[Answer]:
    """Return failed answers to guests that are too many to be questions for what need not be there."""
    found = [answer for answer in seen.answers if answer.path.startswith(GUEST_PATHS)]
    paths = {answer.path for answer in found}
    return found if len(paths) >= MANY_REFUSALS else []
