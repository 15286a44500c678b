"""What happens during a run, as a stream of events: for the live view, for JSON lines, for the report."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ostler.errors import Finding, OstlerError


@dataclass(frozen=True)
class RunStarted:
    """A run began or is gone on with (`is_resumed`). `estimate_s` is for the whole plan."""

    run: str
    cloud: str
    title: str
    is_resumed: bool
    stages: int
    steps: int
    estimate_s: float


@dataclass(frozen=True)
class StageStarted:
    """A stage began; `lanes` are those that are not complete yet."""

    stage: str
    title: str
    number: int
    lanes: int
    estimate_s: float


@dataclass(frozen=True)
class StageEnded:
    """A stage ended: `done`, `failed` or `stopped`."""

    stage: str
    result: str
    failed_lanes: tuple[str, ...]


@dataclass(frozen=True)
class LaneStarted:
    """A lane began."""

    stage: str
    lane: str
    steps: int


@dataclass(frozen=True)
class LaneEnded:
    """A lane ended: `done`, `failed` or `stopped`."""

    stage: str
    lane: str
    result: str


@dataclass(frozen=True)
class StepStarted:
    """A step is about to act."""

    step: str
    kind: str
    host: str | None
    title: str
    estimate_s: float


@dataclass(frozen=True)
class EffectDone:
    """An effect was carried out; `number` is the journal's."""

    step: str
    number: int
    what: str
    is_change: bool
    seconds: float


@dataclass(frozen=True)
class StepEnded:
    """A step ended."""

    step: str
    outcome: str
    reason: str
    seconds: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoanOpened:
    """Something was lent."""

    name: str
    step: str


@dataclass(frozen=True)
class LoanReturned:
    """Something lent was given back."""

    name: str
    how: str


@dataclass(frozen=True)
class FindingTold:
    """A step had something to say."""

    step: str
    finding: Finding


@dataclass(frozen=True)
class GateWaiting:
    """A person must say yes before the run goes on."""

    stage: str
    question: str
    is_point_of_no_return: bool


@dataclass(frozen=True)
class ApiSeen:
    """What this process's probe saw of one API since it began to ask: ``failed`` are requests that failed and objects
    that ended wrong, ``longest_wait_s`` is of answers that came, ``waiting_s`` of the oldest request without one."""

    requests: int
    failed: int
    longest_wait_s: float
    waiting_s: float


@dataclass(frozen=True)
class ProbeSeen:
    """What users see, told every few seconds while a run with a probe goes on. ``state`` is waiting (for APIs that the
    plan took away), setup, asking, ending or ended, ``message`` why; ``apis`` are those that were asked yet."""

    state: str
    message: str
    apis: Mapping[str, ApiSeen]


@dataclass(frozen=True)
class Note:
    """Something the operator should know now."""

    text: str


@dataclass(frozen=True)
class RunEnded:
    """The run's process ends; `state` is the journal's, `lent` what is still out."""

    run: str
    state: str
    message: str
    seconds: float
    lent: tuple[str, ...]


Event = (
    RunStarted
    | StageStarted
    | StageEnded
    | LaneStarted
    | LaneEnded
    | StepStarted
    | EffectDone
    | StepEnded
    | LoanOpened
    | LoanReturned
    | FindingTold
    | GateWaiting
    | ProbeSeen
    | Note
    | RunEnded
)
Listener = Callable[[float, Event], None]
"""Gets the time (seconds since the epoch) and the event; called one at a time, from any thread."""

NAMES: Mapping[type[Event], str] = {
    RunStarted: "run_started",
    StageStarted: "stage_started",
    StageEnded: "stage_ended",
    LaneStarted: "lane_started",
    LaneEnded: "lane_ended",
    StepStarted: "step_started",
    EffectDone: "effect_done",
    StepEnded: "step_done",
    LoanOpened: "loan_opened",
    LoanReturned: "loan_returned",
    FindingTold: "finding",
    GateWaiting: "gate_waiting",
    ProbeSeen: "probe_seen",
    Note: "note",
    RunEnded: "run_ended",
}
"""What the events are called in the stream; published: docs/schemas/events.json."""


class Events:
    """Passes events to listeners, one at a time.

    A listener that raises an OstlerError ends the run; one that fails in any other way (its terminal is gone) is left
    out from then on: a run is worth more than its view.
    """

    def __init__(self, now: Callable[[], float], *listeners: Listener) -> None:
        self._now = now
        self._listeners = list(listeners)
        self._lock = threading.RLock()

    def tell(self, event: Event) -> None:
        """Pass an event on."""
        with self._lock:
            at = self._now()
            for listener in list(self._listeners):
                try:
                    listener(at, event)
                except OstlerError:
                    raise
                except Exception:
                    self._listeners.remove(listener)


def event_to_json(at: float, event: Event) -> str:
    """One event as one JSON line, its seconds to the millisecond."""
    values = asdict(event, dict_factory=_to_the_millisecond)
    return json.dumps({"at": round(at, 3), "event": NAMES[type(event)], **values}, ensure_ascii=False)


def _to_the_millisecond(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in fields}
