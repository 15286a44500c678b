"""Running programs on the outer machine: argument lists in, results out, failures mapped once."""

from __future__ import annotations

import errno
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

from ostler.commands import CommandResult
from ostler.errors import CommandFailed, CommandTimedOut, NoSpace

TAIL_CHARACTERS = 2000


def run(
    argv: Sequence[str],
    *,
    stdin: bytes | IO[bytes] | None = None,
    timeout_s: float = 60,
    check: bool = True,
    env: Mapping[str, str] | None = None,
) -> CommandResult:
    """Run a program on this machine and return what it left. `env` None keeps our own environment.

    Raises CommandFailed when `check` and it ended with anything but 0 (NoSpace when the disk was full),
    CommandTimedOut when it took longer than `timeout_s`.
    """
    started = time.monotonic()
    try:
        done = _run(list(argv), stdin or b"", timeout_s, env)
    except subprocess.TimeoutExpired:
        raise CommandTimedOut("practice.command-timed-out", f"{shlex.join(argv)} took over {timeout_s} s") from None
    except FileNotFoundError:
        return _checked(argv, CommandResult(127, "", f"{argv[0]}: not installed"), check)
    stdout, stderr = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    return _checked(argv, CommandResult(done.returncode, stdout, stderr, time.monotonic() - started), check)


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Raises NoSpace in place of the OSError that writing to a full disk gives."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise NoSpace(
            "practice.no-space", f"the disk is full: {error}", do_next="make room, then run it again"
        ) from error


def _run(
    argv: list[str], stdin: bytes | IO[bytes], timeout_s: float, env: Mapping[str, str] | None
) -> subprocess.CompletedProcess[bytes]:
    if isinstance(stdin, bytes):
        return subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout_s, check=False, env=env)
    return subprocess.run(argv, stdin=stdin, capture_output=True, timeout=timeout_s, check=False, env=env)


def _checked(argv: Sequence[str], result: CommandResult, check: bool) -> CommandResult:
    if not check or result.exit_code == 0:
        return result
    said = (result.stderr or result.stdout).strip()[-TAIL_CHARACTERS:]
    if "No space left on device" in said:
        raise NoSpace("practice.no-space", f"the disk is full: {said}", do_next="make room, then run it again")
    raise CommandFailed(
        "practice.command-failed",
        f"{shlex.join(argv)} ended with {result.exit_code}: {said}",
        found=str(result.exit_code),
        expected="0",
    )
