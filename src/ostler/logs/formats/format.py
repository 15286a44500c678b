"""What a format of logs is: how its events begin, which words it has for levels, what its fields are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ostler.logs.event import Details, Level

LONGEST_LOOKED_AT = 64 * 1024
"""Bytes of one event that its fields are taken from; the rest of a longer one is left out."""


@dataclass(frozen=True)
class Writer:
    """Who wrote a line, so that the lines of one traceback find each other: ``key`` is the same for all of them.

    ``is_more`` says that the line goes on with what the same writer wrote before it; ``begins_traceback`` that it is
    the first line of a traceback.
    """

    key: bytes
    is_more: bool
    begins_traceback: bool = False


@dataclass(frozen=True, eq=False)
class Format:
    """One kind of log.

    ``begin`` finds where events begin. It starts with a line feed (which the search for it is quick with), and has the
    groups ``time``, perhaps ``level``, and perhaps ``inner``: the level inside an envelope, which counts more. It must
    take time in proportion to what it reads, whatever that is.
    ``levels`` are the words of both groups; a word that is not among them, or none, is judged by ``judge``, or is a
    note (INFO).
    ``moment`` reads the time; ``details`` takes the fields out of one event; ``writer`` tells who wrote a line (None
    for formats whose tracebacks do not repeat what stands before them).
    ``has_zone`` says that its times are certain; those of the others are in the zone of their host.
    """

    name: str
    begin: re.Pattern[bytes]
    levels: Mapping[bytes, Level]
    moment: Callable[[bytes, float], float | None]
    details: Callable[[bytes], Details]
    judge: Callable[[bytes], Level] | None = None
    writer: Callable[[bytes], Writer | None] | None = None
    has_zone: bool = False
    groups: tuple[int, int, int] = field(init=False)
    """The numbers of the groups `time`, `level` and `inner`; 0 for one that is not there."""

    def __post_init__(self) -> None:
        index = self.begin.groupindex
        object.__setattr__(self, "groups", (index["time"], index.get("level", 0), index.get("inner", 0)))

    def at_least(self, level: Level) -> re.Pattern[bytes] | None:
        """A pattern for the beginnings of events of this level or graver ones; None when the beginning alone does not
        say how grave an event is."""
        if self.judge is not None or not self.groups[1] or self.groups[2]:
            return None
        words = [word for word, grave in self.levels.items() if grave >= level]
        source = self.begin.pattern
        found = re.search(rb"\(\?P<level>[^()]*\)", source)
        if found is None or not words:
            return None
        chosen = b"(?P<level>" + b"|".join(map(re.escape, words)) + b")"
        return re.compile(source[: found.start()] + chosen + source[found.end() :])


def word_list(levels: Mapping[bytes, Level]) -> bytes:
    """The words of levels as the inside of a group, the longest first."""
    return b"|".join(re.escape(word) for word in sorted(levels, key=len, reverse=True))


def said(raw: bytes) -> str:
    """Bytes of a log as text; what is not UTF-8 is shown as replaced."""
    return raw[:LONGEST_LOOKED_AT].decode("utf-8", "replace").rstrip()
