"""What a rehearsal found, as data: one outcome for each hop and project, with every command that was run.

Written by the room `rehearsal`, told by `reporting`, and taken up by plans of upgrades (`upgrade/rehearsals.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ostler.errors import Finding, Severity
from ostler.facts.speed import Speed

Outcome = Literal["ok", "fixed", "blocked", "failed"]
"""`fixed`: a known fix was made on the copy and helped; `blocked`: by something the catalog knows, or that the
target's own check names; `failed`: by something unknown."""

PASSED: tuple[Outcome, ...] = ("ok", "fixed")
TIMED = ("rows", "schema")
"""The kinds of commands whose times say how long an upgrade takes."""

SLOWEST, FASTEST = 10.0, 0.1
"""What is measured beyond says more about that moment than about the servers."""

FEW = 4
"""Tables that are named in a sentence; the document names all."""


@dataclass(frozen=True)
class PutBack:
    """That the databases of a project were put back to what they were before a command that failed: the `tables` that
    it had changed, as DATABASE.TABLE, triggers behind their table's name, and the `seconds` it took, which count for no
    command."""

    tables: tuple[str, ...]
    seconds: float

    @property
    def words(self) -> str:
        """The same in a sentence; of many tables the first few."""
        more = [f"{len(self.tables) - FEW} more"] if len(self.tables) > FEW else []
        named = ", ".join([*self.tables[:FEW], *more])
        return f"when it failed it had changed {named}: put back to before it in {self.seconds:.1f} s"


@dataclass(frozen=True)
class CommandRun:
    """One command. `release` is that of the code that ran it; `kind` is "rows", "schema", "check" or "extraction";
    `judged` is what the exit code means by the catalog; `began` in seconds since the epoch (0: not known);
    `seconds` of wall time;
    `rows` that were moved (None: it moves none); `revisions` by database afterwards, of one that changes a schema;
    `findings` are what it found, or why it failed. Of one that was run again after a fix all this tells of the last
    time; `put_back` what came before that (None: nothing had to be put back)."""

    words: str
    kind: str
    release: str
    exit_code: int
    judged: str
    began: float
    seconds: float
    outcome: Outcome = "ok"
    rows: int | None = None
    revisions: Mapping[str, tuple[str, ...]] | None = None
    findings: tuple[Finding, ...] = ()
    put_back: PutBack | None = None


@dataclass(frozen=True)
class HopOutcome:
    """What became of one project on one hop; `others` are findings that no command made."""

    source: str
    target: str
    project: str
    outcome: Outcome
    commands: tuple[CommandRun, ...]
    others: tuple[Finding, ...] = ()

    @property
    def seconds(self) -> float:
        return sum(command.seconds for command in self.commands)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What stands in the way, or is to be looked at."""
        return (*(finding for command in self.commands for finding in command.findings), *self.others)


@dataclass(frozen=True)
class Beginning:
    """How the copy was before the first command: `at` in seconds since the epoch; by database its revisions (`schema`)
    and its `bytes`. `speed` is that of the server with the copy, and `writes_s` the seconds it took for a fixed piece
    of work that writes; nothing else of the rehearsal went on meanwhile."""

    at: float
    schema: Mapping[str, tuple[str, ...]]
    bytes: Mapping[str, int]
    speed: Speed
    writes_s: float


@dataclass(frozen=True)
class ServerThere:
    """The database server of the cloud that a rehearsal is for: `speed` as it was measured in the same run, None where
    it could not be, for `reason`."""

    cloud: str
    speed: Speed | None
    reason: str = ""


@dataclass(frozen=True)
class DiskTaken:
    """Bytes that the files of the databases took: `before` the first command, at `most` on the way, and `after` the
    last one. MariaDB's logs and the files it sorts in are not in it."""

    before: int
    most: int
    after: int

    @property
    def needed(self) -> int:
        """The bytes that have to be free on a server with these databases."""
        return self.most - self.before


@dataclass(frozen=True)
class Rehearsal:
    """A whole rehearsal: the hops in order, each with its projects; `seconds` of wall time, everything included;
    `data` is what was found in the rows of the copy, before anything was run on it; `there` is None where no cloud was
    named."""

    source: str
    target: str
    databases: tuple[str, ...]
    hops: tuple[HopOutcome, ...]
    seconds: float
    beginning: Beginning
    disk: DiskTaken
    data: tuple[Finding, ...] = ()
    there: ServerThere | None = None

    @property
    def is_fine(self) -> bool:
        return all(hop.outcome in PASSED for hop in self.hops)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding once, the worst first."""
        rank = {Severity.FAILURE: 0, Severity.WARNING: 1, Severity.NOTE: 2}
        every = (*self.data, *(finding for hop in self.hops for finding in hop.findings))
        found = {(f.code, f.subject, f.summary): f for f in every}
        return tuple(sorted(found.values(), key=lambda finding: (rank[finding.severity], finding.code)))

    @property
    def measured(self) -> float | None:
        """How many times as long the cloud's server takes as the one with the copy; None where it was not asked."""
        return times_as_long(self, self.there.speed) if self.there and self.there.speed else None

    def estimate_s(self, run: CommandRun) -> float | None:
        """The seconds that a command takes on the cloud; None where nobody can tell, and for what changes nothing."""
        if self.measured is None or run.kind not in TIMED or run.outcome not in PASSED:
            return None
        return run.seconds * believed(self.measured)


def times_as_long(rehearsal: Rehearsal, there: Speed) -> float:
    """How many times as long another server takes for the same as the one with the copy."""
    return there.seconds / rehearsal.beginning.speed.seconds


def believed(measured: float | None) -> float:
    """By which the times of a rehearsal are multiplied (None: nothing was measured)."""
    return 1.0 if measured is None else min(SLOWEST, max(FASTEST, measured))
