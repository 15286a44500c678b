"""Reads what `<project>-status upgrade check` prints: a table of checks, each with a result and details. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Result = Literal["success", "warning", "failure"]

_RESULTS: dict[str, Result] = {"success": "success", "warning": "warning", "failure": "failure"}


@dataclass(frozen=True)
class CheckLine:
    """One check of the table."""

    check: str
    result: Result
    details: str


def read_status_table(text: str) -> list[CheckLine]:
    """The checks of the table, in order; empty for text that holds no such table.

    The table is oslo.upgradecheck's: cells framed by `|`, each with `Check:`, `Result:` and `Details:`, the last
    wrapped over several lines.
    """
    lines: list[CheckLine] = []
    for cell in _cells(text):
        fields = _fields(cell)
        result = _RESULTS.get(fields.get("result", "").lower())
        if "check" in fields and result is not None:
            lines.append(CheckLine(fields["check"], result, fields.get("details", "")))
    return lines


def _cells(text: str) -> list[list[str]]:
    cells: list[list[str]] = [[]]
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("+-"):
            cells.append([])
        elif stripped.startswith("|") and stripped.endswith("|"):
            cells[-1].append(stripped.strip("|").strip())
    return cells


def _fields(cell: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in cell:
        begin = re.match(r"(Check|Result|Details): ?(.*)", line)
        if begin and not (name == "details" and begin[1] != "Details"):
            name = begin[1].lower()
            fields[name] = begin[2]
        elif name:
            fields[name] = f"{fields[name]} {line}".strip()
    return fields
