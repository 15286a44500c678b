"""Loads dumps into the place to rehearse in, and makes of them a copy that points to nothing outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from ostler.commands import CommandResult
from ostler.errors import CommandFailed, InputError
from ostler.rehearsal.dumps import Part
from ostler.rehearsal.journal import Journal
from ostler.rehearsal.scratch import Scratch, database_url
from ostler.rehearsal.side_by_side import side_by_side

CELL0 = "00000000-0000-0000-0000-000000000000"
REFUSAL = re.compile(r"ERROR (\d+) \(\w+\) at line (\d+)")


def load(scratch: Scratch, journal: Journal, parts: Sequence[Part], report: Callable[[str], None]) -> None:
    """Load every database that is not there yet, side by side. Raises InputError for a dump that the server refuses,
    NoSpace."""
    missing = [part for part in parts if not journal.is_loaded(part.name)]
    largest_first = sorted(missing, key=lambda part: part.file.stat().st_size, reverse=True)
    side_by_side(scratch, [partial(_load, scratch, journal, part, report) for part in largest_first])


def _load(scratch: Scratch, journal: Journal, part: Part, report: Callable[[str], None]) -> None:
    scratch.rows(f"DROP DATABASE IF EXISTS `{part.name}`; CREATE DATABASE `{part.name}` {part.charset}")
    done = scratch.load(part.name, part.lines())
    if done.exit_code != 0:
        raise scratch.no_space(done.stdout) or _refused(part, done)
    if not part.charset:
        take_character_set_of_tables(scratch, part.name)
    if part.name == "nova_api":
        turn_to_the_copy(scratch)
    journal.loaded(part.name)
    report(f"loaded {part.name} from {part.file.name} ({done.seconds:.1f} s)")


def take_character_set_of_tables(scratch: Scratch, database: str) -> None:
    """Give a database whose dump does not say it the character set and collation that most of its tables have: a table
    that a migration adds gets the database's, and a foreign key between two kinds is refused (error 1005)."""
    found = scratch.rows(
        "SELECT table_collation FROM information_schema.tables "
        f"WHERE table_schema = '{database}' AND table_collation IS NOT NULL "
        "GROUP BY table_collation ORDER BY COUNT(*) DESC, table_collation LIMIT 1"
    )
    if found:
        scratch.rows(f"ALTER DATABASE `{database}` COLLATE {found[0][0]}")


def turn_to_the_copy(scratch: Scratch) -> None:
    """Let nova's cells be those of the copy: their records say where the real ones are.

    Raises InputError for more than one cell besides cell0, which a rehearsal does not know yet.
    """
    cells = [row[0] for row in scratch.rows(f"SELECT uuid FROM cell_mappings WHERE uuid <> '{CELL0}'", "nova_api")]
    if len(cells) > 1:
        raise InputError(
            "rehearsal.several-cells",
            f"nova_api names {len(cells)} cells besides cell0, and a rehearsal knows one",
            do_next="rehearse the other projects: leave nova's dumps out",
        )
    change = "UPDATE cell_mappings SET transport_url = 'fake:///', database_connection"
    for where, database in ((f"uuid = '{CELL0}'", "nova_cell0"), (f"uuid <> '{CELL0}'", "nova")):
        scratch.rows(f"{change} = '{database_url(database)}' WHERE {where}", "nova_api")


def _refused(part: Part, done: CommandResult) -> InputError | CommandFailed:
    """The server's words hold rows of the dump: only their number and line are told."""
    refusal = REFUSAL.search(done.stdout)
    if refusal is None:
        return CommandFailed(
            "rehearsal.not-loaded",
            f"{part.name} could not be loaded from {part.file}: the client ended with {done.exit_code}",
            do_next="see whether memory is left, and give the same command again",
        )
    return InputError(
        "rehearsal.dump-refused",
        f"MariaDB refuses line {refusal[2]} of {part.name} in {part.file}",
        found=f"error {refusal[1]}",
        do_next="look at that line; a dump of another kind of server, or with another character set, is refused so",
    )
