"""Edits oslo.config text: only the lines of the named options change, every other byte stays.

Repeated keys (oslo's multi-valued options) and repeated groups are allowed. Doing the same edits again changes
nothing. Pure.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from ostler.errors import InputError
from ostler.execution.masking import mask_config_line

Edit = tuple[str, ...]
CONTEXT_LINES = 1


def edit_config(text: str, edits: Sequence[Edit]) -> str:
    """Return the text with the edits made (see effects.EditConfig).

    Raises InputError for text that is no configuration file, and for an edit that is none.
    """
    from configupdater import ConfigUpdater, ParsingError

    updater = ConfigUpdater(strict=False, allow_no_value=True)
    updater.optionxform = str  # type: ignore[assignment, method-assign]
    ended = text if text.endswith("\n") or not text else text + "\n"
    try:
        updater.read_string(ended)
    except ParsingError as error:
        raise InputError("execution.not-a-config-file", f"this is no configuration file: {error}") from None
    for edit in edits:
        match edit:
            case ("set", group, option, value):
                _set(updater, group, option, value)
            case ("remove", group, option):
                _remove(updater, group, option)
            case ("rename", group, option, new_group, new_option):
                _rename(updater, group, option, new_group, new_option)
            case _:
                raise InputError("execution.unknown-edit", f"{edit!r} is no edit of a configuration file")
    return _with_ending_of(text, str(updater))


def masked_difference(before: str, after: str, name: str) -> tuple[str, ...]:
    """The changed lines of a file as a unified difference, without secret values; empty when nothing changed."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{name} (before)", f"{name} (after)", n=CONTEXT_LINES, lineterm=""
    )
    return tuple(mask_config_line(line) for line in lines)


def _with_ending_of(text: str, edited: str) -> str:
    """A last line that had no newline stays without."""
    last = text.rpartition("\n")[2]
    return edited.removesuffix("\n") if last and edited.endswith(f"{last}\n") else edited


def _options(updater: Any, group: str, option: str) -> list[Any]:
    """Every line of an option, the effective one (oslo: the last) last."""
    sections = [section for section in updater.iter_sections() if section.name == group]
    return [found for section in sections for found in section.iter_options() if found.raw_key.strip() == option]


def _set(updater: Any, group: str, option: str, value: str) -> None:
    _one_line(value)
    found = _options(updater, group, option)
    if not found:
        _add(updater, group, option, value)
        return
    *others, effective = found
    for other in others:
        other.detach()
    if (effective.value or "") != value:
        effective.value = value


def _remove(updater: Any, group: str, option: str) -> None:
    for found in _options(updater, group, option):
        found.detach()


def _rename(updater: Any, group: str, option: str, new_group: str, new_option: str) -> None:
    found = _options(updater, group, option)
    if not _options(updater, new_group, new_option):
        for old in found:
            _add(updater, new_group, new_option, old.value or "")
    _remove(updater, group, option)


def _add(updater: Any, group: str, option: str, value: str) -> None:
    sections = [section for section in updater.iter_sections() if section.name == group]
    if not sections:
        updater.add_section(group)
        sections = [updater[group]]
    section = sections[-1]
    # Put in by hand: the library's own ways refuse an option that is there already, which oslo allows.
    places = [index for index, block in enumerate(section.structure) if hasattr(block, "raw_key")]
    section.structure.insert(places[-1] + 1 if places else 0, section.create_option(option, value).attach(section))


def _one_line(value: str) -> None:
    if "\n" in value or "\r" in value:
        raise InputError("execution.unknown-edit", "a value of a configuration edit is one line")
