"""Ctrl-C, a full disk, and an engine whose checkpoints do not fit the plan."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dbos  # noqa: F401  (imported before any child process is made)
import pytest
from execution_world import CLOUD, Shop, WorldApi, WorldTransport, lane, plan, stage, step

from ostler.commands import Command, CommandResult
from ostler.errors import HostUnreachable
from ostler.execution.cloud_lock import CloudLock
from ostler.execution.engine import DbosEngine
from ostler.execution.events import Event, LaneStarted, Note, StepStarted
from ostler.execution.records import RunState
from ostler.execution.runs import apply, list_runs, load_run, resume
from ostler.planning.model import Lane, Plan

STOPPED = 4
BROKEN = 70


def rolling(*hosts: str) -> Plan:
    return plan(stage("roll", *(rolling_lane(host) for host in hosts or ("cmp1",))))


def rolling_lane(host: str) -> Lane:
    return lane(
        host,
        step(f"roll/{host}/1-lend", "set", host, key="out", value=1, lends=f"balancer:{host}"),
        step(f"roll/{host}/2-version", "set", host, key="version", value=2),
        step(f"roll/{host}/3-add", "add", host, keys=["added"]),
        step(f"roll/{host}/4-return", "set", host, key="out", value=0, returns=f"balancer:{host}"),
    )


def in_a_child(do: Callable[[], int]) -> int:
    """The exit code of something that is done in a process of its own, since it plays with signals and limits."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(do())
        except BaseException:
            traceback.print_exc()
            os._exit(BROKEN)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def go_on(shop: Shop, run: str) -> RunState:
    return resume(run, CLOUD, WorldTransport(shop.world), WorldApi(), means=shop.means()).state


def test_ctrl_c_stops_as_soon_as_nothing_is_lent_any_more_and_can_be_gone_on_with(shop: Shop) -> None:
    def press(host: str, command: Command) -> None:
        if command.argv[:2] == ("set", "version"):
            os.kill(os.getpid(), signal.SIGINT)

    def work() -> int:
        notes: list[str] = []
        result = apply(
            rolling("cmp1", "cmp2"),
            CLOUD,
            WorldTransport(shop.world, press),
            WorldApi(),
            means=shop.means(handles_interrupts=True),
            events=[lambda at, event: notes.append(event.text) if isinstance(event, Note) else None],
        )
        assert notes == ["stopping as soon as nothing is half done; press Ctrl-C again to leave it where it is"]
        assert result.lent == ()
        return result.exit_code

    assert in_a_child(work) == STOPPED
    assert (shop.world.numbers("cmp1"), shop.world.numbers("cmp2")) == ({"out": 0, "version": 2, "added": 1}, {})
    (run,) = list_runs(shop.home)
    assert (run.state, run.message) == (RunState.STOPPED, "stopped by the operator")
    assert go_on(shop, run.id) is RunState.DONE
    assert shop.world.numbers("cmp1") == shop.world.numbers("cmp2") == {"out": 0, "version": 2, "added": 1}


def test_a_run_asked_to_stop_when_it_was_gone_on_with_in_the_middle_of_a_lane_ends_that_lane_first(shop: Shop) -> None:
    def work() -> int:
        means = shop.means(handles_interrupts=True)
        return apply(rolling("cmp1", "cmp2"), CLOUD, Stuck(shop), WorldApi(), means=means).exit_code

    assert in_a_child(work) == STOPPED
    (run,) = list_runs(shop.home)
    began: list[str] = []
    means = shop.means(pause_when=lambda: "3 requests failed" if began else None)
    paused = resume(
        run.id,
        CLOUD,
        WorldTransport(shop.world),
        WorldApi(),
        means=means,
        events=[lambda at, event: began.append(event.lane) if isinstance(event, LaneStarted) else None],
    )
    assert (paused.state, paused.lent, began) == (RunState.PAUSED, (), ["cmp1"])
    assert (shop.world.numbers("cmp1"), shop.world.numbers("cmp2")) == ({"out": 0, "version": 2, "added": 1}, {})


def test_a_lost_lock_stops_a_lane_at_once_also_while_something_is_lent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []

    def take_the_lock(host: str, command: Command) -> None:
        if command.argv[:2] == ("set", "version"):
            lost.append(host)

    monkeypatch.setattr(CloudLock, "is_lost", property(lambda lock: bool(lost), lambda lock, told: None), raising=False)
    transport = WorldTransport(shop.world, take_the_lock)
    result = apply(rolling("cmp1", "cmp2"), CLOUD, transport, WorldApi(), means=shop.means())
    assert (result.state, result.message) == (
        RunState.STOPPED,
        "the lock of the cloud was lost: somebody else may be at work on it",
    )
    assert "added" not in shop.world.numbers("cmp1")


