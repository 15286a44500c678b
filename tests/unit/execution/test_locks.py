"""One run at a time on a cloud."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ostler.cloud.model import Cloud, Host
from ostler.commands import Command, CommandResult
from ostler.errors import CommandFailed, HostUnreachable, Refused
from ostler.execution.cloud_lock import LOCK_PATH, STALE_AFTER_S, CloudLock, read_lock
from ostler.execution.lock import Holder, hold_here, holder_here, holder_to_json, read_holder, this_process

NOW = 1_000_000.0
CLOUD = Cloud("c", "2024.1", "venv", {n: Host(n, "192.0.2.1", ("controller",)) for n in ("ctl1", "ctl2")})
ELSEWHERE = Holder("2026-11-20-1-upgrade", "bob", "other-machine", "boot", 7, NOW)


class Controllers:
    """Two hosts with a file system, and a clock."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, str]] = {"ctl1": {}, "ctl2": {}}
        self.dead: set[str] = set()
        self.changed_at = NOW
        self.said_instead: dict[str, CommandResult] = {}

    def run(self, host: str, command: Command) -> CommandResult:
        if host in self.dead:
            raise HostUnreachable("remote.unreachable", f"{host} does not answer")
        files = self.files[host]
        word, last = command.argv[0], command.argv[-1]
        if word in self.said_instead:
            return self.said_instead[word]
        if word == "date":
            return CommandResult(0, f"{NOW:.0f}\n", "")
        if word == "stat":
            return CommandResult(0, f"{self.changed_at:.0f}\n", "")
        if word == "cat":
            return (
                CommandResult(0, files[last], "")
                if last in files
                else CommandResult(1, "", f"cat: {last}: No such file or directory\n")
            )
        if word == "ln":
            if last in files:
                return CommandResult(1, "", "exists")
            files[last] = files[command.argv[-2]]
        if word == "rm":
            files.pop(last, None)
        return CommandResult(0, "", "")

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        return [self.run(host, command) for command in commands]

    def put(self, host: str, path: str, content: bytes, **_: Any) -> None:
        self.run(host, Command(("true",)))
        self.files[host][path] = content.decode()

    def held_by(self, host: str, holder: Holder) -> None:
        self.files[host][LOCK_PATH] = holder_to_json(holder)


def lock(world: Controllers, heartbeat_s: float = 60.0) -> CloudLock:
    return CloudLock(CLOUD, world, this_process("mine", "alice", NOW), heartbeat_s)  # type: ignore[arg-type]


def test_the_lock_of_this_machine_names_its_holder_and_is_free_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "c.lock"
    mine = this_process("run-1", "alice", NOW)
    with hold_here(path, "c", mine):
        assert holder_here(path) == mine
        with pytest.raises(Refused, match=r"run run-1 by alice on .* \(pid \d+\)"), hold_here(path, "c", mine):
            pass
    assert holder_here(path) is None


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "c.lock"
    child = os.fork()
    if child == 0:
        with hold_here(path, "c", this_process("run-1", "alice", NOW)):
            time.sleep(60)
        os._exit(0)
    while holder_here(path) is None:
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with hold_here(path, "c", this_process("run-2", "alice", NOW)):
        pass


def test_the_lock_is_on_every_controller_and_gone_afterwards() -> None:
    world = Controllers()
    with lock(world).held():
        for host in ("ctl1", "ctl2"):
            holder, _ = read_lock(world, host)  # type: ignore[arg-type]
            assert holder is not None
            assert (holder.run, holder.who, holder.at) == ("mine", "alice", NOW)
    assert world.files == {"ctl1": {}, "ctl2": {}}


def test_a_cloud_that_another_machine_works_on_is_refused_and_left_alone() -> None:
    world = Controllers()
    world.held_by("ctl2", replace(ELSEWHERE, at=NOW - 30))
    with pytest.raises(Refused, match="by bob on other-machine"), lock(world).held():
        pass
    assert list(world.files["ctl1"]) == []
    assert list(world.files["ctl2"]) == [LOCK_PATH]


def test_a_lock_that_was_not_touched_for_long_is_taken_over() -> None:
    world = Controllers()
    world.held_by("ctl1", replace(ELSEWHERE, at=NOW - STALE_AFTER_S - 1))
    with lock(world).held():
        assert '"mine"' in world.files["ctl1"][LOCK_PATH]


def test_the_fresh_lock_of_a_dead_process_of_this_machine_is_taken_over() -> None:
    world = Controllers()
    world.held_by("ctl1", Holder("mine", "alice", socket.gethostname(), "an earlier boot", os.getpid(), NOW))
    with lock(world).held():
        pass


def test_a_lock_file_that_is_no_lock_is_taken_over_when_it_is_old() -> None:
    world = Controllers()
    world.files["ctl1"][LOCK_PATH] = "half a fi"
    with pytest.raises(Refused), lock(world).held():
        pass
    world.changed_at = NOW - STALE_AFTER_S - 1
    with lock(world).held():
        assert '"mine"' in world.files["ctl1"][LOCK_PATH]


