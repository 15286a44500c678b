"""A real sshd on a free port of this machine, with keys of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ostler.remote.connections import SshTarget

UNPACKED = Path(__file__).resolve().parents[3] / ".venv" / "openssh"
"""Where scripts/get_sshd.sh puts Debian's sshd when none is installed."""


def find_sshd() -> Path | None:
    """The sshd of this machine, or the unpacked one; None when there is neither."""
    return next((path for path in (Path("/usr/sbin/sshd"), UNPACKED / "usr/sbin/sshd") if path.exists()), None)


@dataclass
class Sshd:
    """A running sshd: where it listens, and the key and known_hosts file that fit it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def key(self) -> Path:
        return self.folder / "id"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def target(self, name: str = "here") -> SshTarget:
        return SshTarget(name, "127.0.0.1", port=self.port, user="root", key=self.key, known_hosts=self.known_hosts)

    def start(self) -> None:
        program = find_sshd()
        assert program is not None, "there is no sshd: run scripts/get_sshd.sh, or make check, which does"
        libraries = [str(folder) for folder in (UNPACKED / "usr/lib").glob("*-linux-gnu*")]
        self.process = subprocess.Popen(
            [str(program), "-D", "-e", "-f", str(self.folder / "sshd_config")],
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)},
        )
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("sshd did not start")

    def stop(self) -> None:
        """End the listener and every connection it has accepted."""
        assert self.process is not None
        subprocess.run(["pkill", "-P", str(self.process.pid)], check=False)
        self.process.terminate()
        self.process.wait(10)
