"""Where environments are built: a file tree that looks like the hosts, and a way to run programs in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ostler.commands import CommandResult

CACHE = "/var/cache/ostler-build"
"""The folder inside where builders keep what they downloaded; it may outlive the tree."""


class BuildRoot(Protocol):
    """A tree with the hosts' own Python, C library and a compiler, reached by path and by `run`."""

    @property
    def path(self) -> Path:
        """The tree as this machine sees it."""
        ...

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
        check: bool = True,
    ) -> CommandResult:
        """Run a program with the tree as its root; `env` is added to a minimal environment.

        Raises CommandFailed when `check` and it ended with anything but 0.
        """
        ...

    def showing(self, folder: Path) -> BuildRoot:
        """The same tree with a folder of this machine in it, at the same path and not to be changed."""
        ...
