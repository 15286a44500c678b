"""Places: where a value stands, written as a path, and how it is looked up.

``node.state`` is the key ``state`` of ``node``; ``units.[service.unit].active`` takes the key from another place;
``vip.*.holds`` collects over all items of a mapping or list.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_PART = re.compile(r"\[([^\[\]]+)\]|([^.\[\]]+)")
_WHOLE = re.compile(r"(?:\[[^\[\]]+\]|[^.\[\]]+)(?:\.(?:\[[^\[\]]+\]|[^.\[\]]+))*")


class Missing:
    """There is nothing at a place. ``where`` is the place in words."""

    def __init__(self, where: str) -> None:
        self.where = where


@dataclass(frozen=True)
class Place:
    """A path; each part is a key, ``*``, or another place whose value is the key."""

    parts: tuple[str | Place, ...]

    @property
    def root(self) -> str:
        """The name the path begins at."""
        return str(self.parts[0])

    def roots(self) -> tuple[str, ...]:
        """All names the path needs, its own and those of the places within it."""
        inner = [root for part in self.parts if isinstance(part, Place) for root in part.roots()]
        return (self.root, *inner)

    def __str__(self) -> str:
        return ".".join(f"[{part}]" if isinstance(part, Place) else part for part in self.parts)


@functools.cache
def place(text: str) -> Place:
    """Read a place. Raises ValueError when it is not one."""
    if not _WHOLE.fullmatch(text) or text.startswith("["):
        raise ValueError(f"{text!r} is no place: write names and keys with dots between them")
    parts: list[str | Place] = [
        place(match.group(1)) if match.group(1) else match.group(2) for match in _PART.finditer(text)
    ]
    return Place(tuple(parts))


def step_into(value: Any, key: Any) -> Any:
    """Return the item of a mapping or list under a key; :class:`Missing` when there is none."""
    if isinstance(value, Mapping) and key in value:
        return value[key]
    if isinstance(value, (list, tuple)) and str(key).isdigit() and int(key) < len(value):
        return value[int(key)]
    return Missing(str(key))
