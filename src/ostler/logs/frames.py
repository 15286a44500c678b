"""Tracebacks of Python as they stand in logs: their frames, and what was raised in the end."""

from __future__ import annotations

import re
from dataclasses import dataclass

BEGINS = "Traceback (most recent call last)"
CHAINED = (b"During handling of the above exception", b"The above exception was the direct cause")
"""What stands between two tracebacks that are one (source: Python's traceback module)."""

_FRAME = re.compile(r'^ *File "([^"\n]{1,400})", line (\d{1,9})(?:, in ([^\n]{1,200}))?$', re.MULTILINE)
_RAISED = re.compile(r"^([A-Za-z_][\w.]{0,150})(?:: ?([^\n]*))?$")
_PACKAGES = re.compile(r"^.*(?:site-packages|dist-packages)/|^.*/lib/python\d[\d.]*/")


@dataclass(frozen=True)
class Frame:
    """One frame: ``file`` as the traceback has it, ``function`` is empty when it names none."""

    file: str
    line: int
    function: str

    @property
    def module(self) -> str:
        """The file below its folder of packages: `nova/compute/manager.py`."""
        return _PACKAGES.sub("", self.file)


def frames_in(text: str) -> tuple[Frame, ...]:
    """Return the frames of all tracebacks in a text, in their order: the innermost of each comes last."""
    if 'File "' not in text:
        return ()
    return tuple(Frame(file, int(line), function) for file, line, function in _FRAME.findall(text))


def raised_in(text: str) -> str:
    """Return the line that says what was raised in the end (`KeyError: 'host'`); empty when no traceback ended."""
    _, begins, after = text.rpartition(BEGINS)
    if not begins:
        return ""
    for line in after.splitlines()[1:]:
        if line[:1] not in ("", " ", "\t") and _RAISED.match(line):
            return line
    return ""
