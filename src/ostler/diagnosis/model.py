"""What a diagnosis says: a verdict and ranked findings. Frozen data; what is shown of it is made in `reporting`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ostler.diagnosis.observing import Said


class Verdict(StrEnum):
    """Whether users saw something fail; `unsure` when the evidence is thin or too little was logged to tell."""

    FAILURE = "failure"
    HEALTHY = "healthy"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Consequence:
    """Something that followed from what a finding is about, in words, and the line that tells it."""

    what: str
    said: Said


@dataclass(frozen=True)
class Diagnosed:
    """One finding.

    ``module`` is a source file (`nova/compute/manager.py`) and ``function`` one in it; None where it makes no sense.
    ``confidence`` is from 0 to 1: of findings of 0.8, about eight in ten are right. ``because`` are the clues in words,
    the weightiest first; ``cause_of`` what followed, in the order of time.
    """

    code: str
    summary: str
    project: str
    service: str
    host: str
    module: str | None
    function: str | None
    confidence: float
    because: tuple[str, ...]
    evidence: tuple[Said, ...]
    cause_of: tuple[Consequence, ...]
    do_next: tuple[str, ...]


@dataclass(frozen=True)
class Diagnosis:
    """The whole: ``sure`` is how sure it is that users saw a failure; ``signs`` say why, ``missing`` what is not in the
    logs, ``projects`` how what is sure spreads over the projects; times are seconds since the epoch."""

    verdict: Verdict
    sure: float
    signs: tuple[str, ...]
    missing: tuple[str, ...]
    projects: tuple[tuple[str, float], ...]
    findings: tuple[Diagnosed, ...]
    events: int
    begins: float
    ends: float
