"""What is known to stand in the way of an upgrade, as those met it who tried.

A blocker here is knowledge, not a rule: it tells how a failure shows itself, what it means and what helped. Rules look
at a cloud; these explain what a command of OpenStack has said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ostler.catalog.record import Closed, Ranged, Source

Proof = Literal["carried out", "read", "none"]
"""How far a fix is known: it was `carried out` and worked, it was `read` in code or documents, or there is `none`."""


@dataclass(frozen=True, kw_only=True)
class Sign(Closed):
    """How a blocker shows itself: `command` ends with `exit_code` (None: any, or it never ends) and `pattern`, a
    regular expression, is found in what it writes ("": the exit code alone shows it)."""

    command: str
    exit_code: int | None
    pattern: str


@dataclass(frozen=True, kw_only=True)
class Change(Closed):
    """Statements in SQL for one database."""

    database: str
    sql: str


@dataclass(frozen=True, kw_only=True)
class Trial(Closed):
    """The fix as a copy of the databases can take it: what is changed `before` the command is run again, and `after`.

    `is_left`: the command is not run again, and what it could not do is left; `left_means` is what that means for the
    cloud.
    """

    before: tuple[Change, ...] = ()
    after: tuple[Change, ...] = ()
    is_left: bool = False
    left_means: str = ""


@dataclass(frozen=True, kw_only=True)
class Blocker(Ranged):
    """One known blocker or trap, true of the releases of whose code the signs come.

    A `trap` lets a command end well although something is amiss, or badly although nothing is; a `blocker` stops the
    way. `project` is None for what lies below all of them. `fix` is what to do, and `proof` how far that is known;
    `trial` is how a rehearsal tries it (None: it cannot). `rows` is a question in SQL that only reads and gives one
    number: how many rows it would stop at (None: nobody has found such a question); it can be asked of clouds from
    release `rows_since` on (None: of all): what it asks about was not there before.
    """

    code: str
    kind: Literal["blocker", "trap"]
    project: str | None
    title: str
    signs: tuple[Sign, ...]
    meaning: str
    fix: str
    proof: Proof
    source: Source
    trial: Trial | None = None
    rows: str | None = None
    rows_since: str | None = None

    @property
    def verified(self) -> Trial | None:
        """The fix that a rehearsal makes: only one that was carried out and worked. None when there is none."""
        return self.trial if self.proof == "carried out" else None

    def can_be_counted(self, release: str, order: Sequence[str]) -> bool:
        """Whether its rows can be counted on a cloud of a release; `order` lists release ids from old to new. Raises
        ValueError for a release that is not in it."""
        return self.rows is not None and (
            self.rows_since is None or order.index(self.rows_since) <= order.index(release)
        )


@dataclass(frozen=True, kw_only=True)
class BlockersData(Closed):
    """The file blockers.yaml."""

    blockers: tuple[Blocker, ...]
