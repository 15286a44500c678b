"""Commands over SSH, against a real sshd."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from loopback_sshd import Sshd

from ostler.commands import Command, read
from ostler.errors import CommandFailed, CommandTimedOut
from ostler.remote.ssh import SshTransport

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="sshd with logins needs root")


def alive(mark: str) -> list[str]:
    """The processes of this machine whose arguments contain ``mark``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in arguments:
            found.append(process.name)
    return found


def left_of(mark: str) -> list[str]:
    """Those that are still there after a moment: a process that was killed takes one to end on a busy machine."""
    deadline = time.monotonic() + 5
    while alive(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive(mark)


def test_output_errors_and_exit_code_are_kept_apart(ssh: SshTransport) -> None:
    result = ssh.run("here", read("sh", "-c", "echo out; echo err >&2; exit 3"))
    assert (result.exit_code, result.stdout, result.stderr) == (3, "out\n", "err\n")


@pytest.mark.parametrize("is_read_only", [True, False])
def test_hostile_arguments_arrive_as_they_are(ssh: SshTransport, is_read_only: bool) -> None:
    hostile = ("; touch /tmp/owned", "$(id)", "`id`", "a'b\"c", "two\nlines", "*", "", "-n")
    command = Command(("printf", "%s|", *hostile), is_read_only=is_read_only)
    assert ssh.run("here", command).stdout == "".join(f"{word}|" for word in hostile)


@pytest.mark.parametrize("is_read_only", [True, False])
def test_input_environment_and_user_reach_the_command(ssh: SshTransport, is_read_only: bool) -> None:
    script = 'echo "$(id -un) $GREETING"; cat'
    command = Command(
        ("sh", "-c", script), stdin=b"line\n", user="nobody", env={"GREETING": "a 'b' $c"}, is_read_only=is_read_only
    )
    assert ssh.run("here", command).stdout == "nobody a 'b' $c\nline\n"


def test_a_value_of_the_environment_is_not_among_the_arguments_anyone_can_see(ssh: SshTransport) -> None:
    script = 'tr "\\0" " " </proc/$PPID/cmdline; tr "\\0" " " </proc/$$/cmdline'
    seen = ssh.run("here", Command(("sh", "-c", script), env={"PASSWORD": "s3cr3t-word"})).stdout
    assert "ostler-run" in seen
    assert "s3cr3t-word" not in seen


@pytest.mark.parametrize("user", [None, "nobody"])
def test_a_missing_program_is_exit_code_127(ssh: SshTransport, user: str | None) -> None:
    asked = Command(("no-such-program",), user=user, is_read_only=True)
    assert ssh.run("here", asked).exit_code == 127
    assert ssh.run("here", Command(("no-such-program",), user=user)).exit_code == 127
    assert ssh.run_batch("here", [asked])[0].exit_code == 127


def test_a_command_ended_by_a_signal_is_128_and_its_number(ssh: SshTransport) -> None:
    assert ssh.run("here", read("sh", "-c", "kill -9 $$")).exit_code == 137


@pytest.mark.parametrize("is_read_only", [True, False])
def test_at_its_limit_a_command_ends_with_all_its_children(
    ssh: SshTransport, is_read_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ostler.remote.scripts.END_GRACE_S", 0.3)
    mark = f"31{time.time_ns() % 10**9}"
    script = 'timeout 1000 sleep "$1" & (trap "" TERM; sleep "$1") & sleep "$1"'
    with pytest.raises(CommandTimedOut) as caught:
        ssh.run("here", Command(("sh", "-c", script, "it", mark), timeout_s=0.3, is_read_only=is_read_only))
    assert caught.value.code == "remote.command-timed-out"
    assert left_of(mark) == []


def test_closing_the_transport_ends_what_still_runs(ssh: SshTransport) -> None:
    mark = f"32{time.time_ns() % 10**9}"
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(ssh.run, "here", Command(("sleep", mark)))
        while not alive(mark):
            time.sleep(0.02)
        ssh.close()
        assert future.exception(5) is not None
    assert left_of(mark) == []


def test_the_same_changing_command_waits_for_one_that_still_runs(ssh: SshTransport, tmp_path: Path) -> None:
    script = 'echo begin >>"$1"; sleep 0.15; echo end >>"$1"'
    command = Command(("sh", "-c", script, "it", str(tmp_path / "log")))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: ssh.run("here", command), range(3)))
    assert (tmp_path / "log").read_text() == "begin\nend\n" * 3


def test_more_commands_at_once_than_sshd_allows_sessions(ssh: SshTransport) -> None:
    with ThreadPoolExecutor(30) as pool:
        results = list(pool.map(lambda i: ssh.run("here", read("echo", str(i))), range(60)))
    assert [result.stdout for result in results] == [f"{i}\n" for i in range(60)]


def test_a_batch_is_answered_in_order_and_nothing_stops_the_others(ssh: SshTransport) -> None:
    hang = read("sh", "-c", "echo before; sleep 30", timeout_s=0.3)
    results = ssh.run_batch("here", [read("echo", "a"), hang, read("no-such"), read("cat", stdin=b"x"), read("false")])
    assert [result.exit_code for result in results] == [0, 124, 127, 0, 1]
    assert [result.stdout for result in results] == ["a\n", "before\n", "", "x", ""]


def test_a_batch_that_hangs_does_not_lose_what_others_said(ssh: SshTransport) -> None:
    hang = read("sh", "-c", "echo before; sleep 30", timeout_s=20)
    began = time.monotonic()
    results = ssh.run_batch("here", [read("echo", "a"), *[hang] * 6, read("echo", "late")], within_s=1.5)
    assert time.monotonic() - began < 15
    assert results[0].stdout == "a\n"
    assert [result.exit_code for result in results[1:]] == [125] * 7
    assert {result.stderr.strip() for result in results[1:]} == {"no time was left for it"}
    assert [result.stdout for result in results[1:4]] == ["before\n"] * 3


def test_a_batch_cuts_output_without_end(ssh: SshTransport) -> None:
    (result,) = ssh.run_batch("here", [read("head", "-c", "5000000", "/dev/zero")])
    assert result.exit_code == 0
    assert result.stdout.endswith("[ostler: output cut at 2 MiB]\n")
    assert len(result.stdout) < 2_200_000


def test_a_batch_takes_no_command_that_changes(ssh: SshTransport) -> None:
    with pytest.raises(ValueError, match="not a read-only command"):
        ssh.run_batch("here", [Command(("touch", "/tmp/x"))])


def test_a_host_without_python_is_read_command_by_command(ssh: SshTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ostler.remote.batch.PYTHON", "/nowhere/python3")
    results = ssh.run_batch("here", [read("echo", "a"), read("sleep", "9", timeout_s=0.2), read("no-such")])
    assert [result.exit_code for result in results] == [0, 124, 127]


def test_a_login_that_prints_is_told_as_such(chatty_sshd: Sshd, tmp_path: Path) -> None:
    transport = SshTransport({"here": chatty_sshd.target()})
    (tmp_path / "source").write_text("content")
    try:
        for ask in (
            lambda: transport.run_batch("here", [read("true")]),
            lambda: transport.receive("here", str(tmp_path / "source"), tmp_path / "copy"),
        ):
            with pytest.raises(CommandFailed, match="here prints something else than the answer") as raised:
                ask()
            assert "Welcome back!" in raised.value.found
            assert ".bashrc" in raised.value.do_next
    finally:
        transport.close()