class Stuck(WorldTransport):
    """A transport with one command that never ends, until the connections are closed."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.world)
        self._closed = threading.Event()

    def run(self, host: str, command: Command) -> CommandResult:
        if command.argv[:2] == ("set", "version"):
            for _ in range(200):  # presses that come before the first was looked at count as one
                os.kill(os.getpid(), signal.SIGINT)
                if self._closed.wait(0.1):
                    break
            raise HostUnreachable("remote.unreachable", "the connection was closed")
        return super().run(host, command)

    def close(self) -> None:
        self._closed.set()


def test_ctrl_c_twice_leaves_the_running_step_where_it_is_as_a_kill_would(shop: Shop) -> None:
    def work() -> int:
        means = shop.means(handles_interrupts=True)
        return apply(rolling(), CLOUD, Stuck(shop), WorldApi(), means=means).exit_code

    assert in_a_child(work) == STOPPED
    (run,) = list_runs(shop.home)
    history = load_run(run.id, shop.home)
    assert (run.state, run.message) == (RunState.STOPPED, "stopped at once by the operator")
    assert history.unfinished == ("roll/cmp1/2-version",)
    assert [loan.name for loan in history.loans if loan.is_open] == ["balancer:cmp1"]
    assert go_on(shop, run.id) is RunState.DONE
    assert shop.world.numbers("cmp1") == {"out": 0, "version": 2, "added": 1}


@pytest.mark.parametrize("full_before", ["roll/cmp1/1-lend", "roll/cmp1/3-add"])
def test_a_full_disk_under_the_journal_is_told_and_no_effect_is_carried_out_any_more(
    shop: Shop, full_before: str
) -> None:
    def fill(at: float, event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == full_before:
            written = (shop.home.journal.parent / "journal.sqlite-wal").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (written, resource.RLIM_INFINITY))

    def work() -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        from ostler.execution.database import JournalUnwritable

        try:
            apply(rolling(), CLOUD, WorldTransport(shop.world), WorldApi(), means=shop.means(), events=[fill])
        except JournalUnwritable as error:
            assert "cannot be written" in error.summary or "cannot be used" in error.summary
            assert "free space" in error.do_next
            return error.exit_code
        return 0

    assert in_a_child(work) == STOPPED
    done = shop.world.done
    assert done == {"roll/cmp1/1-lend": [], "roll/cmp1/3-add": ["cmp1: set out 1", "cmp1: set version 2"]}[full_before]
    (run,) = list_runs(shop.home)
    assert go_on(shop, run.id) is RunState.DONE
    assert shop.world.numbers("cmp1") == {"out": 0, "version": 2, "added": 1}


class FixedLanes:
    """A lane of two steps; `digest` is of the second."""

    def __init__(self, digest: str, dies_in: str = "") -> None:
        self._digest = digest
        self._dies_in = dies_in
        self.ran: list[str] = []

    def begin(self, stage: str, lane: str) -> list[tuple[str, str]]:
        return [("one", "1111"), ("two", self._digest), ("three", "3333")]

    def wants_stop(self, step: str) -> bool:
        return False

    def run_step(self, step: str) -> dict[str, Any]:
        if step == self._dies_in:
            os.kill(os.getpid(), signal.SIGKILL)
        self.ran.append(step)
        return {"step": step, "digest": dict(self.begin("", ""))[step], "is_good": True}

    def end(self, stage: str, lane: str, result: str) -> str:
        return result


@pytest.mark.parametrize(("digest", "result", "ran"), [("2222", "done", ["three"]), ("other", "failed", [])])
def test_a_resumed_lane_runs_only_what_is_left_and_fails_when_a_checkpoint_is_of_another_step(
    shop: Shop, digest: str, result: str, ran: list[str]
) -> None:
    def killed() -> int:
        DbosEngine(shop.home, "run", FixedLanes("2222", dies_in="three")).run_lane("stage", "lane", 1)
        return 0

    assert in_a_child(killed) == -signal.SIGKILL
    lanes = FixedLanes(digest)
    engine = DbosEngine(shop.home, "run", lanes)
    try:
        assert engine.run_lane("stage", "lane", 1) == result
        assert lanes.ran == ran
        assert engine.run_lane("stage", "lane", 1) == result, "an ended lane is not run again"
        assert lanes.ran == ran
    finally:
        engine.close()


def test_the_engine_keeps_its_queue_as_json_in_write_ahead_mode(shop: Shop) -> None:
    engine = DbosEngine(shop.home, "run", FixedLanes("2222"))
    engine.run_lane("stage", "lane", 1)
    engine.close()
    path: Path = shop.home.run_folder("run") / "engine.sqlite"
    with sqlite3.connect(path) as queue:
        assert queue.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        ((identity, inputs, version),) = queue.execute(
            "SELECT workflow_uuid, workflow_input.inputs, application_version"
            " FROM workflow_status JOIN workflow_input USING (workflow_uuid)"
        ).fetchall()
        outputs = [row[0] for row in queue.execute("SELECT output FROM operation_outputs ORDER BY function_id")]
    assert identity == "run/stage/lane"
    assert inputs == '{"args": ["run", "stage", "lane"], "kwargs": {}}'
    assert version == "ostler-engine-1/run"
    assert outputs[0] == '{"step": "one", "digest": "1111", "is_good": true}'
    assert path.stat().st_mode & 0o777 == 0o600
