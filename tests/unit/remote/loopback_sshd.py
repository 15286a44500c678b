"""A real sshd on a free port of this machine, with keys of its own."""

from __future__ import annotations

import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from ostler.remote.connections import SshTarget


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
        config = self.folder / "sshd_config"
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(config)], stderr=subprocess.DEVNULL)
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
