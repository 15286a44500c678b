"""What every record of the catalog shares: closed schemas, ranges of releases, and sources.

A record is a frozen dataclass. Pydantic reads it straight from YAML (see `reading`); the configuration
here makes it refuse keys it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

Code = Literal["source", "target"]
"""Whose program runs a command: the release an upgrade comes from, or the one it goes to."""


class Closed:
    """A record that refuses unknown keys when it is read."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Source(Closed):
    """Where a fact was read or seen, and on which day (ISO date)."""

    where: str
    date: str


@dataclass(frozen=True, kw_only=True)
class Ranged(Closed):
    """True from release `since` to release `until`, both included; None is open on that side."""

    since: str | None = None
    until: str | None = None

    def is_true_in(self, release: str, order: Sequence[str]) -> bool:
        """Whether `release` lies in the range; `order` lists release ids from old to new.

        Raises ValueError when one of the releases is not in `order`.
        """
        at = order.index(release)
        after = self.since is None or order.index(self.since) <= at
        before = self.until is None or at <= order.index(self.until)
        return after and before


R = TypeVar("R", bound=Ranged)


def true_in(release: str, records: Iterable[R], order: Sequence[str]) -> tuple[R, ...]:
    """The records that are true in `release`, in their given order."""
    return tuple(record for record in records if record.is_true_in(release, order))
