"""Logged events in words: one line each, safe for a terminal, secrets masked, personal data marked. Pure.

Nothing of a log reaches a terminal as it is: control characters are replaced, whatever they would do there.
"""

from __future__ import annotations

import re

from ostler.logs.event import Event, Level
from ostler.logs.frames import raised_in
from ostler.logs.moments import moment
from ostler.logs.personal import personal_in
from ostler.masking import mask_bare, mask_output

LONGEST_SHOWN = 4000
"""Characters of an event that are shown without --full."""

LONGEST_IN_FULL = 60_000
LONGEST_SECRET = 1000
"""Characters beyond the end of what is shown that are looked at: without its end the half of a URL's password would not
be known for one."""

PERSONAL = "†"
"""Marks an event that holds personal data."""

LETTERS = {
    Level.DEBUG: "debug",
    Level.INFO: "info ",
    Level.WARNING: "WARN ",
    Level.ERROR: "ERROR",
    Level.CRITICAL: "CRIT ",
}

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,30}[ -/]{0,5}[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Characters that do something to a terminal, and what stands for bytes of a file's name that are no UTF-8."""


def clean(text: str) -> str:
    """A text of several lines without what would do something to a terminal: sequences go, single characters become
    `?`."""
    if text.replace("\n", "").isprintable():
        return text
    return _CONTROL.sub("?", _ESCAPES.sub("", text).replace("\r\n", "\n"))


def shown(text: str, longest: int = LONGEST_SHOWN) -> str:
    """A text of a log as it may be shown: cleaned, secrets masked, cut."""
    looked_at = clean(text[: longest + LONGEST_SECRET])
    if "\n" in looked_at:
        masked = "\n".join(map(mask_output, mask_bare(looked_at).split("\n")))
    else:
        masked = mask_output(looked_at)
    return masked[:longest] + ("…" if len(text) > longest or len(masked) > longest else "")


def first_line(event: Event) -> str:
    """The first line of what was said."""
    return shown(event.text.partition("\n")[0])


def clock(time: float) -> str:
    """`10:05:48.751`, UTC."""
    return moment(time)[11:23]


def day(time: float) -> str:
    """`2026-01-15`, UTC."""
    return moment(time)[:10]


def place(event: Event) -> str:
    """Where it stands."""
    return place_in(clean(event.file), event.line, None if event.log.is_part else event.offset)


def place_in(file: str, line: int, offset: int | None) -> str:
    """File and line, file and byte when its line was not counted, or the file alone: of a journal."""
    if line:
        return f"{file}:{line}"
    return file if offset is None else f"{file} at byte {offset}"


def cause(event: Event) -> str:
    """What its traceback raised, and the innermost frame of OpenStack's own code; empty when it has no traceback."""
    frames = event.frames
    if not frames:
        return ""
    own = [frame for frame in frames if frame.module.partition("/")[0] == event.project] or list(frames)
    raised = shown(raised_in(event.text), 300)
    where = f"{own[-1].module}:{own[-1].line} {own[-1].function}".rstrip()
    return clean(f"{raised} at {where}" if raised else f"at {where}")


def personal_mark(event: Event) -> str:
    """The mark of an event that holds personal data, else nothing."""
    return PERSONAL if personal_in(event) else ""
