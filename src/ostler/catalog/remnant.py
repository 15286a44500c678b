"""What schemas that came a long way are known to keep otherwise than a fresh install makes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ostler.catalog.record import Closed, Source


@dataclass(frozen=True, kw_only=True)
class Remnant(Closed):
    """One kind of harmless difference.

    `says` is a regular expression for the whole of a difference as a rehearsal words it; `databases` are those that it
    is met in, none meaning any; `why` says where it comes from.
    """

    databases: tuple[str, ...] = ()
    says: str
    why: str
    source: Source

    def explains(self, database: str, difference: str) -> bool:
        """Whether it is this difference, in a database."""
        return database in (self.databases or (database,)) and re.fullmatch(self.says, difference) is not None


@dataclass(frozen=True, kw_only=True)
class RemnantsData(Closed):
    """The file remnants.yaml."""

    remnants: tuple[Remnant, ...]
