"""What containers print, as the machinery below them keeps it: Docker's json-file, and CRI's (Kubernetes, podman).

    {"log":"2026-01-15 10:05:48.122 7 ERROR nova.api …\\n","stream":"stdout","time":"2026-01-15T10:05:48.123456789Z"}
    2026-01-15T10:05:48.123456789+00:00 stdout F 2026-01-15 10:05:48.122 7 ERROR nova.api …

What was printed is read as it is. A line of it without a date goes on with the one before it when it came right after
it; else it becomes a line of syslog with the envelope's time. Lines that were cut for their length are put together:
Docker's have no line feed then, CRI's have a P instead of the F (sources: Docker, "JSON File logging driver";
Kubernetes, "CRI logging format"; read 2026-11-27).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator

from ostler.logs.blocks import LONGEST_BEGINNING
from ostler.logs.formats import FORMATS, dmesg
from ostler.logs.frames import BEGINS
from ostler.logs.journal import LONGEST_ENTRY, each_line, word_of
from ostler.logs.moments import iso

TOGETHER_S = 0.05
"""Within this time what was printed at once has come through: the lines of one message, the frames of a traceback."""

Printed = tuple[bytes, bytes, bytes, bool]
"""Stream, time of the envelope, what was printed, and whether its line ends there."""

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?)\d{0,6}(Z|[+-]\d\d:\d\d)")
_CRI = re.compile(rb"(" + _STAMP.pattern + rb") (stdout|stderr) ([FP])(?::[^ \n]{0,100})? ?")
_TRACEBACK = BEGINS.encode()
_DATED = [shape.begin for shape in FORMATS if shape is not dmesg.FORMAT]


def is_docker(beginning: bytes) -> bool:
    """Whether a log begins as Docker's json-file does."""
    return beginning.startswith(b'{"log":"')


def is_cri(beginning: bytes) -> bool:
    """Whether a log begins as those of CRI do."""
    return _CRI.match(beginning) is not None


def lines_of_docker(pieces: Iterable[bytes], service: str) -> Iterator[bytes]:
    """The lines that a container of Docker printed; what is no entry is left out."""
    return _Unwrapping(_of_docker, service).lines(pieces)


def lines_of_cri(pieces: Iterable[bytes], service: str) -> Iterator[bytes]:
    """The same for a container of Kubernetes or podman."""
    return _Unwrapping(_of_cri, service).lines(pieces)


def _of_docker(line: bytes) -> Printed | None:
    try:
        found = json.loads(line)
        text, stream, stamp = found["log"], found["stream"], found["time"].encode("utf-8", "replace")
        return str(stream).encode("utf-8", "replace"), stamp, text.encode("utf-8", "replace"), text.endswith("\n")
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError):
        return None


def _of_cri(line: bytes) -> Printed | None:
    found = _CRI.match(line)
    return (found[4], found[1], line[found.end() :], found[5] == b"F") if found else None


class _Unwrapping:
    """Takes the lines of one log in their order."""

    def __init__(self, read: Callable[[bytes], Printed | None], service: str) -> None:
        self._read = read
        self._who = word_of(service)
        self._parts: dict[bool, list[bytes]] = {False: [], True: []}
        self._held = 0
        self._last: float | None = None

    def lines(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """What was printed, in pieces; a line that was not ended is left out."""
        return each_line(pieces, self._line)

    def _line(self, line: bytes) -> bytes:
        printed = self._read(line) if len(line) <= LONGEST_ENTRY else None
        if printed is None:
            return b""
        stream, stamp, text, is_end = printed
        parts = self._parts[stream == b"stderr"]
        if not is_end:
            if self._held < LONGEST_ENTRY:
                parts.append(text)
                self._held += len(line)
            return b""
        if parts:
            text = b"".join((*parts, text))
            parts.clear()
            self._held = 0
        return self._dated(text.rstrip(b"\r\n"), stamp) + b"\n"

    def _dated(self, text: bytes, stamp: bytes) -> bytes:
        at, before, self._last = iso(stamp), self._last, None
        known = _STAMP.fullmatch(stamp)
        if at is None or known is None:
            return text
        beginning = b"\n" + text[:LONGEST_BEGINNING]
        is_more = before is not None and abs(at - before) <= TOGETHER_S
        if is_more or text.startswith(_TRACEBACK) or any(begin.match(beginning) for begin in _DATED):
            self._last = at
        if is_more or (self._last is not None and not text.startswith(_TRACEBACK)):
            return text
        return b"%s%s - %s: %s" % (known[1], known[2], self._who, text)
