"""What the journal holds, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ostler.facts.model import FactRequest, JsonValue


class Outcome(StrEnum):
    """How a step ended."""

    DONE = "done"
    ALREADY_SO = "already_so"
    SKIPPED = "skipped"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_good(self) -> bool:
        """Whether the lane may go on."""
        return self in (Outcome.DONE, Outcome.ALREADY_SO, Outcome.SKIPPED)


class RunState(StrEnum):
    """Where a run is. RUNNING with no living process means: it was killed and can be resumed."""

    RUNNING = "running"
    WAITING = "waiting"
    """A gate waits for a person."""
    PAUSED = "paused"
    """The probe's failure budget is spent."""
    STOPPED = "stopped"
    """By Ctrl-C, or because the journal could not be written."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled_back"
    """A later run took it back."""
    DONE = "done"
    DONE_WITH_FAILURES = "done_with_failures"
    """Every stage was carried out, with failed lanes that were tolerated."""

    @property
    def is_open(self) -> bool:
        """Whether the run can be resumed."""
        return self not in (RunState.CANCELLED, RunState.ROLLED_BACK, RunState.DONE)


@dataclass(frozen=True)
class RunRecord:
    """One run. `ended_at` is when its last process ended in order (None: never so far)."""

    id: str
    operation: str
    title: str
    plan_digest: str
    cloud: str
    cloud_digest: str
    who: str
    began_at: float
    ended_at: float | None
    state: RunState
    message: str


@dataclass(frozen=True)
class Intent:
    """That a step is about to act, with the facts it remembers from before."""

    step: str
    digest: str
    attempt: int
    remembered: Mapping[FactRequest, JsonValue]
    at: float


@dataclass(frozen=True)
class StepOutcome:
    """How one attempt of a step ended; `reason` is one sentence, `evidence` what was seen (free of secrets)."""

    step: str
    digest: str
    attempt: int
    outcome: Outcome
    reason: str
    evidence: tuple[str, ...]
    seconds: float
    at: float


@dataclass(frozen=True)
class EffectRecord:
    """One effect that was begun. `number` only grows; `place` is its index within its step (negative: it
    gave a loan back early); `is_change` is False when nothing had to be changed; `is_failure` True when it failed;
    `has_ended` False while it runs, and for ever when its end was not seen: the process was killed, or the connection
    broke."""

    number: int
    step: str
    attempt: int
    place: int
    what: str
    result: str
    is_change: bool
    is_failure: bool
    has_ended: bool
    at: float
    seconds: float


@dataclass(frozen=True)
class Loan:
    """Something temporary that step `step` lent under `name`; `returned_at` is None while it is out, `how` says how
    it came back."""

    run: str
    name: str
    step: str
    lent_at: float
    returning_at: float | None
    returned_at: float | None
    how: str

    @property
    def is_open(self) -> bool:
        """Whether it is still lent."""
        return self.returned_at is None

    @property
    def is_disturbed(self) -> bool:
        """Whether it was given back early, or this was begun: the step that lends must act again."""
        return self.how == GIVEN_BACK_EARLY or (self.is_open and self.returning_at is not None)


GIVEN_BACK_EARLY = "given back when the run stopped"
GIVEN_BACK_BY_STEP = "given back by"
NOT_LENT = "not lent: it was so before"


@dataclass(frozen=True)
class SavedFile:
    """A file as it was before the run touched it; `sha256` is None when there was none."""

    host: str
    path: str
    sha256: str | None
    mode: str | None
    owner: str | None
    group: str | None
    at: float


@dataclass(frozen=True)
class Approval:
    """Who said yes to a gate, and when."""

    gate: str
    who: str
    at: float
