"""Connections over SSH, against a real sshd: who is let in, what is refused, what happens when one breaks."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from loopback_sshd import Sshd

from ostler.commands import Command, read
from ostler.errors import AccessDenied, HostKeyChanged, HostUnreachable
from ostler.remote.connections import SshTarget
from ostler.remote.ssh import SshTransport

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="sshd with logins needs root")

SSHD_OF_THIS_CONNECTION = ("sh", "-c", 'p=$PPID; while read -r _ name <"/proc/$p/status" && [ "$name" != sshd ]; do p=$(sed -n "s/^PPid:\t//p" "/proc/$p/status"); done; echo "$p"')  # fmt: skip  # noqa: E501


def answer(target: SshTarget) -> str:
    transport = SshTransport({target.name: target})
    try:
        return transport.run(target.name, read("echo", "hello")).stdout
    finally:
        transport.close()


def connection_process(ssh: SshTransport) -> int:
    return int(ssh.run("here", read(*SSHD_OF_THIS_CONNECTION)).stdout)


def test_many_commands_use_one_connection(ssh: SshTransport) -> None:
    assert connection_process(ssh) == connection_process(ssh)


def test_another_host_key_than_the_recorded_one_is_refused(sshd: Sshd, tmp_path: Path) -> None:
    other = (sshd.folder / "id.pub").read_text().split()[:2]
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{sshd.port} {' '.join(other)}\n")
    with pytest.raises(HostKeyChanged) as caught:
        answer(replace(sshd.target(), known_hosts=tmp_path / "known_hosts"))
    assert caught.value.code == "remote.host-key-changed"


@pytest.mark.parametrize("config", ["", "Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile none\n"])
def test_a_host_key_nobody_recorded_is_refused_whatever_ssh_config_says(
    sshd: Sshd, tmp_path: Path, config: str
) -> None:
    (tmp_path / "known_hosts").write_text("")
    (tmp_path / "config").write_text(config)
    known = None if config else tmp_path / "known_hosts"
    with pytest.raises(HostKeyChanged) as caught:
        answer(replace(sshd.target(), known_hosts=known, ssh_config=tmp_path / "config"))
    assert caught.value.code == "remote.host-key-unknown"


def test_a_key_that_is_not_authorized_is_refused(sshd: Sshd, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "id")], check=True)
    with pytest.raises(AccessDenied) as caught:
        answer(replace(sshd.target(), key=tmp_path / "id"))
    assert caught.value.code == "remote.login-refused"


@pytest.mark.parametrize("content", [None, "not a key\n"])
def test_a_key_that_cannot_be_used_is_told(sshd: Sshd, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "id").write_text(content)
    with pytest.raises((AccessDenied, HostUnreachable)) as caught:
        answer(replace(sshd.target(), key=tmp_path / "id"))
    assert caught.value.code == "remote.key-unusable"


def test_nothing_listening_there_is_unreachable(sshd: Sshd) -> None:
    with pytest.raises(HostUnreachable) as caught:
        answer(replace(sshd.target(), port=1))
    assert caught.value.code == "remote.host-unreachable"


def test_a_name_that_cannot_be_resolved_is_told(sshd: Sshd) -> None:
    with pytest.raises(HostUnreachable) as caught:
        answer(replace(sshd.target(), address="no-such-host.invalid"))
    assert caught.value.code == "remote.name-unknown"


def test_a_host_that_is_not_in_the_cloud_file_is_told(ssh: SshTransport) -> None:
    with pytest.raises(HostUnreachable, match="no host 'elsewhere'"):
        ssh.run("elsewhere", read("true"))


def test_a_connection_lost_between_commands_is_opened_again(ssh: SshTransport) -> None:
    subprocess.run(["kill", str(connection_process(ssh))], check=True)
    assert ssh.run("here", read("echo", "back")).stdout == "back\n"


def test_a_connection_lost_during_a_command_is_told_and_the_command_is_not_started_again(
    ssh: SshTransport, tmp_path: Path
) -> None:
    process = connection_process(ssh)
    script = 'echo begun >>"$1"; [ -e "$1.cut" ] || { >"$1.cut"; kill "$2"; sleep 0.15; }; echo ended >>"$1"'
    log = tmp_path / "log"
    command = Command(("sh", "-c", script, "it", str(log), str(process)))
    with pytest.raises(HostUnreachable) as caught:
        ssh.run("here", command)
    assert caught.value.code == "remote.connection-lost"
    assert log.read_text() == "begun\n"
    ssh.run("here", command)  # waits for the first one, which was left to end
    assert log.read_text() == "begun\nended\n" * 2


def test_hosts_behind_a_jump_host_share_one_connection_to_it(sshd: Sshd) -> None:
    jump = f"root@127.0.0.1:{sshd.port}"
    transport = SshTransport({name: replace(sshd.target(name), proxy_jump=jump) for name in ("a", "b")})
    try:
        assert [transport.run(name, read("echo", name)).stdout for name in ("a", "b")] == ["a\n", "b\n"]
        assert len(transport._connections._jumps) == 1
    finally:
        transport.close()


def test_ssh_config_gives_what_the_cloud_file_leaves_out(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        f"Host behind\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User root\n  ProxyJump jump\n"
        f"Host jump\n  HostName 127.0.0.1\n  Port {sshd.port}\n  User root\n"
        f"Host *\n  IdentityFile {sshd.key}\n  UserKnownHostsFile {sshd.known_hosts}\n"
    )
    assert answer(SshTarget("behind", "behind", ssh_config=tmp_path / "config")) == "hello\n"
