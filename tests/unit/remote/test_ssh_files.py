"""Files over SSH, against a real sshd: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyrage
import pytest

from ostler.errors import CommandFailed, NoSpace
from ostler.execution.sealing import Sealing
from ostler.remote import copying, scripts
from ostler.remote.protocol import Content
from ostler.remote.ssh import SshTransport

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="sshd with logins needs root")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine mounts no tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_file_is_put_with_its_mode_and_owner(ssh: SshTransport, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "it's $HOME"
    content = bytes(range(256)) * 1000
    ssh.put("here", str(path), content, mode=0o640, owner="nobody", group="nogroup")
    assert path.read_bytes() == content
    assert (path.stat().st_mode & 0o7777, path.owner(), path.group()) == (0o640, "nobody", "nogroup")
    assert [entry.name for entry in path.parent.iterdir()] == ["it's $HOME"]


def test_an_empty_file_can_be_put_and_fetched(ssh: SshTransport, tmp_path: Path) -> None:
    ssh.put("here", str(tmp_path / "empty"), b"", mode=0o600)
    assert ssh.fetch("here", str(tmp_path / "empty")) == b""


def test_a_link_is_replaced_not_followed(ssh: SshTransport, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("untouched")
    (tmp_path / "link").symlink_to("target")
    ssh.put("here", str(tmp_path / "link"), b"new", mode=0o600)
    assert (tmp_path / "target").read_text() == "untouched"
    assert not (tmp_path / "link").is_symlink()


def test_a_full_disk_is_told_and_leaves_the_old_file(ssh: SshTransport, small_disk: Path, tmp_path: Path) -> None:
    kept = small_disk / "kept"
    kept.write_text("old")
    with pytest.raises(NoSpace) as caught:
        ssh.put("here", str(kept), b"x" * 1_000_000, mode=0o600)
    assert "make room on here" in caught.value.do_next
    (tmp_path / "big").write_bytes(b"x" * 5_000_000)
    with pytest.raises(NoSpace):
        ssh.send("here", tmp_path / "big", str(kept))
    assert kept.read_text() == "old"
    assert [entry.name for entry in small_disk.iterdir()] == ["kept"]


def test_a_file_that_is_not_there_cannot_be_read(ssh: SshTransport, tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="No such file"):
        ssh.fetch("here", str(tmp_path / "missing"))
    with pytest.raises(CommandFailed, match="No such file"):
        ssh.receive("here", str(tmp_path / "missing"), tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_a_large_file_goes_there_and_back_unchanged(ssh: SshTransport, tmp_path: Path) -> None:
    source, far, back = tmp_path / "source", tmp_path / "far", tmp_path / "back"
    source.write_bytes(os.urandom(3_000_001))
    steps: list[tuple[int, int]] = []
    ssh.send("here", source, str(far), mode=0o644, progress=lambda moved, size: steps.append((moved, size)))
    ssh.receive("here", str(far), back)
    assert back.read_bytes() == source.read_bytes()
    assert (far.stat().st_mode & 0o777, back.stat().st_mode & 0o777) == (0o644, 0o600)
    assert steps[-1] == (3_000_001, 3_000_001)
    assert steps == sorted(steps)


def test_a_host_may_take_long_to_write_a_large_file_to_its_disk(
    ssh: SshTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = scripts.PUT_SCRIPT.replace('sync -- "$new"', 'sleep 2; sync -- "$new"')
    assert slow != scripts.PUT_SCRIPT
    monkeypatch.setattr(scripts, "PUT_SCRIPT", slow)
    monkeypatch.setattr(copying, "STALL_TIMEOUT_S", 0.5)
    monkeypatch.setattr(copying, "SETTLING_BYTES_PER_S", 100_000)
    (tmp_path / "big").write_bytes(b"x" * 1_000_000)
    ssh.send("here", tmp_path / "big", str(tmp_path / "arrived"))
    assert (tmp_path / "arrived").read_bytes() == (tmp_path / "big").read_bytes()


@pytest.fixture
def sealing(tmp_path: Path) -> Sealing:
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"{identity}\n")
    return Sealing(str(identity.to_public()), tmp_path / "identity")


def test_a_large_file_is_encrypted_on_its_way_here_and_decrypted_on_its_way_back(
    ssh: SshTransport, sealing: Sealing, tmp_path: Path
) -> None:
    far, kept, again = tmp_path / "far", tmp_path / "kept", tmp_path / "again"
    content = os.urandom(3_000_001)
    far.write_bytes(content)
    ssh.receive("here", str(far), kept, into=sealing.sealed)
    assert kept.read_bytes().startswith(b"age-encryption.org/")
    assert kept.stat().st_mode & 0o777 == 0o600
    ssh.send("here", Content("kept", len(content), lambda: sealing.unsealed(kept)), str(again))
    assert again.read_bytes() == content


def test_a_full_disk_is_told_on_either_side_of_an_encryption(
    ssh: SshTransport, sealing: Sealing, small_disk: Path, tmp_path: Path
) -> None:
    far, kept = tmp_path / "far", tmp_path / "kept"
    far.write_bytes(os.urandom(5_000_000))
    with pytest.raises(NoSpace) as told:
        ssh.receive("here", str(far), small_disk / "kept", into=sealing.sealed)
    assert told.value.code == "execution.vault-unwritable"
    ssh.receive("here", str(far), kept, into=sealing.sealed)
    with pytest.raises(NoSpace) as told:
        ssh.send("here", Content("kept", 5_000_000, lambda: sealing.unsealed(kept)), str(small_disk / "far"))
    assert told.value.code == "remote.no-space"
    assert list(small_disk.iterdir()) == []


def test_what_is_refused_when_all_of_a_file_has_come_is_not_kept(ssh: SshTransport, tmp_path: Path) -> None:
    (tmp_path / "far").write_bytes(b"rows")
    (tmp_path / "kept").write_bytes(b"as it was")

    @contextlib.contextmanager
    def refusing(target: Path) -> Iterator[IO[bytes]]:
        with copying.replacing(target) as file:
            yield file
            raise CommandFailed("tests.refused", "it is not what it should be")

    with pytest.raises(CommandFailed, match="not what it should be"):
        ssh.receive("here", str(tmp_path / "far"), tmp_path / "kept", into=refusing)
    assert (tmp_path / "kept").read_bytes() == b"as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["far", "kept"]
