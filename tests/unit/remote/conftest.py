"""What the tests of the remote room share."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback_sshd import Sshd

from ostler.remote.ssh import SshTransport


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    yield from _serving(tmp_path_factory.mktemp("sshd"))


@pytest.fixture
def chatty_sshd(tmp_path: Path) -> Iterator[Sshd]:
    """One whose login greets also when a command is run, as a start-up file of the shell may."""
    yield from _serving(tmp_path, 'ForceCommand echo "Welcome back!"; eval "$SSH_ORIGINAL_COMMAND"\n')


def _serving(folder: Path, more: str = "") -> Iterator[Sshd]:
    for name in ("id", "host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    public = (folder / "host_key.pub").read_text().split()[:2]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {' '.join(public)}\n")
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\nPidFile none\nStrictModes no\n"
        f"AuthorizedKeysFile {folder}/id.pub\nPasswordAuthentication no\nUsePAM no\nPermitRootLogin yes\n"
        # bash reads root's .bashrc for commands over SSH, unless it believes to be inside another shell.
        "SetEnv SHLVL=3\nSubsystem sftp internal-sftp\n" + more
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    server = Sshd(folder, port)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def ssh(sshd: Sshd) -> Iterator[SshTransport]:
    transport = SshTransport({"here": sshd.target()})
    yield transport
    transport.close()
