"""The transport for this machine: the same promises as over SSH, kept with plain processes.

What the SSH transport promises can so be tested without a host; no cloud is reached this way.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from ostler.commands import Command, CommandResult
from ostler.errors import CommandTimedOut, HostUnreachable
from ostler.remote import scripts
from ostler.remote.batch import AT_ONCE, NO_TIME_LEFT, SAID_OF_IT, demand_read_only
from ostler.remote.copying import content_of, replacing
from ostler.remote.errors_map import failed, host_error
from ostler.remote.protocol import Content, Opening

TIMED_OUT = 124
NOT_THERE = 127
NOT_ALLOWED = 126


class LocalTransport:
    """Reaches this machine under each of the given names. ``remote.protocol.Transport`` says what is promised."""

    def __init__(self, names: Collection[str] = ("localhost",)) -> None:
        self._names = frozenset(names)

    def run(self, host: str, command: Command) -> CommandResult:
        self._check(host)
        argv = scripts.as_user(command)
        began = time.monotonic()
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "LC_ALL": "C.UTF-8", **command.env},
                start_new_session=True,
            )
        except OSError as error:
            code = NOT_THERE if isinstance(error, FileNotFoundError | NotADirectoryError) else NOT_ALLOWED
            return CommandResult(code, "", f"{argv[0]}: {error.strerror}")
        with _none_left(process, host, command):
            out, err = process.communicate(command.stdin, command.timeout_s)
        code = 128 - process.returncode if process.returncode < 0 else process.returncode
        return CommandResult(code, out.decode(errors="replace"), err.decode(errors="replace"), time.monotonic() - began)

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        demand_read_only(commands)
        ends = None if within_s is None else time.monotonic() + within_s

        def one(command: Command) -> CommandResult:
            left_s = command.timeout_s if ends is None else min(command.timeout_s, ends - time.monotonic())
            if left_s <= 0:
                return CommandResult(NO_TIME_LEFT, "", SAID_OF_IT, 0.0)
            try:
                return self.run(host, replace(command, timeout_s=left_s))
            except CommandTimedOut:
                if left_s < command.timeout_s:
                    return CommandResult(NO_TIME_LEFT, "", SAID_OF_IT, left_s)
                return CommandResult(TIMED_OUT, "", "", command.timeout_s)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(one, commands))

    def put(self, host: str, path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
        owned = f"{owner}:{group}" if os.geteuid() == 0 else ""
        argv = scripts.put_file(path, mode, owned, len(content))
        result = self.run(host, Command(tuple(argv), stdin=content))
        if result.exit_code != 0:
            raise failed(host, "remote.file-not-written", f"{path} could not be written", result)

    def fetch(self, host: str, path: str) -> bytes:
        self._check(host)
        try:
            return Path(path).read_bytes()
        except OSError as error:
            said = CommandResult(1, "", f"{path}: {error.strerror}")
            raise failed(host, "remote.file-not-read", f"{path} could not be read", said) from None

    def send(self, host: str, source: Path | Content, path: str, *, mode: int = 0o600) -> None:
        self._check(host)
        target = Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with content_of(source).opened() as there, replacing(target) as here:
                shutil.copyfileobj(there, here)
                os.fchmod(here.fileno(), mode)
        except OSError as error:
            raise host_error(host, error) from None

    def receive(self, host: str, path: str, target: Path, *, into: Opening | None = None) -> None:
        content = self.fetch(host, path)
        with (into or replacing)(target) as here:
            here.write(content)

    def close(self) -> None:
        return None

    def _check(self, host: str) -> None:
        if host not in self._names:
            raise HostUnreachable("remote.host-unknown", f"there is no host {host!r} in the cloud file")


@contextlib.contextmanager
def _none_left(process: subprocess.Popen[bytes], host: str, command: Command) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        subprocess.run(scripts.end_session(process.pid), check=False, capture_output=True)
        process.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        raise CommandTimedOut(
            "remote.command-timed-out",
            f"on {host}, {command} was still running at its limit and was ended",
            expected=f"at most {command.timeout_s:g} s",
            do_next="see why it hangs (its log, the host's load), then resume",
        ) from None
