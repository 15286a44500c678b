"""Loads dumps into the place to rehearse in, and makes of them a copy that points to nothing outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from ostler.errors import CommandFailed, InputError
from ostler.rehearsal.asking import REFUSAL, asked, refusals
from ostler.rehearsal.dumps import Part
from ostler.rehearsal.journal import Journal
from ostler.rehearsal.scratch import Scratch, database_url
from ostler.rehearsal.side_by_side import side_by_side

CELL0 = "00000000-0000-0000-0000-000000000000"
UNKNOWN_HERE = re.compile(r"Unknown (?P<what>collation|character set): '(?P<name>\w{1,64})'")
"""What MariaDB says (errors 1273 and 1115) to a dump that another kind of server wrote, or a newer one."""

SERVERS = {"_0900_": "MySQL 8.0 or later", "gb18030": "MySQL 5.7 or later"}
"""Who has what MariaDB 10.11 has not, by a part of its name (reference manuals of MySQL 5.7 and 8.0; 10.11.19 refused
both, 2026-11-27)."""

KNOWN_TO_BOTH = {"collation": "utf8mb4_general_ci", "character set": "utf8mb4"}


def load(scratch: Scratch, journal: Journal, parts: Sequence[Part], report: Callable[[str], None]) -> None:
    """Load every database that is not there yet, side by side. Raises InputError for a dump that the server refuses,
    NoSpace."""
    missing = [part for part in parts if not journal.is_loaded(part.name)]
    largest_first = sorted(missing, key=lambda part: part.file.stat().st_size, reverse=True)
    side_by_side(scratch, [partial(_load, scratch, journal, part, report) for part in largest_first])


def _load(scratch: Scratch, journal: Journal, part: Part, report: Callable[[str], None]) -> None:
    made = asked(scratch, f"DROP DATABASE IF EXISTS `{part.name}`; CREATE DATABASE `{part.name}` {part.charset};")
    if made.exit_code != 0 or refusals(made.stderr):
        raise scratch.no_space(made.stderr) or _refused(part, made.stderr, made.exit_code)
    done = scratch.load(part.name, part.lines())
    if done.exit_code != 0:
        raise scratch.no_space(done.stdout) or _refused(part, done.stdout, done.exit_code)
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


def _refused(part: Part, said: str, exit_code: int) -> InputError | CommandFailed:
    """The server's words hold rows of the dump: only their number and line are told, and the name of a collation or a
    character set."""
    refusal = REFUSAL.search(said)
    if refusal is None:
        return CommandFailed(
            "rehearsal.not-loaded",
            f"{part.name} could not be loaded from {part.file}: the client ended with {exit_code}",
            do_next="see whether memory is left, and give the same command again",
        )
    unknown = UNKNOWN_HERE.match(said, refusal.end())
    if unknown is not None:
        return _of_another_server(part, unknown["what"], unknown["name"])
    return InputError(
        "rehearsal.dump-refused",
        f"MariaDB refuses line {refusal['line']} of {part.name} in {part.file}",
        found=f"error {refusal['number']}",
        do_next="look at that line; a dump of another kind of server is refused so",
    )


def _of_another_server(part: Part, what: str, name: str) -> InputError:
    server = next((of for sign, of in SERVERS.items() if sign in name), "another kind of server, or a newer one")
    replaced = f"sed 's/{name}/{KNOWN_TO_BOTH[what]}/g'"
    return InputError(
        "rehearsal.dump-of-another-server",
        f"{part.name} in {part.file} has the {what} {name}, which the MariaDB that rehearses does not know",
        found=f"a dump of {server}",
        expected="a dump of MariaDB, or one that has only what MariaDB knows, too",
        do_next="if the cloud has a MariaDB, dump that; if it is on such a server, dump again with the name replaced: "
        f"mysqldump --single-transaction DATABASE | {replaced} > FILE; what is rehearsed is then how MariaDB takes the "
        "migrations, which may differ in small things",
    )
