"""The transport for this machine keeps the same promises as the one over SSH."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ostler.commands import Command, read
from ostler.errors import CommandFailed, CommandTimedOut, HostUnreachable
from ostler.remote.local import LocalTransport

here = LocalTransport(["ctl1"])


def test_a_command_leaves_its_output_and_exit_code() -> None:
    result = here.run("ctl1", Command(("sh", "-c", 'cat; echo "$A" >&2; exit 3'), stdin=b"in", env={"A": "b"}))
    assert (result.exit_code, result.stdout, result.stderr) == (3, "in", "b\n")


def test_at_its_limit_a_command_is_ended() -> None:
    with pytest.raises(CommandTimedOut):
        here.run("ctl1", Command(("sleep", "30"), timeout_s=0.1))


def test_a_batch_goes_on_after_a_missing_program_and_a_limit() -> None:
    results = here.run_batch("ctl1", [read("no-such"), read("sleep", "9", timeout_s=0.1), read("echo", "x")])
    assert [result.exit_code for result in results] == [127, 124, 0]


def test_a_batch_ends_in_its_time_with_what_was_said_by_then() -> None:
    results = here.run_batch(
        "ctl1", [read("echo", "x"), *[read("sleep", "30")] * 6, read("echo", "late")], within_s=1.0
    )
    assert [result.exit_code for result in results] == [0, *[125] * 7]


def test_files_go_there_and_back(tmp_path: Path) -> None:
    here.put("ctl1", str(tmp_path / "a" / "file"), b"content", mode=0o640)
    here.send("ctl1", tmp_path / "a" / "file", str(tmp_path / "b" / "copy"), mode=0o644)
    here.receive("ctl1", str(tmp_path / "b" / "copy"), tmp_path / "back")
    assert here.fetch("ctl1", str(tmp_path / "back")) == b"content"
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("a/file", "b/copy", "back")]
    assert modes == [0o640, 0o644, 0o600]


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostUnreachable):
        here.run("elsewhere", read("true"))
    with pytest.raises(CommandFailed):
        here.fetch("ctl1", str(tmp_path / "missing"))
    if os.geteuid() == 0:
        assert here.run("ctl1", Command(("id", "-un"), user="nobody")).stdout == "nobody\n"
