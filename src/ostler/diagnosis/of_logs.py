"""The diagnosis of a folder of logs: what users saw fail and where, and what of the infrastructure is broken by them.

Healthy are only logs of which all could be read, and that tell of no fault and of no error again and again.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

from ostler.diagnosis.candidates import evidence_in
from ostler.diagnosis.diagnosing import FAILURE_FROM, HEALTHY_BELOW, judged
from ostler.diagnosis.infrastructure import causes_in
from ostler.diagnosis.knowledge import Knowledge
from ostler.diagnosis.model import Diagnosed, Diagnosis, Verdict
from ostler.diagnosis.observing import Seen
from ostler.diagnosis.unusual import lasting_error, unusual_in
from ostler.errors import Severity

MOST_NAMED = 3
SIGN = "a part of the infrastructure is told to be broken"


def diagnose_logs(
    seen: Seen, knowledge: Knowledge, symptom: str = "", unread: Sequence[str] = (), folder: str = "DIR"
) -> Diagnosis:
    """Judge what was seen in the logs of ``folder``; ``unread`` are the names of those that could not be read, or not
    to their end.

    What is sure is shared out: a source file is at fault as far as no part of the infrastructure is.
    """
    evidence = evidence_in(seen, knowledge)
    plain = judged(evidence, symptom, f"--logs {shlex.quote(folder)} ", lasting_error(seen))
    is_felt = plain.sure >= HEALTHY_BELOW
    causes = causes_in(evidence, is_felt=is_felt)
    missing = (*plain.missing, *([_unread(unread)] if unread else []))
    broken = max((each.confidence for each in causes if each.severity is Severity.FAILURE), default=0.0)
    sure = 1.0 - (1.0 - plain.sure) * (1.0 - broken) if is_felt else max(plain.sure, broken)
    return replace(
        plain,
        verdict=_verdict(plain, causes, sure, missing),
        sure=sure,
        signs=(*([SIGN] if causes else []), *plain.signs),
        missing=missing,
        projects=tuple((name, share * (1.0 - broken)) for name, share in plain.projects),
        findings=_ranked(causes, plain.findings, 1.0 - broken),
        notes=unusual_in(seen),
        logs_of=tuple(sorted(filter(None, seen.projects))),
    )


def _verdict(plain: Diagnosis, causes: Sequence[Diagnosed], sure: float, missing: Sequence[str]) -> Verdict:
    if sure >= FAILURE_FROM:
        return Verdict.FAILURE
    return Verdict.UNSURE if causes or missing else plain.verdict


def _ranked(causes: Sequence[Diagnosed], files: Sequence[Diagnosed], left: float) -> tuple[Diagnosed, ...]:
    """Causes in the infrastructure and source files, the likeliest first; ``left`` is what remains for the files."""
    found = [*causes, *(replace(each, confidence=each.confidence * left) for each in files)]
    return tuple(sorted(found, key=lambda each: -each.confidence))


def _unread(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"what could not be read, or not to its end: {', '.join(names[:MOST_NAMED])}{more}"
