"""Waiting for facts: each expectation has its own time, and a slow host is left in peace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ostler.execution.clock import Clock
from ostler.execution.waiting import Abandoned, Waiter
from ostler.facts.model import FactRequest, Unknown, wanted
from ostler.facts.predicate import Expectation
from ostler.steps.effects import Until

FACT = wanted("state", "ctl1")


class Host:
    """A host whose state changes with time; reading it takes `slowness` seconds of a clock that only it moves."""

    def __init__(self, slowness: float = 0.0, **becomes: float) -> None:
        self.time = 0.0
        self.slowness = slowness
        self.becomes = becomes
        self.read_at: list[float] = []
        self.is_silent = False
        self.is_abandoned = False

    def read(self, requests: Iterable[FactRequest]) -> Mapping[FactRequest, Any]:
        self.read_at.append(self.time)
        self.time += self.slowness
        value = (
            Unknown("it does not answer") if self.is_silent else {k: self.time >= at for k, at in self.becomes.items()}
        )
        return dict.fromkeys(requests, value)

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    @property
    def waiter(self) -> Waiter:
        clock = Clock(now=lambda: self.time, elapsed=lambda: self.time, sleep=self.sleep)
        return Waiter(self.read, clock, lambda: self.is_abandoned)


def until(name: str, timeout_s: float, every_s: float = 1.0) -> Until:
    return Until(Expectation(FACT, (name,), "equals", True, f"{name} is so"), every_s, timeout_s)


def test_what_is_so_is_not_waited_for() -> None:
    host = Host(up=0)
    assert host.waiter.wait([until("up", 10)]) == []
    assert host.read_at == [0]


def test_it_is_looked_at_again_until_it_is_so() -> None:
    host = Host(up=2.5)
    assert host.waiter.wait([until("up", 10)]) == []
    assert host.read_at == [0, 1, 2, 3]


def test_several_expectations_are_read_at_once_and_each_has_its_own_time() -> None:
    host = Host(up=4, ready=100, synced=100)
    missed = host.waiter.wait([until("up", 10), until("ready", 2), until("synced", 6)])
    assert [(u.expectation.says, verdict.found) for u, verdict in missed] == [
        ("ready is so", "False"),
        ("synced is so", "False"),
    ]
    assert host.read_at == [0, 1, 2, 3, 4, 5, 6]


def test_a_fact_that_cannot_be_read_is_not_so_and_says_why() -> None:
    host = Host(up=0)
    host.is_silent = True
    ((_, verdict),) = host.waiter.wait([until("up", 1)])
    assert (verdict.holds, verdict.found) == (None, "nothing: it does not answer")


def test_a_slow_host_rests_as_long_as_it_took_to_answer() -> None:
    host = Host(slowness=3, up=14)
    assert host.waiter.wait([until("up", 60, every_s=0.5)]) == []
    assert host.read_at == [0, 6, 12]


def test_what_must_be_steady_counts_only_after_it_stayed_the_same() -> None:
    host = Host(up=1, other=3)
    steady = Until(Expectation(FACT, ("*",), "contains", True, "something is so"), 1.0, 60.0, steady_s=3.0)
    assert host.waiter.wait([steady]) == []
    assert host.read_at == [0, 1, 2, 3, 4, 5, 6]


def test_what_never_is_steady_is_missed() -> None:
    host = Host(**{f"start {n}": n for n in range(100)})
    steady = Until(Expectation(FACT, ("*",), "contains", True, "something is so"), 1.0, 10.0, steady_s=3.0)
    ((_, verdict),) = host.waiter.wait([steady])
    assert verdict.expectation is steady.expectation


def test_an_operator_who_does_not_wait_is_obeyed() -> None:
    host = Host(up=100)
    host.is_abandoned = True
    with pytest.raises(Abandoned):
        host.waiter.wait([until("up", 60)])
