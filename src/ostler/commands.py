"""Commands as data: what is to be run on a host, and what came back.

A command is an argument list, never a shell string. Running it is the business of ``remote/``.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Command:
    """One command for one host.

    ``argv`` is the argument list; ``stdin`` what it reads (None: nothing); ``timeout_s`` when its
    process group is ended; ``user`` whom it runs as (None: the login, root after ``sudo -n``);
    ``env`` is added to its environment; ``is_read_only`` marks commands that change nothing: only
    those may be run by anything but ``execution``.
    """

    argv: tuple[str, ...]
    stdin: bytes | None = None
    timeout_s: float = 60.0
    user: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    is_read_only: bool = False

    def __str__(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True)
class CommandResult:
    """What a command left behind. ``exit_code`` is 127 for a program that is not there, 124 for a
    command inside a batch that was ended at its time limit, and 125 for one that the batch had no time
    left for; ``seconds`` is wall time on the host."""

    exit_code: int
    stdout: str
    stderr: str
    seconds: float = 0.0


def read(*argv: str, timeout_s: float = 20.0, stdin: bytes | None = None) -> Command:
    """Return a read-only command."""
    return Command(argv=tuple(argv), timeout_s=timeout_s, stdin=stdin, is_read_only=True)


@dataclass(frozen=True)
class ApiRequest:
    """One request to an OpenStack API, as data.

    ``service`` is the catalog's service type (``compute``, ``image``, ``network``, ``volumev3``,
    ``placement``, ``identity``); ``path`` begins with a slash and is relative to the service's endpoint
    in the token's catalog; ``body`` is sent as JSON, ``content`` as bytes; ``expect`` are the statuses
    that are a success (empty: any below 400).
    """

    service: str
    method: str
    path: str
    body: object | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    expect: tuple[int, ...] = ()
    timeout_s: float = 60.0

    def __str__(self) -> str:
        return f"{self.method} {self.service} {self.path}"


@dataclass(frozen=True)
class ApiResponse:
    """What an API answered; ``body`` is the decoded JSON, or None when it was none."""

    status: int
    body: object | None
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class WebAnswer:
    """What came back for one GET without credentials. `status` 0 means no answer, and `reason` says why."""

    status: int
    seconds: float
    reason: str = ""
