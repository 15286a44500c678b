"""A run while it goes on, on a terminal: stage, lanes, steps, time left, what is lent, what the probe sees."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from ostler.durations import duration
from ostler.execution import events
from ostler.planning.model import Plan, Stage

SHOWN_LANES = 12
REFRESH_PER_SECOND = 4


@dataclass
class _LaneView:
    steps: int
    ended: int = 0
    title: str = ""
    since: float = 0.0


@dataclass
class _State:
    stage: str = ""
    lanes: dict[str, _LaneView] = field(default_factory=dict)
    lent: list[str] = field(default_factory=list)
    ended_steps: set[str] = field(default_factory=set)
    is_over: bool = False


class RunView:
    """Draws a run. `listener` takes its events; `probe_lines` says what the probe sees now."""

    def __init__(self, plan: Plan, probe_lines: Callable[[], Sequence[str]], console: Console | None = None) -> None:
        self._plan = plan
        self._probe_lines = probe_lines
        self._console = console or Console()
        self._state = _State()
        self._lock = threading.RLock()
        self._lane_of = {step.id: lane.name for _, lane, step in plan.steps()}
        self._began = time.monotonic()
        self._live = Live(
            console=self._console, get_renderable=self.draw, refresh_per_second=REFRESH_PER_SECOND, transient=True
        )

    def __enter__(self) -> RunView:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def listener(self, at: float, event: events.Event) -> None:
        """Take one event."""
        with self._lock:
            line = self._take(event)
        if line is not None:
            self._live.console.print(Text(line), highlight=False)

    def _take(self, event: events.Event) -> str | None:
        """Note what an event changes; return the line that stays on the screen for it, if any."""
        state = self._state
        match event:
            case events.RunStarted():
                return f"{'going on with' if event.is_resumed else 'begun:'} run {event.run} on {event.cloud}"
            case events.StageStarted():
                state.stage, state.lanes = event.stage, {}
                return f"{event.number}/{len(self._plan.stages)} {event.title}"
            case events.StageEnded():
                state.lanes = {}
                return None if event.result == "done" else f"    {event.stage}: {event.result}"
            case events.LaneStarted():
                state.lanes[event.lane] = _LaneView(event.steps)
            case events.LaneEnded():
                state.lanes.pop(event.lane, None)
                return None if event.result == "done" else f"    {event.lane}: {event.result}"
            case events.StepStarted():
                view = state.lanes.setdefault(self._lane_of.get(event.step, ""), _LaneView(1))
                view.title, view.since = event.title, time.monotonic()
            case events.StepEnded():
                return self._step_ended(event)
            case events.LoanOpened():
                state.lent = [*(name for name in state.lent if name != event.name), event.name]
            case events.LoanReturned():
                state.lent = [name for name in state.lent if name != event.name]
            case events.FindingTold() if event.finding.severity != "note":
                return f"    {event.finding.severity}: {event.finding.summary} [{event.finding.code}]"
            case events.GateWaiting():
                return f"    gate before {event.stage}: {event.question}"
            case events.Note():
                return f"    {event.text}"
            case events.RunEnded():
                state.is_over = True
        return None

    def _step_ended(self, event: events.StepEnded) -> str | None:
        self._state.ended_steps.add(event.step)
        view = self._state.lanes.get(self._lane_of.get(event.step, ""))
        if view is not None:
            view.ended += 1
        if event.outcome in ("done", "already_so", "skipped"):
            return None
        return f"    {event.outcome}: {event.step}: {event.reason}"

    def draw(self) -> RenderableType:
        """What is shown now: the part of the screen that changes."""
        with self._lock:
            if self._state.is_over or not self._state.stage:
                return Text("")
            lines = [self._head(), *self._lane_lines()]
            if self._state.lent:
                lines.append(f"  lent: {', '.join(self._state.lent)}")
        lines += [f"  {line}" for line in self._probe_lines()]
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines))

    def _head(self) -> str:
        passed = time.monotonic() - self._began
        return f"  {duration(passed)} passed, about {duration(self._left_s())} left"

    def _lane_lines(self) -> list[str]:
        now = time.monotonic()
        lines = [
            f"  {name}: step {view.ended + 1} of {view.steps}: {view.title} ({duration(now - view.since)})"
            for name, view in self._state.lanes.items()
            if view.title
        ]
        more = len(lines) - SHOWN_LANES
        return lines[:SHOWN_LANES] + ([f"  and {more} more side by side"] if more > 0 else [])

    def _left_s(self) -> float:
        """Seconds left, from the estimates of what is not done."""
        names = [stage.name for stage in self._plan.stages]
        present = names.index(self._state.stage)
        later = sum(stage.estimate_s for stage in self._plan.stages[present + 1 :])
        return later + self._left_of(self._plan.stages[present])

    def _left_of(self, stage: Stage) -> float:
        steps = [step for lane in stage.lanes for step in lane.steps]
        total = sum(step.estimate_s for step in steps)
        left = sum(step.estimate_s for step in steps if step.id not in self._state.ended_steps)
        return stage.estimate_s * left / total if total else 0.0
