"""One run at a time on a cloud, as seen from this machine: a file lock, which the kernel lets go of when its process
ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter

from ostler.errors import Finding, Refused, Severity
from ostler.execution.vault import FILE_MODE

TRIES = 5
TRY_PAUSE_S = 0.05


@dataclass(frozen=True)
class Holder:
    """Who holds a cloud: the run, the operator, and the process (machine, boot, pid). `at` is when it last said so, in
    seconds since the epoch."""

    run: str
    who: str
    machine: str
    boot: str
    pid: int
    at: float

    def __str__(self) -> str:
        return f"run {self.run} by {self.who} on {self.machine} (pid {self.pid})"

    @property
    def is_gone(self) -> bool:
        """Whether it was a process of this machine that does not live any more. False says nothing about others."""
        if self.machine != socket.gethostname():
            return False
        return self.boot != boot_id() or not Path(f"/proc/{self.pid}").exists()

    def is_same_process(self, other: Holder) -> bool:
        """Whether both are one process."""
        return (self.machine, self.boot, self.pid) == (other.machine, other.boot, other.pid)


HOLDER = TypeAdapter(Holder)


def boot_id() -> str:
    """A text that is another one after each boot of this machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def this_process(run: str, who: str, at: float) -> Holder:
    """This process as a holder."""
    return Holder(run, who, socket.gethostname(), boot_id(), os.getpid(), at)


def read_holder(text: str) -> Holder | None:
    """A holder from its JSON; None for anything else."""
    try:
        return HOLDER.validate_json(text, strict=True)
    except ValueError:
        return None


def holder_to_json(holder: Holder) -> str:
    """A holder as JSON."""
    return json.dumps(asdict(holder)) + "\n"


def cloud_busy(cloud: str, holder: Holder | None) -> Refused:
    """The refusal of a second run on a cloud."""
    who = str(holder) if holder else "another process"
    found = Finding(
        "execution.cloud-busy",
        Severity.FAILURE,
        cloud,
        f"{cloud} is being worked on by {who}",
        found=who,
        expected="nobody",
        do_next="wait until it ends, or stop it where it runs (Ctrl-C); `ostler runs` shows it",
    )
    return Refused("execution.cloud-busy", found.summary, findings=[found], do_next=found.do_next)


@contextlib.contextmanager
def hold_here(path: Path, cloud: str, holder: Holder) -> Iterator[Callable[[Holder], None]]:
    """Hold a cloud on this machine; what it yields rewrites who holds it.

    Raises Refused `execution.cloud-busy` when another process holds it.
    """
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE), "r+") as file:
        if not _taken(file, fcntl.LOCK_EX):
            raise cloud_busy(cloud, read_holder(file.read()))

        def say(told: Holder) -> None:
            file.seek(0)
            file.truncate(0)
            file.write(holder_to_json(told))
            file.flush()

        say(holder)
        try:
            yield say
        finally:
            file.truncate(0)


def holder_here(path: Path) -> Holder | None:
    """Who holds a cloud on this machine now; None when nobody does."""
    if not path.exists():
        return None
    with path.open() as file:
        return None if _taken(file, fcntl.LOCK_SH) else read_holder(file.read())


def _taken(file: IO[str], how: int) -> bool:
    """Try to lock a file; several times, since somebody may only be looking who holds it."""
    for _ in range(TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, how | fcntl.LOCK_NB)
            return True
        time.sleep(TRY_PAUSE_S)
    return False
