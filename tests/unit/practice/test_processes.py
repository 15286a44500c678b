"""Programs of the outer machine: what they leave is returned, and each failure has its own error."""

from __future__ import annotations

import errno

import pytest

from ostler.errors import CommandFailed, CommandTimedOut, NoSpace
from ostler.practice.processes import full_disk_told, run


def test_what_a_program_leaves_is_returned() -> None:
    result = run(["sh", "-c", "cat; echo err >&2; exit 3"], stdin=b"in", check=False)
    assert (result.exit_code, result.stdout, result.stderr) == (3, "in", "err\n")


def test_a_failed_program_is_told_with_its_last_words() -> None:
    with pytest.raises(CommandFailed, match="ended with 7: no such luck"):
        run(["sh", "-c", "echo no such luck >&2; exit 7"])


def test_a_program_that_is_not_there_ends_with_127() -> None:
    assert run(["ostler-no-such-program"], check=False).exit_code == 127
    with pytest.raises(CommandFailed, match="not installed"):
        run(["ostler-no-such-program"])


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(CommandTimedOut):
        run(["sleep", "5"], timeout_s=0.1)


def test_a_full_disk_has_an_error_of_its_own() -> None:
    with pytest.raises(NoSpace):
        run(["sh", "-c", "echo cp: No space left on device >&2; exit 1"])
    with pytest.raises(NoSpace), full_disk_told():
        raise OSError(errno.ENOSPC, "No space left on device")


def test_another_failure_of_the_system_stays_what_it_is() -> None:
    with pytest.raises(PermissionError), full_disk_told():
        raise PermissionError(errno.EACCES, "Permission denied")
