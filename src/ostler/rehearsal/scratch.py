"""A place to rehearse in: a Debian tree of its own, with MariaDB, and without a network.

Everything in it lives in namespaces that end with their first process, which the kernel ends with ours: whatever
happens, no process and no mount stays. It has a loopback interface and nothing else, so nothing that runs in it can
reach a production server, whatever the configuration or a row of the copy says. What is written lies in one folder.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ostler.commands import CommandResult
from ostler.deployment.paths import environment_path
from ostler.environments.store import StoredEnvironment
from ostler.errors import CommandFailed
from ostler.masking import last_lines, mask_line
from ostler.practice.processes import run

ENTER = """set -eu
ip link set lo up
mount -t overlay ostler-rehearsal -o "lowerdir=$1,upperdir=$2,workdir=$3" "$4"
mount -t tmpfs ostler-rehearsal "$4/run"
read -r pid rest < /proc/self/stat
mount -t proc proc "$4/proc"
echo "$pid"
exec sleep infinity
"""
"""The shell reads its own number as the outer machine sees it, before it has a /proc of its own."""

CLEAN = {"HOME": "/root", "LANG": "C.UTF-8", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
USER = "rehearsal"
SOCKET = "/run/mysqld/mysqld.sock"
SERVER = (
    "mariadbd", "--user=mysql", "--bind-address=127.0.0.1", f"--socket={SOCKET}", "--skip-log-bin",
    "--character-set-server=utf8mb4", "--max-allowed-packet=1G", "--innodb-flush-log-at-trx-commit=2",
)  # fmt: skip
START_TIMEOUT_S = 120.0
LOAD_TIMEOUT_S = 24 * 3600.0
UNPACK_TIMEOUT_S = 600.0
MARKER = "unpacked"


@dataclass
class Scratch:
    """An entered place; see `entered`. `pid` is that of its first process."""

    folder: Path
    pid: int
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _unpacking: threading.Lock = field(default_factory=threading.Lock)

    @property
    def root(self) -> Path:
        """Its tree; there is something in it only for who is in the place too."""
        return self.folder / "root"

    def command(self, argv: Sequence[str]) -> list[str]:
        """What runs a program inside."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--net", "--"]
        return [*enter, "chroot", str(self.root), *argv]

    def run(self, argv: Sequence[str], *, timeout_s: float, check: bool = True, stdin: bytes = b"") -> CommandResult:
        """Run a program inside. Raises CommandFailed, NoSpace, CommandTimedOut as `processes.run`."""
        return run(self.command(argv), stdin=stdin, timeout_s=timeout_s, check=check, env=CLEAN)

    def start(self, argv: Sequence[str], log: str) -> subprocess.Popen[bytes]:
        """Start a program inside that ends with the place; what it says goes to a file of the folder."""
        with (self.folder / log).open("ab") as file:
            started = subprocess.Popen(
                self.command(argv), stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=CLEAN
            )
        self._started.append(started)
        return started

    def end_all(self) -> None:
        """Wait for what was started; the place has ended, and with it everything inside."""
        for started in self._started:
            started.wait()

    def said_last(self, log: str) -> str:
        """The last lines of what a started program said."""
        return " / ".join(last_lines((self.folder / log).read_text(errors="replace"), count=3))

    def write(self, path: str, text: str) -> None:
        """Write a file inside."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1"'
        self.run(["sh", "-c", script, "sh", path], timeout_s=60, stdin=text.encode())

    def feed(self, argv: Sequence[str], chunks: Iterable[bytes], timeout_s: float) -> CommandResult:
        """Run a program inside that reads what is too much to hold."""
        began = time.monotonic()
        with subprocess.Popen(
            self.command(argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=CLEAN
        ) as fed:
            assert fed.stdin is not None
            assert fed.stdout is not None
            watch = threading.Timer(timeout_s, fed.kill)
            watch.start()
            # One that ends early says why on its output.
            with contextlib.suppress(BrokenPipeError):
                for chunk in chunks:
                    fed.stdin.write(chunk)
                fed.stdin.flush()
            with contextlib.suppress(BrokenPipeError):
                fed.stdin.close()
            said = fed.stdout.read().decode(errors="replace")
            watch.cancel()
        return CommandResult(fed.returncode, said, "", time.monotonic() - began)

    def rows(self, sql: str, database: str = "") -> list[list[str]]:
        """What a statement gives. Raises CommandFailed."""
        argv = ["mariadb", f"--socket={SOCKET}", "--batch", "--skip-column-names", *([database] if database else [])]
        said = self.run(argv, timeout_s=LOAD_TIMEOUT_S, stdin=sql.encode()).stdout
        return [line.split("\t") for line in said.splitlines()]

    def environment(self, stored: StoredEnvironment) -> str:
        """Where a project's environment is, unpacked when it was not yet."""
        path = environment_path(stored.manifest.project, stored.manifest.version)
        marker = f"{path}/{MARKER}"
        with self._unpacking, stored.archive.open("rb") as archive:
            if self.run(["test", "-e", marker], timeout_s=60, check=False).exit_code != 0:
                unpack = self.command(["tar", "--extract", "--use-compress-program=zstd", "--directory=/"])
                done = subprocess.run(
                    unpack, stdin=archive, capture_output=True, timeout=UNPACK_TIMEOUT_S, check=False, env=CLEAN
                )
                if done.returncode != 0:
                    raise CommandFailed(
                        "rehearsal.not-unpacked",
                        f"{stored.archive} could not be unpacked",
                        found=mask_line(done.stderr.decode(errors="replace"), 200),
                        do_next="see whether the disk is full; else build it again: ostler env build",
                    )
                self.run(["touch", marker], timeout_s=60)
        return path


