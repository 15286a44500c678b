"""A place to rehearse in: a Debian tree of its own, with MariaDB, and without a network.

Everything in it lives in namespaces that end with their first process, which the kernel ends with ours: whatever
happens, no process and no mount stays. It has a loopback interface and nothing else, and the outer machine's files are
not in it, so nothing that runs there can reach a server, whatever the configuration or a row of the copy says. What is
written lies in one folder. Only code is shown in it: environments, and interpreters that those of old releases need.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ostler.commands import CommandResult
from ostler.errors import CommandFailed, InputError, NoSpace
from ostler.masking import last_lines
from ostler.practice.processes import run
from ostler.rehearsal.room import no_space
from ostler.rehearsal.values import without_values

NAMESPACES = ("--mount", "--net", "--pid", "--ipc", "--uts")
ENTER = """set -eu
ip link set lo up
mount -t overlay ostler-rehearsal -o "lowerdir=$1,upperdir=$2,workdir=$3" "$4"
mount -t tmpfs ostler-rehearsal "$4/run"
read -r pid rest < /proc/self/stat
cd "$4"
shift 4
for shown; do
  mkdir -p ".$shown"
  mount --bind "$shown" ".$shown"
  mount -o remount,bind,ro ".$shown"
done
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
[ ! -e proc/sysrq-trigger ] || mount --bind dev/null proc/sysrq-trigger
mkdir -p outside
pivot_root . outside
umount -l outside
echo "$pid"
exec sleep infinity
"""
"""The shell reads its own number as the outer machine sees it, before it has a /proc of its own; then the outer
machine's files go."""

WITHOUT = ",".join(
    f"-{power}"
    for power in ("sys_admin", "sys_chroot", "sys_rawio", "sys_ptrace", "sys_module", "sys_boot", "sys_time", "mknod")
)
"""What no program inside may do, not even as root."""

NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs")
CLEAN = {"HOME": "/root", "LANG": "C.UTF-8", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
USER = "rehearsal"
HOST = "127.0.0.1"
SOCKET = "/run/mysqld/mysqld.sock"
SERVER = (
    "mariadbd", "--user=mysql", f"--bind-address={HOST}", f"--socket={SOCKET}", "--skip-log-bin",
    "--character-set-server=utf8mb4", "--max-allowed-packet=1G", "--innodb-flush-log-at-trx-commit=2",
    "--local-infile=OFF", "--secure-file-priv=/var/lib/mysql-files",
)  # fmt: skip
LOADER = (
    *NOBODY, "mariadb", f"--host={HOST}", f"--user={USER}", "--max-allowed-packet=1G", "--binary-mode", "--batch",
    "--skip-local-infile",
)  # fmt: skip
"""A dump is somebody's file: the client that reads it carries none of its own commands out, and runs as nobody."""

SAVER = (
    "bash", "-c", 'set -o pipefail; mariadb-dump "$@" | gzip -1', "bash", f"--socket={SOCKET}", "--single-transaction",
    "--hex-blob", "--routines", "--triggers", "--max-allowed-packet=1G",
)  # fmt: skip

NOT_KEPT = "rehearsal.not-kept"
START_TIMEOUT_S = 120.0
STATEMENT_TIMEOUT_S = 24 * 3600.0
SERVER_LOG = "mariadb.log"
NOT_IN_OPTIONS = ":,\\"


@dataclass
class Scratch:
    """An entered place; see `entered`. `pid` is that of its first process, `first` what started that."""

    folder: Path
    pid: int
    first: subprocess.Popen[str]
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _is_over: threading.Event = field(default_factory=threading.Event)

    def command(self, argv: Sequence[str]) -> list[str]:
        """What runs a program inside, in a session of its own: a Ctrl-C is for us, not for it."""
        enter = ["setsid", "--wait", "nsenter", f"--target={self.pid}", *NAMESPACES, "--"]
        return [*enter, "setpriv", f"--bounding-set={WITHOUT}", "--", *argv]

    def run(
        self, argv: Sequence[str], *, timeout_s: float, check: bool = True, stdin: bytes | IO[bytes] = b""
    ) -> CommandResult:
        """Run a program inside. Raises CommandTimedOut, CommandFailed when the place has ended, and when `check` and
        the program ended badly that or NoSpace."""
        done = run(self.command(argv), stdin=stdin, timeout_s=timeout_s, check=False, env=CLEAN)
        self.demand_place()
        if check and done.exit_code != 0:
            raise self.no_space(done.stdout + done.stderr) or CommandFailed(
                "rehearsal.command-failed",
                f"{argv[0]} ended with {done.exit_code} in the place to rehearse in",
                do_next="see whether memory is left, and give the same command again",
            )
        return done

    def start(self, argv: Sequence[str], log: str) -> subprocess.Popen[bytes]:
        """Start a program inside that ends with the place; what it says goes to a file of the folder."""
        with (self.folder / log).open("ab") as file:
            started = subprocess.Popen(
                self.command(argv), stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=CLEAN
            )
        self._started.append(started)
        return started

    def no_space(self, said: str) -> NoSpace | None:
        """The error for a full disk, where what a program or MariaDB said shows one; else None."""
        log = self.folder / SERVER_LOG
        return no_space(self.folder, said + (log.read_text(errors="replace") if log.exists() else ""))

    def end(self) -> None:
        """End the place and everything in it, at once."""
        self._is_over.set()
        self.first.kill()
        self.first.wait()
        for started in self._started:
            started.wait()

    def demand_place(self) -> None:
        """Whoever is still at work when the place has ended stops: what they have in hand counts for nothing. Raises
        CommandFailed then."""
        if self._is_over.is_set() or self.first.poll() is not None:
            raise CommandFailed(
                "rehearsal.place-ended",
                "the place to rehearse in has ended, and everything in it",
                do_next="see whether memory is left, and give the same command again",
            )

    def log_end(self, log: str) -> tuple[str, ...]:
        """The last lines of what a started program said; values of rows may be in them."""
        return last_lines((self.folder / log).read_text(errors="replace"), count=3)

    def write(self, path: str, text: str) -> None:
        """Write a file inside."""
        script = 'mkdir -p "$(dirname "$1")" && cat > "$1"'
        self.run(["sh", "-c", script, "sh", path], timeout_s=60, stdin=text.encode())

    def save(self, database: str, file: Path) -> None:
        """Write a database to a file of the outer machine, as statements, packed by gzip. Raises NoSpace,
        CommandFailed."""
        with file.open("wb") as kept:
            saving = subprocess.Popen(
                self.command([*SAVER, database]),
                stdin=subprocess.DEVNULL,
                stdout=kept,
                stderr=subprocess.PIPE,
                env=CLEAN,
            )
        self._started.append(saving)
        said = saving.communicate()[1]
        self.demand_place()
        if saving.returncode != 0:
            words = said.decode(errors="replace")
            raise self.no_space(words) or CommandFailed(
                "rehearsal.not-kept",
                f"{database} could not be kept as it is before a command that may fail",
                found=_refusal(words) or f"it ended with {saving.returncode}",
                do_next="see whether memory is left, and give the same command again, or leave --try-fixes out",
            )

    def load(self, database: str, chunks: Iterable[bytes]) -> CommandResult:
        """Let MariaDB read statements that are too much to hold."""
        began, said = time.monotonic(), self.folder / f"load-{database}.log"
        with said.open("wb") as log:
            client = self.command([*LOADER, f"--database={database}"])
            loading = subprocess.Popen(client, stdin=subprocess.PIPE, stdout=log, stderr=log, env=CLEAN)
        self._started.append(loading)
        assert loading.stdin is not None
        try:
            # A client that ends early says why in its log.
            with contextlib.suppress(BrokenPipeError), loading.stdin as pipe:
                for chunk in chunks:
                    pipe.write(chunk)
        except BaseException:
            loading.kill()
            raise
        exit_code = loading.wait()
        self.demand_place()
        return CommandResult(exit_code, said.read_text(errors="replace"), "", time.monotonic() - began)

    def rows(self, sql: str, database: str = "") -> list[list[str]]:
        """What a statement of ours gives. Raises CommandFailed."""
        argv = ["mariadb", f"--socket={SOCKET}", "--batch", "--skip-column-names", *([database] if database else [])]
        said = self.run(argv, timeout_s=STATEMENT_TIMEOUT_S, stdin=sql.encode()).stdout
        return [line.split("\t") for line in said.split("\n") if line]


@contextlib.contextmanager
def entered(folder: Path, image: Path, shown: Sequence[Path] = ()) -> Iterator[Scratch]:
    """A place whose changes lie in `folder`, on top of a tree that stays as it is; folders of the outer machine that
    are `shown` in it, at the same path, stay so too. Needs root.

    Raises InputError for paths that an overlay cannot have, CommandFailed when the place cannot be made.
    """
    places = [folder / name for name in ("upper", "work", "root")]
    for path in (image, *places):
        if any(sign in str(path) for sign in NOT_IN_OPTIONS):
            raise InputError(
                "rehearsal.odd-folder",
                f"{path} cannot be a layer of a place to rehearse in: {NOT_IN_OPTIONS} may not be in it",
                do_next="choose other folders with OSTLER_STATE_DIR and OSTLER_CACHE_DIR",
            )
    for place in places:
        place.mkdir(parents=True, exist_ok=True)
    argv = [
        "setpriv", "--pdeathsig=KILL",
        "unshare", *NAMESPACES, "--propagation", "private", "--fork", "--kill-child",
        "sh", "-c", ENTER, "sh", str(image), *map(str, places), *map(str, shown),
    ]  # fmt: skip
    try:
        first = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
    except OSError as error:
        raise _no_place(f"{argv[0]}: {error.strerror}") from error
    with first:
        assert first.stdout is not None
        assert first.stderr is not None
        number = first.stdout.readline().strip()
        if not number.isdigit():
            raise _no_place(" / ".join(last_lines(first.stderr.read(), count=3)))
        scratch = Scratch(folder, int(number), first)
        try:
            yield scratch
        finally:
            scratch.end()


def _refusal(said: str) -> str:
    """Why a client of MariaDB ended, without values of rows."""
    return " / ".join(map(without_values, last_lines(said, count=3)))


def _no_place(found: str) -> CommandFailed:
    return CommandFailed(
        "rehearsal.no-place",
        "the place to rehearse in could not be made",
        found=found,
        do_next="run this as root, on a file system that overlays may lie on, with util-linux installed",
    )


def start_database(scratch: Scratch) -> None:
    """Start MariaDB inside, with a user that may do anything and needs no password: nobody else can come near it."""
    scratch.run(["install", "-d", "-o", "mysql", "-g", "mysql", "/run/mysqld", "/var/lib/mysql-files"], timeout_s=60)
    server = scratch.start(SERVER, SERVER_LOG)
    deadline = time.monotonic() + START_TIMEOUT_S
    ask = ["mariadb-admin", f"--socket={SOCKET}", "--silent", "ping"]
    while scratch.run(ask, timeout_s=60, check=False).exit_code != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise scratch.no_space("") or CommandFailed(
                "rehearsal.no-database",
                "MariaDB did not start in the place to rehearse in",
                found=" / ".join(scratch.log_end(SERVER_LOG)),
                do_next="see whether memory is left, and give the same command again",
            )
        time.sleep(0.2)
    user = f"{USER}@'{HOST}'"
    scratch.rows(f"CREATE USER IF NOT EXISTS {user}; GRANT ALL ON *.* TO {user} WITH GRANT OPTION")


def stop_database(scratch: Scratch) -> None:
    """Stop MariaDB, so that everything is on disk."""
    scratch.run(["mariadb-admin", f"--socket={SOCKET}", "shutdown"], timeout_s=START_TIMEOUT_S, check=False)


def database_url(name: str) -> str:
    """How programs inside reach a database."""
    return f"mysql+pymysql://{USER}@{HOST}/{name}"
