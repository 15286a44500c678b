"""Asking MariaDB as root over its unix socket on a database host, read-only."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, read
from ostler.facts.model import FactRequest

NO_SUCH_TABLE = re.compile(r"ERROR (1146|1049) .*")
"""What the client says where a table or a database is not there."""

CONNECT_S = "4"
"""How long a server may take to greet: one that hangs takes the connection and never says a word."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def ask(statements: str, *, go_on: bool = False, timeout_s: float = 30.0) -> Command:
    """Return the command that prints the rows of statements, tab-separated, without headings.

    `go_on`: a statement that fails (a table that is not there) does not stop those after it.
    """
    options = ("--batch", "--raw", "--skip-column-names", "--connect-timeout", CONNECT_S, "--execute", statements)
    # --execute takes --force back (mariadb(1), tried with 10.11.19 on 2026-11-26), so it comes first.
    return read("mariadb", *options, *(("--force",) if go_on else ()), timeout_s=timeout_s)


def identifier(name: str) -> str:
    """Return a name of a schema, table, column or variable. Raises ValueError for what cannot be one."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name in a database")
    return name


def database_hosts(cloud: Cloud, request: FactRequest) -> Sequence[str]:
    """Return the hosts that cloud-wide questions about databases may go to, the first one preferred.

    Raises ValueError when the cloud file names none.
    """
    if not cloud.databases.hosts:
        raise ValueError("the cloud file names no database hosts")
    return cloud.databases.hosts
