"""Why a run should stop: Ctrl-C, a wish from another process, the failure budget, a lost lock. Asked between steps.

All but a lost lock, or a second Ctrl-C, wait until nothing is half done (see `safe_points`)."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from ostler.execution.records import RunState

INTERRUPTED_ONCE = "stopping as soon as nothing is half done; press Ctrl-C again to leave it where it is"
INTERRUPTED_TWICE = "leaving the running steps where they are"


@dataclass(frozen=True)
class Standing:
    """Where a run stands, and the sentence that says why."""

    state: RunState
    message: str = ""


class StopWish:
    """Whether a run should stop, and how it then stands. The first reason counts; what `at_once` says does not wait
    until nothing is half done."""

    def __init__(
        self, *sources: Callable[[], Standing | None], at_once: Callable[[], Standing | None] = lambda: None
    ) -> None:
        self._at_once = at_once
        self._sources = sources
        self._reason: Standing | None = None
        self._interrupts = 0
        self._lock = threading.Lock()

    def is_wanted(self) -> bool:
        """Whether the run should stop when nothing is half done."""
        return self.reason() is not None

    def is_urgent(self) -> bool:
        """Whether it should stop where it is: no further step should begin."""
        return self.is_abandoned() or self._at_once() is not None

    def reason(self) -> Standing | None:
        """Why the run should stop; None when it should go on."""
        with self._lock:
            if self._reason is None:
                sources = (self._at_once, self._interrupted, *self._sources)
                found = (standing for source in sources if (standing := source()))
                self._reason = next(found, None)
            return self._reason

    def is_abandoned(self) -> bool:
        """Whether even the running steps should be left where they are."""
        return self._interrupts > 1

    def interrupt(self) -> None:
        """Ask the run to stop, as Ctrl-C does; twice: at once."""
        self._interrupts += 1

    def _interrupted(self) -> Standing | None:
        return Standing(RunState.STOPPED, "stopped by the operator") if self._interrupts else None

    @contextlib.contextmanager
    def on_signals(self, tell: Callable[[str], None], abandon: Callable[[], None]) -> Iterator[None]:
        """Let Ctrl-C and a polite kill stop the run; the second time `abandon` is called."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.interrupt()
            tell(INTERRUPTED_TWICE if self.is_abandoned() else INTERRUPTED_ONCE)
            if self.is_abandoned():
                abandon()

        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
