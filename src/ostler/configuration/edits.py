"""Edits of configuration texts as data: only the lines of the named options change, every other byte stays.

Repeated keys (oslo's multi-valued options) and repeated groups are allowed. Doing the same edits again changes
nothing. Pure.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence

from ostler.catalog.option import place_of
from ostler.configuration.file import Block, ConfigFile, parse_config
from ostler.errors import InputError
from ostler.masking import is_secret_name, mask_config_line
from ostler.secret import MASK

Edit = tuple[str, ...]
CONTEXT_LINES = 1
SIGNS = ("+", "-", " ")


def edit_config(text: str, edits: Sequence[Edit]) -> str:
    """Return the text with the edits made (see effects.EditConfig).

    Raises InputError for text that is no configuration file, and for an edit that is none.
    """
    file = parse_config(text)
    for block in file.problems:
        if block.group is None:
            raise InputError(
                "execution.not-a-config-file", f"this is no configuration file: line {block.number}: {block.problem}"
            )
    for edit in edits:
        match edit:
            case ("set", group, option, value):
                _set(file, group, option, value)
            case ("remove", group, option):
                _remove(file, group, option)
            case ("rename", group, option, new_group, new_option):
                _rename(file, group, option, new_group, new_option)
            case _:
                raise InputError("execution.unknown-edit", f"{edit!r} is no edit of a configuration file")
    return file.text


def masked_difference(
    before: str, after: str, name: str, is_secret: Callable[[str], bool] = is_secret_name
) -> tuple[str, ...]:
    """The changed lines of a file as a unified difference, without secret values; empty when nothing changed.

    `is_secret` says of an option's name that its value is not to be shown.
    """
    lines = difflib.unified_diff(
        _lines(before), _lines(after), f"{name} (before)", f"{name} (after)", n=CONTEXT_LINES, lineterm=""
    )
    masks = _masks(before, is_secret) | _masks(after, is_secret)
    return tuple(_masked(line, masks) for line in lines)


def _lines(text: str) -> list[str]:
    """As the reader ends them: other characters that end a line for Python stand within a value."""
    return [line.rstrip("\r\n") for block in parse_config(text).blocks for line in block.lines]


def _masked(line: str, masks: Mapping[str, str]) -> str:
    sign, content = line[:1], line[1:]
    return f"{sign}{masks[content]}" if sign in SIGNS and content in masks else mask_config_line(line)


def _masks(text: str, is_secret: Callable[[str], bool]) -> dict[str, str]:
    """What to show in place of the lines of secret options: also those that only go on with a value."""
    found: dict[str, str] = {}
    for block in parse_config(text).options():
        if is_secret(block.name):
            first, *others = (line.rstrip("\r\n") for line in block.lines)
            found |= {first: f"{block.name} = {MASK}"} | dict.fromkeys(others, f"  {MASK}")
    return found


def _set(file: ConfigFile, group: str, option: str, value: str) -> None:
    _one_line(value)
    found = _options(file, group, option)
    if not found:
        file.add(group, option, value)
        return
    *others, effective = found
    for other in others:
        file.remove(other)
    if effective.value != value:
        effective.set_value(value)


def _remove(file: ConfigFile, group: str, option: str) -> None:
    for found in _options(file, group, option):
        file.remove(found)


def _rename(file: ConfigFile, group: str, option: str, new_group: str, new_option: str) -> None:
    if _options(file, new_group, new_option):
        _remove(file, group, option)
        return
    for found in _options(file, group, option):
        file.move(found, new_group, new_option)


def _options(file: ConfigFile, group: str, option: str) -> list[Block]:
    """Every line of an option, the effective one (oslo: the last) last."""
    return file.options(place_of(group, option))


def _one_line(value: str) -> None:
    if "\n" in value or "\r" in value:
        raise InputError("execution.unknown-edit", "a value of a configuration edit is one line")
