"""What comes back from hosts, taken with suspicion: every reader here answers or raises ValueError.

The message says which question failed and shows a short, single-line excerpt of what came instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ostler.commands import CommandResult

LONGEST_EXCERPT = 160
TIMED_OUT, NOT_FOUND = 124, 127


def text_of(result: CommandResult, what: str, *, accept: tuple[int, ...] = (0,)) -> str:
    """Return what a command printed. Raises ValueError when it ended with an exit code not in `accept`."""
    if result.exit_code in accept:
        return result.stdout
    if result.exit_code == TIMED_OUT:
        raise ValueError(f"{what} did not answer in time")
    if result.exit_code == NOT_FOUND:
        raise ValueError(f"{what} cannot be asked: {excerpt(result.stderr) or 'the program is not there'}")
    said = excerpt(result.stderr) or excerpt(result.stdout) or "it said nothing"
    raise ValueError(f"{what} could not be read (exit code {result.exit_code}): {said}")


def json_of(result: CommandResult, what: str) -> Any:
    """Return the JSON a command printed. Raises ValueError when it failed or printed anything else."""
    text = text_of(result, what)
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"{what} gave no JSON: {excerpt(text) or 'nothing'}") from None


def json_object_of(result: CommandResult, what: str) -> dict[str, Any]:
    """Return the JSON object a command printed. Raises ValueError when it failed or printed anything else."""
    found = json_of(result, what)
    if not isinstance(found, dict):
        raise ValueError(f"{what} gave no JSON object: {excerpt(result.stdout)}")
    return found


def rows_of(result: CommandResult, what: str, columns: int) -> list[list[str]]:
    """Return the tab-separated rows a SQL client printed, NULL as the text "NULL".

    Raises ValueError when it failed or a row has another number of columns.
    """
    rows = [line.split("\t") for line in text_of(result, what).splitlines() if line]
    for row in rows:
        if len(row) != columns:
            raise ValueError(f"{what} gave {len(row)} columns where {columns} were asked for: {excerpt(repr(row))}")
    return rows


def integer(text: object, what: str) -> int:
    """Return a whole number. Raises ValueError naming what was expected to be one."""
    try:
        return int(str(text))
    except ValueError:
        raise ValueError(f"{what} is no whole number: {excerpt(str(text))}") from None


def number(text: object, what: str) -> float:
    """Return a number. Raises ValueError naming what was expected to be one."""
    try:
        found = float(str(text))
    except ValueError:
        raise ValueError(f"{what} is no number: {excerpt(str(text))}") from None
    if found != found or found in (float("inf"), float("-inf")):
        raise ValueError(f"{what} is no number: {excerpt(str(text))}")
    return found


def entry(found: Mapping[str, Any], key: str, kind: type | tuple[type, ...], what: str) -> Any:
    """Return one entry of a JSON object. Raises ValueError when it is missing or of another type."""
    if not isinstance(found, Mapping) or key not in found:
        raise ValueError(f"{what} lacks {key!r}")
    if not isinstance(found[key], kind):
        raise ValueError(f"{what} has an unexpected {key!r}: {excerpt(repr(found[key]))}")
    return found[key]


def excerpt(text: str) -> str:
    """Return the last line that says something, printable, at most LONGEST_EXCERPT characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    printable = "".join(c if c.isprintable() else "?" for c in lines[-1])
    return printable if len(printable) <= LONGEST_EXCERPT else printable[: LONGEST_EXCERPT - 1] + "…"
