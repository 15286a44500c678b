"""Reads the contributor pages: their file lists and their examples."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRIBUTOR = ROOT / "docs" / "contributor"

_BLOCK = re.compile(r"^```(?:\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LISTED = re.compile(r"^(?:\d+\. |\| )`([^`]+/[^`]+)`", re.MULTILINE)


def page(name: str) -> str:
    return (CONTRIBUTOR / name).read_text()


def examples(text: str) -> list[str]:
    """The fenced blocks of a page, in order."""
    return [match.group(1) for match in _BLOCK.finditer(text)]


def listed_files(text: str) -> list[str]:
    """The paths a page lists, by number or in a table; parts in <> stand for a name of one's own."""
    return [match.group(1) for match in _LISTED.finditer(text)]


def as_glob(listed: str) -> str:
    """A listed path as a glob pattern."""
    return re.sub(r"<[^<>]+>", "*", listed)
