"""Which events are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ostler.logs.event import Event, Level, LogFile


@dataclass(frozen=True)
class Wanted:
    """What events must be like; every condition that is set must hold.

    ``since`` and ``until`` are seconds since the epoch; ``hosts`` and ``services`` are names, where the name of a
    project stands for all of its services; ``words`` finds what at least one must stand in an event.
    """

    level: Level = Level.DEBUG
    since: float | None = None
    until: float | None = None
    hosts: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    words: re.Pattern[bytes] | None = None

    @property
    def is_choosy(self) -> bool:
        """Whether more than the level is asked for."""
        return bool(self.hosts or self.services or self.words) or self.since is not None or self.until is not None

    def may_be_in(self, log: LogFile) -> bool:
        """Whether a log can hold such an event, as far as its place tells."""
        if self.hosts and log.host and log.host not in self.hosts:
            return False
        if not self.services or not log.project or log.is_part:
            return True
        return bool(self.services & {log.project, log.service})

    def has(self, event: Event) -> bool:
        """Whether an event, which is grave enough, is asked for."""
        if self.since is not None and event.time < self.since:
            return False
        if self.until is not None and event.time > self.until:
            return False
        if self.words is not None and self.words.search(event.raw) is None:
            return False
        if self.hosts and event.host not in self.hosts:
            return False
        return not self.services or bool(self.services & {event.project, event.service})


EVERYTHING = Wanted()


def any_of(words: Iterable[str]) -> re.Pattern[bytes]:
    """Return what finds one of these texts, as they are."""
    return re.compile(b"|".join(re.escape(word.encode()) for word in sorted(words)))
