"""Work that has nothing to do with other work goes side by side, on the cores there are."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from ostler.rehearsal.scratch import Scratch

T = TypeVar("T")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def side_by_side(scratch: Scratch, work: Sequence[Callable[[], T]]) -> list[T]:
    """What each gives, in order. The first error ends the place, and with it whatever the others have in hand."""
    with ThreadPoolExecutor(cores()) as pool:
        given = [pool.submit(each) for each in work]
        try:
            for ended in wait(given, return_when=FIRST_EXCEPTION).done:
                ended.result()
            return [each.result() for each in given]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            scratch.end()
            raise