def test_of_two_that_meet_one_stale_lock_only_one_takes_it() -> None:
    """The second found it stale before the first took it, and gets on only afterwards."""
    world = Controllers()
    stale = replace(ELSEWHERE, at=NOW - STALE_AFTER_S - 1)
    world.held_by("ctl1", stale)
    fresh = replace(ELSEWHERE, run="the first", at=NOW)

    class Late(Controllers):
        def put(self, host: str, path: str, content: bytes, **more: Any) -> None:
            super().put(host, path, content, **more)
            if host == "ctl1":
                self.held_by("ctl1", fresh)

    late = Late()
    late.files = world.files
    with pytest.raises(Refused, match="the first"), lock(late).held():
        pass
    assert world.files["ctl1"] == {LOCK_PATH: holder_to_json(fresh)}


def test_a_claim_on_a_stale_lock_keeps_others_out_until_it_is_stale_itself() -> None:
    world = Controllers()
    world.held_by("ctl1", replace(ELSEWHERE, at=NOW - STALE_AFTER_S - 1))
    digest = hashlib.sha256(world.files["ctl1"][LOCK_PATH].encode()).hexdigest()[:16]
    claim = f"{LOCK_PATH}.stale-{digest}"
    world.files["ctl1"][claim] = holder_to_json(ELSEWHERE)
    with pytest.raises(Refused), lock(world).held():
        pass
    assert claim in world.files["ctl1"]
    world.files["ctl1"][claim] = holder_to_json(replace(ELSEWHERE, at=NOW - STALE_AFTER_S - 1))
    with pytest.raises(Refused), lock(world).held():
        pass
    with lock(world).held():
        assert list(world.files["ctl1"]) == [LOCK_PATH]


def test_a_controller_that_does_not_answer_is_done_without_but_not_all_of_them() -> None:
    world = Controllers()
    world.dead = {"ctl1"}
    with lock(world).held():
        assert LOCK_PATH in world.files["ctl2"]
    world.dead = {"ctl1", "ctl2"}
    with pytest.raises(HostUnreachable), lock(world).held():
        pass


def test_a_holder_that_finds_somebody_else_in_its_place_knows_that_it_lost() -> None:
    world = Controllers()
    held = lock(world, heartbeat_s=0.01)
    with held.held():
        world.held_by("ctl1", ELSEWHERE)
        for _ in range(200):
            if held.is_lost:
                break
            time.sleep(0.01)
    assert held.is_lost
    assert list(world.files["ctl1"]) == [LOCK_PATH], "the other's lock is left alone"


@pytest.mark.parametrize(
    "unreadable",
    [
        {"date": CommandResult(124, "", "")},
        {"date": CommandResult(0, "soon", "")},
        {"cat": CommandResult(124, "", "")},
        {"cat": CommandResult(1, "", f"cat: {LOCK_PATH}: Input/output error\n")},
    ],
)
def test_a_lock_that_cannot_be_read_is_not_taken_for_free(unreadable: dict[str, CommandResult]) -> None:
    world = Controllers()
    world.held_by("ctl1", ELSEWHERE)
    world.held_by("ctl2", ELSEWHERE)
    before = {host: dict(files) for host, files in world.files.items()}
    world.said_instead = unreadable
    with pytest.raises(CommandFailed, match="could not be read on ctl"), lock(world).held():
        pass
    assert world.files == before


def test_a_host_whose_clock_cannot_be_read_keeps_the_time_it_was_touched_at() -> None:
    world = Controllers()
    with lock(world).held() as held:
        world.said_instead = {"date": CommandResult(124, "", "")}
        held.say(this_process("another", "alice", 0.0))
        world.said_instead = {}
        assert '"mine"' in world.files["ctl1"][LOCK_PATH]


def test_a_lock_that_was_out_of_reach_for_long_and_is_gone_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may have found it stale, worked, and given it back."""
    world = Controllers()
    held = lock(world)
    with held.held():
        del world.files["ctl1"][LOCK_PATH]
        held.say(this_process("mine", "alice", NOW))
        assert not held.is_lost, "it was touched a moment ago: a file that is gone is only written again"
        del world.files["ctl1"][LOCK_PATH]
        later = time.clock_gettime(time.CLOCK_BOOTTIME) + STALE_AFTER_S + 1  # goes on while the machine sleeps
        monkeypatch.setattr("ostler.execution.cloud_lock._since_boot_s", lambda: later)
        held.say(this_process("mine", "alice", NOW))
        assert held.is_lost


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", '{"run": 1, "who": "bob", "machine": "m", "boot": "b", "pid": 7, "at": 1.0}',
     '{"run": "r", "who": "bob", "machine": "m", "boot": "b", "pid": 7, "at": "soon"}'],
)  # fmt: skip
def test_what_is_no_holder_is_nobody(text: str) -> None:
    assert read_holder(text) is None


def test_a_holder_comes_back_as_it_was_written() -> None:
    assert read_holder(holder_to_json(ELSEWHERE)) == ELSEWHERE
