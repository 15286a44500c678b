"""Reaching the hosts of a practice cloud over real SSH, strictly checked, one kept connection per host.

Uses the `ssh` program with a control socket, so that it works from any thread.
"""

from __future__ import annotations

import hashlib
import shlex
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from ostler.commands import CommandResult
from ostler.errors import CommandFailed, CommandTimedOut, HostUnreachable
from ostler.practice.layout import Host, Layout
from ostler.remote.scripts import put_file

T = TypeVar("T")

SSH_FAILED = 255
KEEP_CONNECTION_S = 120
CONNECT_TIMEOUT_S = 10
MOST_AT_ONCE = 16


@dataclass(frozen=True)
class PracticeReach:
    """Runs commands and puts files on the hosts of one practice cloud, as root."""

    layout: Layout

    def run(
        self,
        host: Host | str,
        argv: Sequence[str],
        *,
        stdin: bytes | IO[bytes] | None = None,
        timeout_s: float = 120,
        check: bool = True,
    ) -> CommandResult:
        """Run `argv` on a host and return what it left.

        Raises CommandFailed when `check` and the exit code is not 0, CommandTimedOut after `timeout_s`,
        HostUnreachable when ssh itself fails.
        """
        target = self.layout.host(host) if isinstance(host, str) else host
        started = time.monotonic()
        try:
            done = self._ssh(target, argv, stdin, timeout_s)
        except subprocess.TimeoutExpired:
            raise CommandTimedOut(
                "practice.command-timed-out", f"{shlex.join(argv)} on {target.name} took over {timeout_s} s"
            ) from None
        stdout, stderr = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        result = CommandResult(done.returncode, stdout, stderr, time.monotonic() - started)
        if result.exit_code == SSH_FAILED:  # commands may end with 255 too
            self.demand_reachable(target)
        if check and result.exit_code != 0:
            raise CommandFailed(
                "practice.command-failed",
                f"{shlex.join(argv)} on {target.name} ended with {result.exit_code}: "
                f"{(stderr or stdout).strip()[-2000:]}",
                found=str(result.exit_code),
                expected="0",
            )
        return result

    def demand_reachable(self, host: Host) -> None:
        """Connect to a host; the connection is kept. Raises HostUnreachable when that fails."""
        try:
            done = self._ssh(host, ["true"], None, CONNECT_TIMEOUT_S * 2)
        except subprocess.TimeoutExpired:
            raise self._unreachable(host, "it is silent") from None
        if done.returncode == SSH_FAILED:
            raise self._unreachable(host, done.stderr.decode(errors="replace"))

    def put(
        self,
        host: Host | str,
        path: str,
        content: bytes | str | Path,
        *,
        mode: int = 0o644,
        owner: str = "root:root",
    ) -> None:
        """Write a file on a host, whole or not at all; folders above it are made.

        `content` is the bytes or text itself, or the local file to send. `owner` is `user:group`.
        """
        if isinstance(content, Path):
            argv = put_file(path, mode, owner, content.stat().st_size)
            with content.open("rb") as file:
                self.run(host, argv, stdin=file, timeout_s=600)
        else:
            data = content.encode() if isinstance(content, str) else content
            self.run(host, put_file(path, mode, owner, len(data)), stdin=data)

    def run_all(
        self,
        hosts: Iterable[Host | str],
        argv: Sequence[str],
        *,
        timeout_s: float = 120,
        check: bool = True,
    ) -> dict[str, CommandResult]:
        """Run the same command on several hosts side by side; the results by host name."""

        def on_one(host: Host) -> CommandResult:
            return self.run(host, argv, timeout_s=timeout_s, check=check)

        return self.each(hosts, on_one)

    def each(self, hosts: Iterable[Host | str], work: Callable[[Host], T]) -> dict[str, T]:
        """Call `work` for several hosts side by side; all end before the first error is raised."""
        targets = [self.layout.host(host) if isinstance(host, str) else host for host in hosts]
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            futures = {host.name: pool.submit(work, host) for host in targets}
        return {name: future.result() for name, future in futures.items()}

    def ssh_options(self) -> list[str]:
        """The options any ssh or scp to these hosts needs."""
        return [
            "-F", "none",
            "-i", str(self.layout.private_key),
            "-o", "IdentitiesOnly=yes",
            "-o", f"UserKnownHostsFile={self.layout.known_hosts}",
            "-o", "GlobalKnownHostsFile=none",
            "-o", "StrictHostKeyChecking=yes",
            "-o", f"ConnectTimeout={CONNECT_TIMEOUT_S}",
            "-o", "ServerAliveInterval=5",
            "-o", "ServerAliveCountMax=3",
            "-o", "LogLevel=ERROR",
        ]  # fmt: skip

    def disconnect(self, host: Host) -> None:
        """Close the kept connection to a host, if there is one."""
        argv = ["ssh", *self._control_options(), "-O", "exit", f"root@{host.address}"]
        subprocess.run(argv, capture_output=True, check=False)

    def command(self, host: Host, argv: Sequence[str] = (), *, has_terminal: bool = False) -> list[str]:
        """The ssh command line that runs `argv` on a host, or a login shell where `argv` is empty."""
        options = [*self.ssh_options(), *self._control_options(), "-o", "BatchMode=yes"]
        words = ["--", shlex.join(argv)] if argv else []
        return ["ssh", *options, "-t" if has_terminal else "-T", f"root@{host.address}", *words]

    def _unreachable(self, host: Host, said: str) -> HostUnreachable:
        of_cloud = f"--name {self.layout.name}"
        return HostUnreachable(
            "practice.host-unreachable",
            f"cannot reach {host.name} ({host.address}) over SSH",
            found=said.strip()[-500:],
            do_next=f"see `ostler practice status {of_cloud}`; "
            f"`ostler practice power on {host.name} {of_cloud}` starts it when it is off",
        )

    def _ssh(
        self, host: Host, argv: Sequence[str], stdin: bytes | IO[bytes] | None, timeout_s: float
    ) -> subprocess.CompletedProcess[bytes]:
        command = self.command(host, argv)
        if stdin is None:
            return _run(command, timeout_s, stdin=subprocess.DEVNULL)
        if isinstance(stdin, bytes):
            return _run(command, timeout_s, given=stdin)
        return _run(command, timeout_s, stdin=stdin)

    def control_sockets(self) -> list[Path]:
        """The sockets of connections that are kept now."""
        return list(Path("/run").glob(f"{self._socket_prefix()}*"))

    def _socket_prefix(self) -> str:
        digest = hashlib.sha256(str(self.layout.state_dir).encode()).hexdigest()[:8]
        return f"ostler-ssh-{digest}-"

    def _control_options(self) -> list[str]:
        # A socket's path must stay under 108 bytes, so it is a digest below /run, not a path below the state.
        return [
            "-o", "ControlMaster=auto",
            "-o", f"ControlPath=/run/{self._socket_prefix()}%h",
            "-o", f"ControlPersist={KEEP_CONNECTION_S}",
        ]  # fmt: skip


def _run(
    command: Sequence[str],
    timeout_s: float,
    *,
    stdin: int | IO[bytes] | None = None,
    given: bytes | None = None,
) -> subprocess.CompletedProcess[bytes]:
    if given is not None:
        return subprocess.run(command, input=given, capture_output=True, timeout=timeout_s, check=False)
    return subprocess.run(command, stdin=stdin, capture_output=True, timeout=timeout_s, check=False)
