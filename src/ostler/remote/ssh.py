"""The transport for real hosts: SSH, behind a door that any thread may use.

What holds here: host keys are checked strictly; a login that is not root uses ``sudo -n``; every command has a
time limit, at which all processes of its session on the host are ended; a command that was started is never
started a second time by this module unless it only reads. A changing command goes on when the connection breaks;
the same command started again then waits for its end first.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import asyncssh

from ostler.commands import Command, CommandResult
from ostler.errors import CommandTimedOut
from ostler.remote import scripts
from ostler.remote.background import BackgroundLoop
from ostler.remote.batch import batch_command, batch_results
from ostler.remote.connections import Connections, Line, SshTarget, raise_file_limit
from ostler.remote.copying import Progress, content_of, pour_in, pour_out, settling_timeout_s
from ostler.remote.errors_map import chattering, failed, host_error
from ostler.remote.protocol import Content, Opening
from ostler.remote.sessions import Running, none_left, start

FILE_TIMEOUT_S = 60.0
NOT_THERE = 127
TIMED_OUT = 124


class SshTransport:
    """Reaches hosts over SSH. ``remote.protocol.Transport`` says what each method promises."""

    def __init__(self, targets: Mapping[str, SshTarget]) -> None:
        raise_file_limit()
        self._connections = Connections(targets)
        self._loop = BackgroundLoop("ostler-ssh")

    def run(self, host: str, command: Command) -> CommandResult:
        return self._loop.call(self._run(host, command))

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        if not commands:
            return []
        result = self.run(host, batch_command(commands, within_s))
        if result.exit_code == NOT_THERE:
            return self._loop.call(self._one_by_one(host, commands))
        if result.exit_code != 0:
            raise failed(host, "remote.batch-failed", "several commands at once could not be run", result)
        try:
            return batch_results(result.stdout, len(commands))
        except ValueError:
            raise chattering(host, result.stdout) from None

    def put(self, host: str, path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
        argv = scripts.put_file(path, mode, f"{owner}:{group}", len(content))
        command = Command(tuple(argv), stdin=content, timeout_s=FILE_TIMEOUT_S)
        _demand_written(host, path, self.run(host, command))

    def fetch(self, host: str, path: str) -> bytes:
        return self._loop.call(self._fetch(host, path))

    def send(
        self,
        host: str,
        source: Path | Content,
        path: str,
        *,
        mode: int = 0o600,
        progress: Progress | None = None,
    ) -> None:
        self._loop.call(self._send(host, content_of(source), path, mode, progress))

    def receive(
        self,
        host: str,
        path: str,
        target: Path,
        *,
        into: Opening | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._loop.call(self._receive(host, path, target, into, progress))

    def close(self) -> None:
        """End the commands that still run, on their hosts too, and all connections."""
        self._loop.close(self._connections.close())

    async def _run(self, host: str, command: Command) -> CommandResult:
        argv, is_repeatable = scripts.wrapped(command), command.is_read_only
        async with self._running(host, argv, str(command), command.timeout_s, is_repeatable) as running:
            began = time.monotonic()
            running.feed(scripts.stdin_of(command))
            await running.begun()
            code, out, err = await running.ended()
            seconds = time.monotonic() - began
        return CommandResult(code, out.decode(errors="replace"), err.decode(errors="replace"), seconds)

    async def _one_by_one(self, host: str, commands: Sequence[Command]) -> list[CommandResult]:
        async def one(command: Command) -> CommandResult:
            try:
                return await self._run(host, command)
            except CommandTimedOut:
                return CommandResult(TIMED_OUT, "", "", command.timeout_s)

        return list(await asyncio.gather(*[one(command) for command in commands]))

    async def _fetch(self, host: str, path: str) -> bytes:
        argv = scripts.streamed(["cat", "--", path])
        async with self._running(host, argv, f"reading {path}", FILE_TIMEOUT_S) as running:
            running.feed(b"")
            await running.begun()
            code, content, err = await running.ended()
        if code != 0:
            result = CommandResult(code, "", err.decode(errors="replace"))
            raise failed(host, "remote.file-not-read", f"{path} could not be read", result)
        return content

    async def _send(self, host: str, source: Content, path: str, mode: int, progress: Progress | None) -> None:
        argv = scripts.streamed(scripts.put_file(path, mode, "", source.size))
        async with self._running(host, argv, f"copying {source} to {path}", None) as running:
            await running.begun()
            await pour_in(running, source, progress)
            code, _, err = await asyncio.wait_for(running.ended(), settling_timeout_s(source.size))
        _demand_written(host, path, CommandResult(code, "", err.decode(errors="replace")))

    async def _receive(
        self, host: str, path: str, target: Path, into: Opening | None, progress: Progress | None
    ) -> None:
        argv = scripts.streamed(scripts.receive_file(path))
        async with self._running(host, argv, f"copying {path} to {target}", None) as running:
            running.feed(b"")
            await running.begun()
            await pour_out(running, path, target, progress, into)

    @contextlib.asynccontextmanager
    async def _running(
        self, host: str, argv: Sequence[str], what: str, limit_s: float | None, is_repeatable: bool = True
    ) -> AsyncIterator[Running]:
        line = await self._connections.line(host)
        async with line.sessions:
            running = await self._start(line, host, argv, is_repeatable)
            async with none_left(running, what, limit_s):
                yield running

    async def _start(self, line: Line, host: str, argv: Sequence[str], is_repeatable: bool) -> Running:
        try:
            return await start(host, line, argv)
        except (asyncssh.Error, OSError) as error:
            if line.is_open or not is_repeatable:
                raise host_error(host, error) from None
        try:
            return await start(host, await self._connections.line(host), argv)
        except (asyncssh.Error, OSError) as error:
            raise host_error(host, error) from None


def _demand_written(host: str, path: str, result: CommandResult) -> None:
    if result.exit_code != 0:
        raise failed(host, "remote.file-not-written", f"{path} could not be written", result)
