"""SSH connections: one per host for the whole run, strictly checked, through shared jump hosts where needed.

Everything here runs in one event loop; ``ssh`` is the door for other threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from ostler.errors import HostKeyChanged, HostUnreachable, OutsideError
from ostler.remote.errors_map import host_error

CONNECT_TIMEOUT_S = 15.0
CLOSE_TIMEOUT_S = 5.0
CONNECTS_AT_ONCE = 64
KEEPALIVE_EVERY_S = 5.0
KEEPALIVE_MISSES = 3
SESSIONS_AT_ONCE = 7
"""Commands side by side on one connection: sshd allows ten (MaxSessions), and counts one until it is cleaned up."""

CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes256-ctr")
"""Fastest first on processors with AES instructions; every OpenSSH since 2014 has one of them."""

_HOP = re.compile(r"(?:(?P<user>[^@]+)@)?(?P<host>\[[^]]+\]|[^:]+)(?::(?P<port>\d+))?")


@dataclass(frozen=True)
class SshTarget:
    """How one host is reached.

    ``name`` is its name in the cloud file. None means: what ssh_config says, else OpenSSH's default. ``ssh_config``
    None means ``~/.ssh/config``; ``proxy_jump`` is written as in ssh_config (``user@host:port,…``).
    """

    name: str
    address: str
    port: int | None = None
    user: str | None = None
    key: Path | None = None
    known_hosts: Path | None = None
    proxy_jump: str | None = None
    ssh_config: Path | None = None


class Line:
    """One host's connection, with a limit on the commands that run on it side by side."""

    def __init__(self, connection: asyncssh.SSHClientConnection) -> None:
        self.connection = connection
        self.sessions = asyncio.Semaphore(SESSIONS_AT_ONCE)
        self.is_root = str(connection.get_extra_info("username")) == "root"

    @property
    def is_open(self) -> bool:
        return not self.connection.is_closed()


class Connections:
    """Opens connections when they are first needed and keeps them."""

    def __init__(self, targets: Mapping[str, SshTarget]) -> None:
        self._targets = targets
        self._lines: dict[str, Line] = {}
        self._jumps: dict[tuple[object, ...], asyncssh.SSHClientConnection] = {}
        self._locks: dict[object, asyncio.Lock] = {}
        self._connects = asyncio.Semaphore(CONNECTS_AT_ONCE)

    async def line(self, host: str) -> Line:
        """Return the connection to a host, opened now if there is none or if it was lost.

        Raises HostUnreachable, HostKeyChanged, AccessDenied.
        """
        if host not in self._targets:
            raise HostUnreachable("remote.host-unknown", f"there is no host {host!r} in the cloud file")
        async with self._locks.setdefault(host, asyncio.Lock()):
            line = self._lines.get(host)
            if line is None or not line.is_open:
                line = self._lines[host] = Line(await self._open(self._targets[host]))
            return line

    async def close(self) -> None:
        """End all connections."""
        connections = [line.connection for line in self._lines.values()] + list(self._jumps.values())
        self._lines.clear()
        self._jumps.clear()
        for connection in connections:
            connection.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*[one.wait_closed() for one in connections]), CLOSE_TIMEOUT_S)

    async def _open(self, target: SshTarget) -> asyncssh.SSHClientConnection:
        try:
            async with self._connects, asyncio.timeout(2 * CONNECT_TIMEOUT_S):
                return await self._connect(target)
        except Exception as error:
            raise host_error(target.name, error) from None

    async def _connect(
        self, target: SshTarget, through: asyncssh.SSHClientConnection | None = None
    ) -> asyncssh.SSHClientConnection:
        given = _given(target)
        options = await asyncssh.SSHClientConnectionOptions.construct(**given)
        if options.known_hosts is None:
            # asyncssh takes `UserKnownHostsFile none` as leave to check nothing; here that means: no key is known.
            given["known_hosts"] = ([], [], [])
        if through is None and isinstance(options.tunnel, str):
            through = await self._tunnel(target, options.tunnel)
        try:
            return await asyncssh.connect(**{**given, "tunnel": through})
        except asyncssh.HostKeyNotVerifiable as error:
            raise _key_error(target, options, error) from None

    async def _tunnel(self, target: SshTarget, hops: str) -> asyncssh.SSHClientConnection | None:
        tunnel: asyncssh.SSHClientConnection | None = None
        way: tuple[object, ...] = (target.key, target.known_hosts, target.ssh_config)
        for hop in hops.split(",") if hops != "none" else ():
            way = (*way, hop)
            async with self._locks.setdefault(way, asyncio.Lock()):
                jump = self._jumps.get(way)
                if jump is None or jump.is_closed():
                    jump = self._jumps[way] = await self._connect(_hop_target(target, hop), tunnel)
            tunnel = jump
        return tunnel


def raise_file_limit() -> None:
    """Let this process open as many files as it is allowed to: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _given(target: SshTarget) -> dict[str, Any]:
    chosen = {
        "port": target.port,
        "username": target.user,
        "client_keys": [str(target.key)] if target.key else None,
        "known_hosts": str(target.known_hosts) if target.known_hosts else None,
        "tunnel": target.proxy_jump,
        "config": [str(target.ssh_config)] if target.ssh_config else None,
    }
    return {
        "host": target.address,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "login_timeout": CONNECT_TIMEOUT_S,
        "keepalive_interval": KEEPALIVE_EVERY_S,
        "keepalive_count_max": KEEPALIVE_MISSES,
        "encryption_algs": CIPHERS,
        **{name: value for name, value in chosen.items() if value is not None},
    }


def _hop_target(target: SshTarget, hop: str) -> SshTarget:
    match = _HOP.fullmatch(hop.strip())
    if match is None:
        raise HostUnreachable(
            "remote.bad-jump",
            f"{hop!r} is no jump host to reach {target.name} through",
            do_next="write proxy_jump as user@host:port",
        )
    user, host, port = match["user"], match["host"].strip("[]"), match["port"]
    return SshTarget(
        f"{hop} (the way to {target.name})",
        host,
        port=int(port) if port else None,
        user=user,
        key=target.key,
        known_hosts=target.known_hosts,
        proxy_jump="none",
        ssh_config=target.ssh_config,
    )


def _key_error(
    target: SshTarget, options: asyncssh.SSHClientConnectionOptions, error: asyncssh.HostKeyNotVerifiable
) -> OutsideError:
    files = options.known_hosts or [str(Path("~/.ssh/known_hosts").expanduser())]
    try:
        keys, *_ = asyncssh.match_known_hosts(files, options.host, target.address, options.port)
    except (OSError, ValueError):
        keys = []
    if keys:
        return host_error(target.name, error)
    where = str(target.known_hosts or "the known_hosts files of ssh_config")
    return HostKeyChanged(
        "remote.host-key-unknown",
        f"no host key of {target.name} ({target.address}) is on record in {where}",
        found=str(error)[:300],
        do_next=f"get its key over a way you trust (ssh-keyscan {options.host}) and add it there",
    )
