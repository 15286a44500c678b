"""Rows that belong to something that is no longer there, or that something is missing of, as databases are known to
have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ostler.catalog.record import Closed, Ranged, Source


@dataclass(frozen=True, kw_only=True)
class Orphan(Ranged):
    """One kind of such rows, in databases at the releases in the range.

    `rows` is a question in SQL that only reads and gives one number; it is asked where all of `databases` are there. Of
    several with one code the ranges do not meet: what is meant lies elsewhere in each.
    """

    code: str
    severity: Literal["note", "warning"]
    databases: tuple[str, ...]
    title: str
    meaning: str
    rows: str
    do_next: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class OrphansData(Closed):
    """The file orphans.yaml."""

    orphans: tuple[Orphan, ...]
