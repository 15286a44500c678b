"""Cuts the bytes of a log into blocks that hold whole events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ostler.logs.formats.format import Format

LONGEST_EVENT = 256 * 1024
"""Bytes of one event; of a longer one the rest is left out."""

LONGEST_BEGINNING = 2048
"""Bytes that the beginning of an event has at most, as far as telling where the last one begins goes."""

WINDOW = 16 * 1024


@dataclass(frozen=True)
class Block:
    """Whole events: ``content`` begins with a byte of ours, a line feed, or NO_LINE when it begins inside a line.

    ``offset`` is the place of the byte after it in the log. ``lines`` is how many lines of the log end in it, those too
    that were left out of it. ``is_whole`` is False when the last event was cut. ``is_counted`` is False when the log
    was not read from its beginning: its lines have no numbers then.
    """

    content: bytes
    offset: int
    lines: int
    is_whole: bool = True
    is_counted: bool = True


NO_LINE = b"\r"


def blocks_of(stream: Iterable[bytes], formats: Sequence[Format], start: int = 0) -> Iterator[Block]:
    """Yield the blocks of a log that is read from ``start`` on."""
    is_counted = start == 0
    lead, kept, offset = b"\n" if start == 0 else NO_LINE, b"", start
    for piece, is_last in _knowing_the_last(stream):
        content = b"".join((lead, kept, piece))
        end = len(content) if is_last else last_begin(formats, content)
        if end > 0:
            lines = content.count(b"\n", 1, end + 1) + (is_last and content[-1:] != b"\n")
            yield Block(content[: end + 1], offset, lines, True, is_counted)
            lead, kept, offset = b"\n", content[end + 1 :], offset + end
        elif len(content) <= LONGEST_EVENT:
            kept = content[1:]
        else:  # an event without an end: it is cut, and its rest is read as if it belonged to nothing
            end = content.rfind(b"\n", max(1, len(content) - LONGEST_BEGINNING))
            is_in_line = end < 0
            end = len(content) if is_in_line else end
            lines = content.count(b"\n", 1, end + 1)
            yield Block(content[: min(end, LONGEST_EVENT)], offset, lines, False, is_counted)
            lead, kept, offset = NO_LINE if is_in_line else b"\n", content[end + 1 :], offset + end - is_in_line


def _knowing_the_last(stream: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    before = b""
    for piece in stream:
        if before:
            yield before, False
        before = piece
    yield before, True


def last_begin(formats: Sequence[Format], block: bytes) -> int:
    """Where the last event of a block begins, looked for from the end; -1 when none does."""
    low = len(block)
    while low > 0:
        high, low = low, max(0, low - WINDOW)
        until = min(len(block), high + LONGEST_BEGINNING)
        found = [match.start() for each in formats for match in each.begin.finditer(block, low, until)]
        if found:
            return max(found)
    return -1


def next_begin(formats: Sequence[Format], block: bytes, at: int) -> int:
    """Where the next event begins at or after a place; the end of the block when none does."""
    found = [match.start() for each in formats if (match := each.begin.search(block, at))]
    return min(found, default=len(block))
