"""Somebody who diagnoses the cloud again and again while something else is done to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from practice_operator import PracticeOperator

PAUSE_S = 15.0
HEALTHY, FAILURE = 0, 1


@dataclass
class Looks:
    """What was seen: each diagnosis as the document that `ostler diagnose --json` writes."""

    all: list[dict[str, Any]] = field(default_factory=list)

    def findings(self) -> list[str]:
        """What was found wrong, look by look, with a line that shows it; notes are no findings."""
        return [
            f"{each['code']} {each['component'] or each['module']}: {each['found'] or each['summary']}: "
            f"{[line['text'] for line in each['evidence'][:1]]}"
            for look in self.all
            for each in look["findings"]
            if each["severity"] != "note"
        ]


@contextmanager
def diagnosed_meanwhile(cloud: PracticeOperator, pause_s: float = PAUSE_S) -> Iterator[Looks]:
    """Diagnose the cloud again and again until the block has ended. An error of a look is raised there."""
    looks, end = Looks(), threading.Event()
    errors: list[BaseException] = []

    def look() -> None:
        try:
            while not end.is_set():
                looks.all.append(cloud.ostler("diagnose", "--json", code=(HEALTHY, FAILURE)).document)
                end.wait(pause_s)
        except BaseException as error:
            errors.append(error)

    looking = threading.Thread(target=look, name="looks")
    looking.start()
    try:
        yield looks
    finally:
        end.set()
        looking.join()
    if errors:
        raise errors[0]
