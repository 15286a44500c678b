"""Commands as the catalog knows them: a program of a project, its arguments, what its exit codes mean.

Nothing here runs anything. `argv[0]` is the bare name of a program; whoever runs it puts the directory of
the right environment before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ostler.catalog.record import Closed, Code, Ranged


class Meaning(StrEnum):
    """What an exit code says. `UNKNOWN` is every code the catalog has no word for: treat it as a crash."""

    DONE = "done"
    """Finished, nothing is left to do."""
    AGAIN = "again"
    """Something was done and more may be left: run it again."""
    STUCK = "stuck"
    """Nothing more can be done without a person."""
    BAD_INPUT = "bad_input"
    WARNING = "warning"
    FAILURE = "failure"
    CRASH = "crash"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Doubt(Closed):
    """That an exit code alone proves nothing: where `pattern`, a regular expression, is found in what the command
    wrote, it means `meaning`."""

    pattern: str
    meaning: Meaning
    why: str


@dataclass(frozen=True, kw_only=True)
class Exit(Ranged):
    """What one exit code of a command means, unless what it wrote says otherwise (None: the code alone tells).

    `since_version` is the first version of release `since` that was seen to end so ("": all of them do).
    """

    code: int
    meaning: Meaning
    note: str = ""
    doubt: Doubt | None = None
    since_version: str = ""


@dataclass(frozen=True, kw_only=True)
class ProjectCommand(Ranged):
    """A command of a project's environment. `code` says whose environment: the old or the new one."""

    argv: tuple[str, ...]
    code: Code
    exits: tuple[Exit, ...] = ()

    @property
    def words(self) -> str:
        """The command without its configuration files, as it is told and as signs of blockers name it."""
        argv = iter(self.argv)
        return " ".join(word for word in argv if word != "--config-file" or not next(argv, None))

    def meaning(self, exit_code: int, release: str, order: Sequence[str], output: str = "") -> Meaning:
        """What `exit_code` means when the command of `release` ended with it, having written `output`."""
        for known in self.exits:
            if known.code == exit_code and known.is_true_in(release, order):
                if known.doubt and re.search(known.doubt.pattern, output):
                    return known.doubt.meaning
                return known.meaning
        return Meaning.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class LentSetting(Closed):
    """A setting a command needs while it runs, to be given back as it was found.

    `kind` says what it is a setting of: `mysql_global` is a global variable of every database server.
    """

    kind: str
    name: str
    value: str
    why: str
