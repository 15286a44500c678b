"""Texts of findings: templates into which values are put as data.

A value never becomes part of a template: it is cleaned of control characters, shortened, and, in what the operator
is told to type, quoted for the shell.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from ostler.durations import duration
from ostler.rules.model import CannotTell
from ostler.rules.place import Missing, Place, place

_SLOT = re.compile(r"\{([^{}|]+)(?:\|([^{}]*))?\}")
TIME = "time"
LONGEST_VALUE = 160
MOST_ITEMS = 8


def places_in(template: str) -> tuple[Place, ...]:
    """Return the places a template names. Raises ValueError for one that is no place, or is to be said in a way that
    there is not."""
    slots = list(_SLOT.finditer(template))
    for match in slots:
        if match.group(2) not in (None, TIME):
            raise ValueError(f"{match.group(0)}: a value can be said as |{TIME}, not as |{match.group(2)}")
    return tuple(place(match.group(1)) for match in slots)


def fill(template: str, value_at: Callable[[Place], Any], *, to_type: bool = False) -> str:
    """Put values into a template, seconds in `{place|time}` as people say them; ``to_type`` quotes them, for texts that
    hold commands."""

    def put(match: re.Match[str]) -> str:
        value = value_at(place(match.group(1)))
        is_time = match.group(2) == TIME and isinstance(value, int | float)
        text = duration(value) if is_time else in_words(value)
        return shlex.quote(text) if to_type else text

    return " ".join(_SLOT.sub(put, template).split())


def in_words(value: Any) -> str:
    """Return a value as a short text on one line."""
    if isinstance(value, Missing):
        return "nothing"
    if isinstance(value, CannotTell):
        return "not known"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, Mapping):
        return _several([f"{cleaned(str(key))}: {in_words(item)}" for key, item in value.items()])
    if isinstance(value, (list, tuple)):
        return _several([in_words(item) for item in value])
    return cleaned(str(value))


def cleaned(text: str) -> str:
    """Return a text without control and formatting characters (terminal escapes, line breaks, reversed writing),
    at most ``LONGEST_VALUE`` characters long."""
    plain = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(character for character in plain if unicodedata.category(character)[0] != "C")
    return kept if len(kept) <= LONGEST_VALUE else kept[: LONGEST_VALUE - 1] + "…"


def _several(items: list[str]) -> str:
    if not items:
        return "none"
    more = len(items) - MOST_ITEMS
    return ", ".join(items[:MOST_ITEMS]) + (f" and {more} more" if more > 0 else "")
