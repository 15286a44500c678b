"""What speaks for a failure that users saw, whatever its cause."""

from __future__ import annotations

from ostler.diagnosis.candidates import Evidence
from ostler.diagnosis.observing import Seen

LEAST_ANSWERS = 5
"""So many answers of an API must be in the logs before silence counts as health."""


def failure_clues(evidence: Evidence) -> dict[str, float]:
    """The clues, each of strength 1."""
    errors = {said.request for said in evidence.seen.errors if said.request}
    written = [each for each in evidence.failed if each.method not in ("GET", "HEAD")]
    clues = {
        "a request to change something failed": bool(written),
        "one failed and an error was logged for it": any(each.said.request in errors for each in written),
        "a request to read something failed": len(written) < len(evidence.failed),
        "an API failed by its own fault (5xx)": any(each.status >= 500 for each in evidence.failed),
        "guests were refused": bool(evidence.guests),
        "work never came to its end": bool(evidence.unfinished),
        "several works never came to their end": len(evidence.unfinished) > 1,
        "an error was logged": bool(evidence.seen.errors),
        "a traceback was logged": any(each.trace is not None for each in evidence.incidents),
    }
    return {name: 1.0 for name, holds in clues.items() if holds}


def missing_in(seen: Seen) -> tuple[str, ...]:
    """What is missing in the logs for silence to mean health, in words; empty when nothing is."""
    missing = []
    if not seen.events:
        return ("no event could be read",)
    if sum(seen.answered.values()) < LEAST_ANSWERS:
        missing.append("no log tells how an API answered its users")
    daemons = {
        service for _, project, service in seen.services if project and not service.endswith(("-api", "-server"))
    }
    if not daemons:
        missing.append("no log of a service behind the APIs is there")
    return tuple(missing)
