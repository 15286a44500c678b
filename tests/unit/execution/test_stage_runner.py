"""How many lanes of a stage run side by side, and what stops it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from ostler.execution.stage_runner import StageRunner
from ostler.planning.model import Lane, Stage


class Lanes:
    """Lanes that all wait for each other, as far as they are let; `peaks` is how many ran at once, by domain."""

    def __init__(self, results: dict[str, str] | None = None) -> None:
        self._results = results or {}
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self.order: list[str] = []
        self.peaks: Counter[str] = Counter()

    def run(self, lane: Lane) -> str:
        with self._lock:
            self.order.append(lane.name)
            for key in ("all", lane.domain or lane.name):
                self._running[key] += 1
                self.peaks[key] = max(self.peaks[key], self._running[key])
        threading.Event().wait(0.02)
        with self._lock:
            for key in ("all", lane.domain or lane.name):
                self._running[key] -= 1
        return self._results.get(lane.name, "done")


def lanes(*names: str) -> tuple[Lane, ...]:
    """`a@rack1` is a lane of a failure domain."""
    return tuple(Lane(name.split("@")[0], (), name.partition("@")[2] or None) for name in names)


def run(made: Stage, world: Lanes, wants_stop: Callable[[], bool] = lambda: False) -> tuple[str, list[str]]:
    result = StageRunner(made, made.lanes, world.run, wants_stop).run()
    return result.result, result.failed


def stage(*names: str, **limits: int | bool) -> Stage:
    return Stage("s", "a stage", "why not", "none: a test", lanes(*names), **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize("in_flight", [1, 3])
def test_never_more_lanes_than_allowed_run_at_once_and_they_begin_in_order(in_flight: int) -> None:
    world = Lanes()
    assert run(stage(*"abcdef", in_flight=in_flight), world) == ("done", [])
    assert world.peaks["all"] == in_flight
    assert sorted(world.order) == list("abcdef")
    assert world.order[0] == "a"


def test_never_more_lanes_of_a_failure_domain_than_allowed_run_at_once() -> None:
    world = Lanes()
    run(stage("a@r1", "b@r1", "c@r1", "d@r2", "e@r2", in_flight=5, per_domain=1), world)
    assert (world.peaks["r1"], world.peaks["r2"], world.peaks["all"]) == (1, 1, 2)


def test_the_canary_runs_alone_before_the_others() -> None:
    world = Lanes()
    run(stage("a@x", "b@y", "c@z", in_flight=3, first_alone=True), world)
    assert world.order[0] == "a"
    assert world.peaks["all"] == 2


@pytest.mark.parametrize(
    ("failing", "tolerate", "result", "begun"),
    [
        ("a", 0, "failed", "a"),
        ("a", 1, "done", "abcd"),
        ("ab", 1, "failed", "ab"),
        ("d", 0, "failed", "abcd"),
    ],
)
def test_what_is_tolerated(failing: str, tolerate: int, result: str, begun: str) -> None:
    world = Lanes(dict.fromkeys(failing, "failed"))
    assert run(stage(*"abcd", tolerate=tolerate), world) == (result, list(failing))
    assert "".join(world.order) == begun


def test_a_canary_that_fails_is_never_tolerated() -> None:
    world = Lanes({"a": "failed"})
    assert run(stage(*"abc", tolerate=3, first_alone=True), world) == ("failed", ["a"])
    assert world.order == ["a"]


def test_when_the_run_should_stop_no_lane_begins_any_more() -> None:
    world = Lanes()
    assert run(stage(*"abc"), world, wants_stop=lambda: bool(world.order)) == ("stopped", [])
    assert world.order == ["a"]


def test_a_broken_journal_counts_more_than_a_failed_lane() -> None:
    world = Lanes({"a": "failed", "b": "broken"})
    assert run(stage("a", "b", in_flight=2), world)[0] == "broken"
