"""A login that is not root: commands go through `sudo -n`, and its refusal is told as such."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from ostler.commands import read
from ostler.errors import AccessDenied
from ostler.remote.background import BackgroundLoop
from ostler.remote.connections import SshTarget
from ostler.remote.ssh import SshTransport

ALLOWING = '#!/bin/sh\n[ "$1 $2" = "-n --" ] || exit 99\nshift 2\nexec "$@"\n'
REFUSING = '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n'


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SshTarget]:
    """An SSH server that runs commands as whoever runs the tests, for a login that is not root."""
    for name in ("id", "host"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(tmp_path / name)
        key.write_public_key(tmp_path / f"{name}.pub")
    loop = BackgroundLoop("sshd")
    environment = {"PATH": f"{tmp_path}:/usr/sbin:/usr/bin:/sbin:/bin"}

    async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        child = await asyncio.create_subprocess_exec(
            "sh", "-c", str(process.command), env=environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await child.communicate()
        process.stdout.write(out)
        process.stderr.write(err)
        process.exit(child.returncode or 0)

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[str(tmp_path / "host")], encoding=None,
            authorized_client_keys=str(tmp_path / "id.pub"), process_factory=serve,
        )  # fmt: skip

    server = loop.call(listen())
    port = server.sockets[0].getsockname()[1]
    public = (tmp_path / "host.pub").read_text().split()[:2]
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} {' '.join(public)}\n")
    known = tmp_path / "known_hosts"
    yield SshTarget("here", "127.0.0.1", port=port, user="operator", key=tmp_path / "id", known_hosts=known)

    async def stop() -> None:
        server.close()
        await server.wait_closed()

    loop.close(stop())


def ask(host: SshTarget, sudo: str) -> str:
    program = Path(str(host.key)).parent / "sudo"
    program.write_text(sudo)
    program.chmod(0o755)
    transport = SshTransport({"here": host})
    try:
        return transport.run("here", read("echo", "as root")).stdout
    finally:
        transport.close()


def test_commands_of_another_login_go_through_sudo(host: SshTarget) -> None:
    assert ask(host, ALLOWING) == "as root\n"


def test_sudo_that_wants_a_password_is_access_denied(host: SshTarget) -> None:
    with pytest.raises(AccessDenied) as caught:
        ask(host, REFUSING)
    assert caught.value.code == "remote.sudo-refused"
    assert "NOPASSWD" in caught.value.do_next