@contextlib.contextmanager
def entered(folder: Path, image: Path) -> Iterator[Scratch]:
    """A place whose changes lie in `folder`, on top of a tree that stays as it is. Needs root."""
    places = [folder / name for name in ("upper", "work", "root")]
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
    argv = [
        "setpriv", "--pdeathsig=KILL",
        "unshare", "--mount", "--propagation", "private", "--net", "--pid", "--fork", "--kill-child",
        "sh", "-c", ENTER, "sh", str(image), *map(str, places),
    ]  # fmt: skip
    scratch: Scratch | None = None
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        try:
            assert first.stdout is not None
            assert first.stderr is not None
            number = first.stdout.readline().strip()
            if not number.isdigit():
                raise CommandFailed(
                    "rehearsal.no-place",
                    "the place to rehearse in could not be made",
                    found=first.stderr.read().strip()[-300:],
                    do_next="run this as root, on a file system that overlays may lie on",
                )
            scratch = Scratch(folder, int(number))
            yield scratch
        finally:
            first.kill()
            if scratch is not None:
                scratch.end_all()


def start_database(scratch: Scratch) -> None:
    """Start MariaDB inside, with a user that may do anything and needs no password: nobody else can come near it."""
    scratch.run(["install", "-d", "-o", "mysql", "-g", "mysql", "/run/mysqld"], timeout_s=60)
    server = scratch.start(SERVER, "mariadb.log")
    deadline = time.monotonic() + START_TIMEOUT_S
    ask = ["mariadb-admin", f"--socket={SOCKET}", "--silent", "ping"]
    while scratch.run(ask, timeout_s=60, check=False).exit_code != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise CommandFailed(
                "rehearsal.no-database",
                "MariaDB did not start in the place to rehearse in",
                found=scratch.said_last("mariadb.log"),
                do_next="see whether the disk is full and memory is left, and give the same command again",
            )
        time.sleep(0.2)
    scratch.rows(
        f"CREATE USER IF NOT EXISTS {USER}@'127.0.0.1'; GRANT ALL ON *.* TO {USER}@'127.0.0.1' WITH GRANT OPTION"
    )


def stop_database(scratch: Scratch) -> None:
    """Stop MariaDB, so that everything is on disk."""
    scratch.run(["mariadb-admin", f"--socket={SOCKET}", "shutdown"], timeout_s=START_TIMEOUT_S, check=False)


def database_url(name: str) -> str:
    """How programs inside reach a database."""
    return f"mysql+pymysql://{USER}@127.0.0.1/{name}"
