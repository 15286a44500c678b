"""Waits until facts satisfy expectations, or their time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ostler.errors import Stopped
from ostler.execution.clock import Clock
from ostler.facts.model import FactRequest, JsonValue, Unknown
from ostler.facts.predicate import Expectation, holds, look_up
from ostler.masking import mask_line
from ostler.steps.effects import Until

Read = Callable[[Iterable[FactRequest]], Mapping[FactRequest, JsonValue | Unknown]]

SHOWN = 200


class Abandoned(Stopped):
    """The operator asked twice to stop: the running step is left where it is, as if the process had been killed."""


@dataclass(frozen=True)
class Verdict:
    """Whether an expectation holds now; None when its fact could not be read. `found` is for people."""

    expectation: Expectation
    holds: bool | None
    found: str

    def __str__(self) -> str:
        return f"{self.expectation}: {'yes' if self.holds else 'no'}, found {self.found}"


def judge(expectation: Expectation, value: JsonValue | Unknown) -> Verdict:
    """Hold an expectation against the value of its fact."""
    if isinstance(value, Unknown):
        return Verdict(expectation, None, f"nothing: {value.reason}")
    at = look_up(value, expectation.path)
    text = "nothing there" if type(at) is object else str(at)
    return Verdict(expectation, holds(expectation, value), mask_line(text, SHOWN))


class _Steadiness:
    """Since when an expectation is satisfied by one and the same value."""

    def __init__(self, until: Until) -> None:
        self.until = until
        self._since: float | None = None
        self._found = ""

    def is_met(self, verdict: Verdict, at: float) -> bool:
        """Whether what was found at a time satisfies, and did for as long as it must."""
        if not verdict.holds:
            self._since = None
            return False
        if self._since is None or verdict.found != self._found:
            self._since, self._found = at, verdict.found
        return at - self._since >= self.until.steady_s


class Waiter:
    """Reads facts again and again. `is_abandoned` is asked between two readings."""

    def __init__(self, read: Read, clock: Clock, is_abandoned: Callable[[], bool]) -> None:
        self._read = read
        self._clock = clock
        self._is_abandoned = is_abandoned

    def look(self, expectations: Sequence[Expectation]) -> list[Verdict]:
        """Hold every expectation against what is true now, in one reading."""
        values = self._read([expectation.request for expectation in expectations])
        return [judge(expectation, values[expectation.request]) for expectation in expectations]

    def wait(self, untils: Sequence[Until]) -> list[tuple[Until, Verdict]]:
        """Wait until each expectation was seen to hold, at most its own time; return those that never did.

        Raises Abandoned when the operator will not wait.
        """
        began = self._clock.elapsed()
        left = [_Steadiness(until) for until in untils]
        missed: list[tuple[Until, Verdict]] = []
        while left:
            looked_at = self._clock.elapsed()
            verdicts = self.look([each.until.expectation for each in left])
            seconds = self._clock.elapsed() - began
            unmet = [(u, v) for u, v in zip(left, verdicts, strict=True) if not u.is_met(v, looked_at)]
            missed += [(u.until, v) for u, v in unmet if seconds >= u.until.timeout_s]
            left = [u for u, _ in unmet if seconds < u.until.timeout_s]
            if left:
                # A host that is slow to answer is not asked all the time: that would make it slower still.
                took = self._clock.elapsed() - looked_at
                self._pause(max(took, min(u.until.every_s for u in left)))
        return missed

    def _pause(self, seconds: float) -> None:
        if self._is_abandoned():
            raise Abandoned("execution.abandoned", "the operator did not wait for the running step")
        self._clock.sleep(seconds)
