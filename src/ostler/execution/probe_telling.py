"""Tells during a run, every few seconds, what its probe sees."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from ostler.execution.events import ProbeSeen

TOLD_EVERY_S = 10.0


@contextlib.contextmanager
def telling_of_probe(look: Callable[[], ProbeSeen | None], tell: Callable[[ProbeSeen], None]) -> Iterator[None]:
    """While the block lasts, pass on what `look` returns, every TOLD_EVERY_S seconds; None is not told."""
    is_over = threading.Event()

    def go_on_telling() -> None:
        while not is_over.wait(TOLD_EVERY_S):
            seen = look()
            if seen is not None:
                tell(seen)

    teller = threading.Thread(target=go_on_telling, name="probe-telling", daemon=True)
    teller.start()
    try:
        yield
    finally:
        is_over.set()
        teller.join()
