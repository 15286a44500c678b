"""Runs the lanes of one stage side by side: how many at once, how many per failure domain, how many may fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from ostler.execution.lane_runner import LANE_BROKEN, LANE_DONE, LANE_FAILED, LANE_STOPPED
from ostler.planning.model import Lane, Stage

RunLane = Callable[[Lane], str]
WAIT_S = 0.5
"""How often the main thread looks up while it waits: signals are only seen then."""


@dataclass
class StageResult:
    """How a stage ended: `done` (also with tolerated failures), `failed`, `stopped` or `broken`."""

    result: str = LANE_DONE
    failed: list[str] = field(default_factory=list)


class StageRunner:
    """One stage. `lanes` are those not complete yet, in the plan's order."""

    def __init__(self, stage: Stage, lanes: Sequence[Lane], run_lane: RunLane, wants_stop: Callable[[], bool]) -> None:
        self._stage = stage
        self._waiting = list(lanes)
        self._run_lane = run_lane
        self._wants_stop = wants_stop
        self._running: dict[Future[str], Lane] = {}
        self._result = StageResult()

    def run(self) -> StageResult:
        """Run the lanes and wait for those that were begun, whatever happens."""
        canary = self._stage.first_alone and self._waiting[:1] == list(self._stage.lanes[:1])
        with ThreadPoolExecutor(max(1, self._stage.in_flight), thread_name_prefix="lane") as pool:
            while True:
                if self._may_begin():
                    self._begin(pool, 1 if canary else self._stage.in_flight)
                if not self._running:
                    break
                self._collect(tolerated=0 if canary else self._stage.tolerate)
                canary = canary and bool(self._running)
        if self._result.result == LANE_DONE and self._waiting:
            self._result.result = LANE_STOPPED
        return self._result

    def _may_begin(self) -> bool:
        return self._result.result == LANE_DONE and not self._wants_stop()

    def _begin(self, pool: ThreadPoolExecutor, at_once: int) -> None:
        """Begin lanes in their order, each as soon as the limits allow."""
        for lane in list(self._waiting):
            if len(self._running) >= max(1, at_once):
                return
            if self._domain_has_room(lane):
                self._waiting.remove(lane)
                self._running[pool.submit(self._run_lane, lane)] = lane

    def _domain_has_room(self, lane: Lane) -> bool:
        limit = self._stage.per_domain
        busy = Counter(running.domain or running.name for running in self._running.values())
        return limit == 0 or busy[lane.domain or lane.name] < limit

    def _collect(self, tolerated: int) -> None:
        ended, _ = wait(self._running, timeout=WAIT_S, return_when=FIRST_COMPLETED)
        for future in ended:
            lane = self._running.pop(future)
            result = future.result()
            if result == LANE_FAILED:
                self._result.failed.append(lane.name)
                if len(self._result.failed) > tolerated:
                    self._worsen(LANE_FAILED)
            elif result in (LANE_STOPPED, LANE_BROKEN):
                self._worsen(result)

    def _worsen(self, result: str) -> None:
        order = (LANE_DONE, LANE_STOPPED, LANE_FAILED, LANE_BROKEN)
        self._result.result = max(self._result.result, result, key=order.index)
