"""The seams through which Ostler reaches a cloud: one for hosts, one for APIs.

Implementations: ``ssh`` (real hosts), ``local`` (this machine), ``simulated`` (an in-memory cloud),
``replay`` (recorded answers); ``api`` (openstacksdk). All are safe to call from several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from ostler.commands import ApiRequest, ApiResponse, Command, CommandResult

Opening = Callable[[Path], AbstractContextManager[IO[bytes]]]
"""Opens a file of this machine to be written: it takes its place, whole, when the block ends well, and never else."""


@dataclass(frozen=True)
class Content:
    """Bytes to be sent that do not lie in a file as they are: how many, how they are opened to be read from the first,
    and what they are called."""

    name: str
    size: int
    opened: Callable[[], AbstractContextManager[IO[bytes]]]

    def __str__(self) -> str:
        return self.name


class Transport(Protocol):
    """Reaches hosts by their name in the cloud file; one connection per host for the whole run."""

    def run(self, host: str, command: Command) -> CommandResult:
        """Run one command and return what it left, whatever its exit code.

        Raises HostUnreachable, HostKeyChanged, AccessDenied, CommandTimedOut (the remote process group
        was ended).
        """

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        """Run several read-only commands one after another in ONE round trip; results in order.

        A command that outlives its own limit yields exit code 124, a missing program 127; neither stops
        the others. ``within_s`` are the seconds that all of them have: what has not ended by then, with less than its
        own limit, yields 125 and says so, which tells nothing about what it asked.
        """

    def put(self, host: str, path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
        """Write a file atomically (temporary name in the same folder, fsync, rename). Raises NoSpace."""

    def fetch(self, host: str, path: str) -> bytes:
        """Return the bytes of a file. Raises CommandFailed when it cannot be read."""

    def send(self, host: str, source: Path | Content, path: str, *, mode: int = 0o600) -> None:
        """Copy a large local file to a host, atomically. Raises NoSpace."""

    def receive(self, host: str, path: str, target: Path, *, into: Opening | None = None) -> None:
        """Copy a large file from a host; the local file has mode 0600. ``into`` opens it in another way than as it is;
        what that raises, this raises."""

    def close(self) -> None:
        """End all connections."""


class Api(Protocol):
    """Calls the cloud's APIs with the operator's credentials."""

    def call(self, request: ApiRequest) -> ApiResponse:
        """Send one request, without retries, and return the answer.

        Raises ApiError for a status that was not expected (``status`` 0: no answer), AccessDenied for 401/403
        of the identity service.
        """

    def close(self) -> None:
        """End all connections."""
