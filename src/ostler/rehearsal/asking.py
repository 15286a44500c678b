"""Statements that may fail: what MariaDB says to them, by its number."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ostler.commands import CommandResult
from ostler.rehearsal.scratch import SOCKET, STATEMENT_TIMEOUT_S, Scratch

REFUSAL = re.compile(r"^ERROR (?P<number>\d+) \(\w+\) at line (?P<line>\d+): ", re.MULTILINE)


def asked(scratch: Scratch, statements: str) -> CommandResult:
    """What comes of statements, each of which is carried out whatever became of those before it."""
    argv = ["mariadb", f"--socket={SOCKET}", "--batch", "--skip-column-names", "--force"]
    return scratch.run(argv, timeout_s=STATEMENT_TIMEOUT_S, check=False, stdin=statements.encode())


def refusals(said: str) -> Mapping[int, int]:
    """The number of the error that each line was refused with."""
    return {int(found["line"]): int(found["number"]) for found in REFUSAL.finditer(said)}
