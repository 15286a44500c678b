"""Checks what a host printed as JSON against a shape, so that a fact's parser is a description of its value.

A shape is a type or several, a list of one shape (any number of items), a dict of shapes (an object with exactly these
keys), or :class:`ByName` (an object with any keys). Nothing is converted; a number that is none (NaN) is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ostler.facts.model import JsonValue
from ostler.facts.output import excerpt

Shape = Any
NOTHING = type(None)
WHOLE = (int,)
MAYBE_WHOLE = (int, NOTHING)
NUMBER = (int, float)
MAYBE_NUMBER = (int, float, NOTHING)
MAYBE_TEXT = (str, NOTHING)


@dataclass(frozen=True)
class ByName:
    """An object whose keys are names; every item has one shape."""

    of: Shape


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]


def shaped(found: object, shape: Shape, what: str) -> JsonValue:
    """Return plain data that has a shape. Raises ValueError naming the first part that has not."""
    if isinstance(shape, ByName):
        return {name: shaped(item, shape.of, f"{what}, {excerpt(name)}") for name, item in _object(found, what).items()}
    if isinstance(shape, dict):
        given = _object(found, what)
        if missing := [key for key in shape if key not in given]:
            raise ValueError(f"{what} lacks {missing[0]!r}")
        return {key: shaped(given[key], part, f"{what}, {key}") for key, part in shape.items()}
    if isinstance(shape, list):
        if not isinstance(found, list):
            raise ValueError(f"{what} is no list: {excerpt(repr(found))}")
        return [shaped(item, shape[0], what) for item in found]
    if isinstance(shape, OneOf):
        if found not in shape.words:
            raise ValueError(f"{what} is another word than those known: {excerpt(repr(found))}")
        return found
    return _plain(found, shape if isinstance(shape, tuple) else (shape,), what)


def _object(found: object, what: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError(f"{what} is no object: {excerpt(repr(found))}")
    return found


def _plain(found: object, kinds: tuple[type, ...], what: str) -> JsonValue:
    is_flag = isinstance(found, bool)
    if not isinstance(found, kinds) or (is_flag and bool not in kinds):
        raise ValueError(f"{what} is of another kind: {excerpt(repr(found))}")
    if isinstance(found, float) and (found != found or found in (float("inf"), float("-inf"))):
        raise ValueError(f"{what} is no number: {excerpt(repr(found))}")
    return found
