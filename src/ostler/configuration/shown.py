"""Values as they may be shown: never one of a secret option (see `Succession.is_secret`)."""

from __future__ import annotations

from ostler.masking import mask_config_line
from ostler.secret import MASK

LONGEST = 120
SIGN = "= "


def shown_value(value: str, *, is_secret: bool) -> str:
    """The value of an option in one line, cut when it is long; masked when it is secret."""
    if is_secret:
        return MASK
    return cut(mask_config_line(f"value {SIGN}{' '.join(value.split())}").partition(SIGN)[2])


def named_value(value: str, *, is_secret: bool) -> str:
    """The value of an option as a sentence speaks of it."""
    return "its value" if is_secret else repr(shown_value(value, is_secret=False))


def cut(value: str) -> str:
    """A value in one line, cut when it is long."""
    line = " ".join(value.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def in_words(group: str, name: str) -> str:
    """An option as people write it."""
    return f"[{group}] {name}"
