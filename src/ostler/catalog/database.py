"""A project's databases and the commands that change their schema or their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ostler.catalog.command import LentSetting, ProjectCommand
from ostler.catalog.record import Closed, Ranged, Source

PhaseKind = Literal["expand", "migrate", "contract", "sync"]
"""`sync` is one command that does all there is; its revisions can be applied while old code runs."""


ROWS_MOVED = r"(?m)^(?:\|\s*\S+\s*\|\s*\d+\s*\||\s*\d+ rows matched query \S+,)\s*(\d+)\s*(?:\||migrated)"
"""The pattern of what online_data_migrations prints for each migration: a line of a table (its name, total needed,
completed; cinder of Pike: and remaining), a line of words, or both (cinder of Ocata prints words alone; read in nova
and cinder of Ocata to 2026.1, 2026-11-27)."""


MIGRATE_TABLE = "migrate_version"
"""Where sqlalchemy-migrate keeps the revision a schema is at."""


@dataclass(frozen=True, kw_only=True)
class SchemaFloor(Ranged):
    """The oldest schema the code of these releases can start from: `revision`, which `release` leaves behind.

    `is_seen` says that an older one was tried and refused; else it was read from the code's first revision.
    """

    revision: str
    release: str
    is_seen: bool
    source: Source


@dataclass(frozen=True, kw_only=True)
class Database(Closed):
    """One database of a project.

    `name` is its usual name; `connection` names the option, as (file, section, option), that holds its
    address (None: it is known only from another database, as nova_cell0 is from nova_api.cell_mappings);
    `version_table` holds the revisions reached; `heads` are the last ones of each release, by branch, as its
    newest version has them. `hidden_branches` have no row once the schema is complete, as alembic keeps none
    for a revision that another row's revision depends on: see `Project.version_rows`. `floors` say what a schema
    must have reached before later code can take it over. `migrate_until` is the last release whose revisions lie in
    the table of sqlalchemy-migrate instead, one row for each branch (None: they never did). `by_plain_sync` is the
    revision of a release at which a database stands that came there by one command for all, where that is another.
    """

    name: str
    version_table: str
    connection: tuple[str, str, str] | None
    heads: Mapping[str, Mapping[str, str]]
    heads_source: Source
    hidden_branches: tuple[str, ...] = ()
    floors: tuple[SchemaFloor, ...] = ()
    migrate_until: str | None = None
    by_plain_sync: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SchemaPhase(ProjectCommand):
    """One command that changes the schema of `databases`, and when it may run.

    `turn` says when in an upgrade: `before_new` before any service of the target's code starts, `after_old`
    when the last service of the source's code has stopped.
    `runs_while` is `online` when every service of the project, old or new, may go on meanwhile, and
    `project_stopped` when no service of the project may run while it applies a revision; with nothing pending
    it may be run online all the same. `is_point_of_no_return` marks what old code cannot live with once a
    revision was applied.
    """

    name: str
    phase: PhaseKind
    databases: tuple[str, ...]
    turn: Literal["before_new", "after_old"]
    runs_while: Literal["online", "project_stopped"]
    is_point_of_no_return: bool = False
    lends: tuple[LentSetting, ...] = ()
    why: str


@dataclass(frozen=True, kw_only=True)
class Extraction(ProjectCommand):
    """The command that fills the database `into` with what lay in another project's database `out_of` until then; run
    once, on the hop to the first of these releases, before the schema is brought to it.

    It is the file `script` (its path below the environment) that came with the project's release `script_release`.
    """

    out_of: str
    into: str
    script: str
    script_release: str
    why: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class OnlineMigration(ProjectCommand):
    """The command that moves rows to their new form while services run.

    It is run with the source's code until DONE before the schema is touched, and with the target's code
    after every service is new (`code` says `target`; the source's own spelling is the record of its
    release). `batch_option` limits one run to a number of rows and must be spelled exactly so. `names` are the
    migrations it carries (empty: it has none).
    """

    batch_option: str
    names: tuple[str, ...] = ()
