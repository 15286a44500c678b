"""How large the copy is and how fast the server that holds it, before anything is run on it: what its times are worth
on another server depends on both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostler.facts.schema import sizes_of, sizes_question
from ostler.facts.speed import QUESTION, US, Speed, speed_of
from ostler.rehearsal.scratch import SOCKET, STATEMENT_TIMEOUT_S, Scratch

DATABASE = "ostler_measured"
MANY = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
WRITES = f"""
DROP DATABASE IF EXISTS {DATABASE};
CREATE DATABASE {DATABASE};
SELECT NOW(6) INTO @began;
CREATE TABLE {DATABASE}.things (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255), size INT, KEY (size))
 ENGINE=InnoDB;
INSERT INTO {DATABASE}.things (name, size) {MANY} SELECT CONCAT(a.i, '-', b.i), a.i * b.i FROM n AS a CROSS JOIN n AS b;
ALTER TABLE {DATABASE}.things ADD COLUMN kind VARCHAR(36), ADD INDEX (name);
UPDATE {DATABASE}.things SET kind = MD5(name);
ALTER TABLE {DATABASE}.things MODIFY kind VARCHAR(36) NOT NULL;
SELECT TIMESTAMPDIFF(MICROSECOND, @began, NOW(6));
DROP DATABASE {DATABASE};
"""
"""What schema changes and row migrations do, in small: a table is made, filled with 10,000 rows, changed, its rows
written once more, and rewritten."""


def measured_bytes(scratch: Scratch, databases: Sequence[str]) -> Mapping[str, int]:
    """The bytes of each database, as `databases.sizes` counts them on a cloud. Raises CommandFailed."""
    # What was loaded just now has no statistics yet, and the sizes are taken from those.
    scratch.run(
        ["mariadb-analyze", f"--socket={SOCKET}", "--silent", "--databases", *databases], timeout_s=STATEMENT_TIMEOUT_S
    )
    sizes = sizes_of(scratch.rows(sizes_question()))
    return {name: sizes[name]["bytes"] for name in databases}


def measured_speed(scratch: Scratch) -> Speed:
    """The speed of the server, as `databases.speed` asks for it on a cloud. Raises CommandFailed."""
    return speed_of(scratch.rows(QUESTION))


def measured_writes_s(scratch: Scratch) -> float:
    """Seconds for a fixed piece of work that writes, in a database of its own. Raises CommandFailed."""
    return int(scratch.rows(WRITES)[0][0]) / US
