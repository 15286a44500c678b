"""What a diagnosis says: a verdict and ranked findings. Frozen data; what is shown of it is made in `reporting`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ostler.diagnosis.observing import Said
from ostler.errors import Finding, Severity


class Verdict(StrEnum):
    """Whether users saw something fail; `unsure` when the evidence is thin or too little was logged to tell."""

    FAILURE = "failure"
    HEALTHY = "healthy"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Kind:
    """What findings of one kind have in common: a stable code, what they say of a place, what to do next."""

    code: str
    summary: str
    do_next: str


TRACEBACK = Kind(
    "diagnosis.traceback-from-here", "a traceback comes from here",
    "look at this function as it is installed: compare it with its package and with a host that works, and search the "
    "project's bugs for what was raised",
)  # fmt: skip
WRONG_VALUE = Kind(
    "diagnosis.wrong-value-from-here", "what failed works with a value that is made here",
    "see what this function gives back, and why it gave nothing or too little: the traceback is that of its caller",
)  # fmt: skip
WORK_STOPPED = Kind(
    "diagnosis.work-stopped-here", "work stopped where this has to go on with it",
    "see whether the service that does this part runs, has a consumer on its queue, and got the call",
)  # fmt: skip
REQUEST_FAILED = Kind(
    "diagnosis.request-failed-here", "a request failed that is carried out here",
    "ask the same again with debug logging in this service, and see what it does before it answers",
)  # fmt: skip
TROUBLE_LOGGED = Kind(
    "diagnosis.trouble-logged-here", "trouble was logged from here",
    "read what was logged around it, from the first such line on",
)  # fmt: skip


@dataclass(frozen=True)
class Quoting(Finding):
    """A finding that quotes logs; ``personal`` names the kinds of personal data in what it quotes."""

    personal: tuple[str, ...] = ()


@dataclass(frozen=True)
class Consequence:
    """Something that followed from what a finding is about, in words, and the line that tells it."""

    what: str
    said: Said


@dataclass(frozen=True)
class Diagnosed:
    """One finding: what is known of one place that may be at fault.

    ``module`` is a source file (`nova/compute/manager.py`) and ``function`` one in it; None where it makes no sense.
    ``confidence`` is from 0 to 1: of source files, so that in labelled runs about eight in ten of 0.8 are right; of
    parts of the infrastructure, set by hand. ``because`` are the clues in words, the weightiest first; ``cause_of``
    what followed, in the order of time. A finding on a part of the infrastructure has a ``severity`` and
    ``components``, and its kind's summary says all.
    """

    kind: Kind
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
    severity: Severity | None = None
    components: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """What is said of it in one sentence."""
        return self.kind.summary if self.severity else f"{self.place}: {self.kind.summary}"

    @property
    def place(self) -> str:
        """Where it is, as short as it can be said."""
        if self.module is None:
            return self.service or self.project
        return f"{self.module}, {self.function}()" if self.function else self.module


@dataclass(frozen=True)
class Diagnosis:
    """The whole: ``sure`` is how sure it is that users saw a failure; ``signs`` say why, ``missing`` what is not in the
    logs, ``projects`` how what is sure spreads over the projects; times are seconds since the epoch. ``notes`` tell
    what is unusual, and no fault by itself; ``logs_of`` are the projects and parts of the infrastructure whose logs
    were judged."""

    verdict: Verdict
    sure: float
    signs: tuple[str, ...]
    missing: tuple[str, ...]
    projects: tuple[tuple[str, float], ...]
    findings: tuple[Diagnosed, ...]
    events: int
    begins: float
    ends: float
    notes: tuple[Finding, ...] = ()
    logs_of: tuple[str, ...] = ()
