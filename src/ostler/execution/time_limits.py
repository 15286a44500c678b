"""Hosts and APIs that must have answered by a time: for looks that are worth nothing when they come too late.

What is not answered by then counts as not read, and the asking goes on behind the scenes, in threads that do not keep
the program from ending. A host that was once too slow is not waited for again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ostler.commands import ApiRequest, ApiResponse, Command, CommandResult
from ostler.errors import ApiError, CommandTimedOut, InputError
from ostler.remote.protocol import Api, Content, Opening, Transport

SHARE_OF_COMMANDS = 0.8
"""Of the time a host has for a batch: the rest is for the way there and back, so that one command that hangs does not
cost what the others said."""

CLOSING_S = 2.0
"""How long the end of all connections may take."""

T = TypeVar("T")


class TimeLimit:
    """A time by which all must be over; ``left_s`` are the seconds until then."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._ends_at = now() + seconds

    @property
    def left_s(self) -> float:
        return max(0.0, self._ends_at - self._now())


class HurriedTransport:
    """Passes reading commands on; each call ends within ``longest_s`` and with the limit, each command within
    ``command_s``."""

    def __init__(self, transport: Transport, limit: TimeLimit, longest_s: float, command_s: float) -> None:
        self._transport = transport
        self._limit = limit
        self._longest_s = longest_s
        self._command_s = command_s
        self._slow: set[str] = set()

    def run(self, host: str, command: Command) -> CommandResult:
        return self._hurried(host, lambda: self._transport.run(host, self._shortened(command)))

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        shorter = [self._shortened(command) for command in commands]
        given_s = min(self._longest_s, self._limit.left_s) if within_s is None else within_s
        return self._hurried(host, lambda: self._transport.run_batch(host, shorter, given_s * SHARE_OF_COMMANDS))

    def put(self, host: str, path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
        raise InputError("execution.reads-only", "nothing is written in a look that has a time limit")

    def fetch(self, host: str, path: str) -> bytes:
        return self._hurried(host, lambda: self._transport.fetch(host, path))

    def send(self, host: str, source: Path | Content, path: str, *, mode: int = 0o600) -> None:
        raise InputError("execution.reads-only", "nothing is written in a look that has a time limit")

    def receive(self, host: str, path: str, target: Path, *, into: Opening | None = None) -> None:
        raise InputError("execution.reads-only", "large files are not fetched in a look that has a time limit")

    def close(self) -> None:
        """End all connections, or leave them to the end of the program when that takes too long."""
        _close(self._transport.close)

    def _shortened(self, command: Command) -> Command:
        return replace(command, timeout_s=min(command.timeout_s, self._command_s))

    def _hurried(self, host: str, ask: Callable[[], T]) -> T:
        waits_s = 0.0 if host in self._slow else min(self._longest_s, self._limit.left_s)
        try:
            return waited_for(ask, waits_s, host)
        except NotInTime:
            self._slow.add(host)
            raise CommandTimedOut(
                "execution.no-answer-in-time",
                f"{host} did not answer all questions within {self._longest_s:.0f} seconds",
                do_next=f"see whether {host}, or this machine, is too busy: ssh {host} uptime; then ask again",
            ) from None


class HurriedApi:
    """Passes requests on; each ends within ``longest_s`` and with the limit."""

    def __init__(self, api: Api, limit: TimeLimit, longest_s: float) -> None:
        self._api = api
        self._limit = limit
        self._longest_s = longest_s

    def call(self, request: ApiRequest) -> ApiResponse:
        waits_s = min(self._longest_s, self._limit.left_s)
        try:
            return waited_for(lambda: self._api.call(request), waits_s, request.service)
        except NotInTime:
            raise ApiError(
                "api.no-answer-in-time",
                f"{request} was not answered within {self._longest_s:.0f} seconds",
                do_next="see which part of the way to it hangs: the load balancer, the service, or what that asks",
            ) from None

    def close(self) -> None:
        """End all connections, or leave them to the end of the program when that takes too long."""
        _close(self._api.close)


def _close(close: Callable[[], None]) -> None:
    with contextlib.suppress(NotInTime):
        waited_for(close, CLOSING_S, "closing")


def waited_for(work: Callable[[], T], seconds: float, name: str) -> T:
    """Return what ``work`` returns, or raise what it raises. Raises TimeoutError when it takes longer; then it goes on
    in its thread, which ends with the program. Without any time, nothing is begun."""
    if seconds <= 0:
        raise NotInTime
    future: Future[T] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=do, name=f"hurried-{name}", daemon=True).start()
    return future.result(seconds)
