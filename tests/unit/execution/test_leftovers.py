"""What runs left on a cloud is told before something new is begun there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from ostler.cloud.model import Cloud, Host
from ostler.commands import Command, CommandResult
from ostler.errors import HostUnreachable, Severity
from ostler.execution.cloud_lock import LOCK_PATH
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.leftovers import leftovers
from ostler.execution.lock import Holder, hold_here, holder_to_json, this_process
from ostler.execution.records import RunState
from ostler.planning.model import Plan
from ostler.remote.local import LocalTransport
from ostler.steps.model import Step

CLOUD = Cloud("example", "2024.1", "venv", {"ctl1": Host("ctl1", "10.0.0.11", ("controller",))})
PLAN = Plan("upgrade", "Upgrade example", "example", CLOUD.digest(), 0.0, "", {}, ()).sealed()


class Controller(LocalTransport):
    """A controller with, or without, a lock file; `lock` None: it cannot be reached."""

    def __init__(self, lock: str | None = "") -> None:
        super().__init__()
        self.lock = lock

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        if self.lock is None:
            raise HostUnreachable("remote.host-unreachable", f"no connection to {host}")
        absent = CommandResult(1, "", f"cat: {LOCK_PATH}: No such file or directory\n")
        lock = CommandResult(0, self.lock, "") if self.lock else absent
        return [CommandResult(0, f"{time.time():.0f}\n", ""), lock]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def begun(home: Home, state: RunState) -> str:
    with contextlib.closing(Journal(home)) as journal:
        run = journal.runs.begin(PLAN, "anna")
        journal.runs.set_state(run, state, "step roll-nova/ctl2/start failed")
        return run


def holder(at: float) -> Holder:
    return Holder("2026-11-20-1-upgrade", "bob", "another-machine", "boot", 77, at)


def test_nothing_is_said_when_nothing_was_left(home: Home) -> None:
    begun(home, RunState.DONE)
    assert leftovers(CLOUD, Controller(), home) == []


def test_an_unfinished_run_is_a_warning_with_the_ways_on(home: Home) -> None:
    run = begun(home, RunState.FAILED)
    (found,) = leftovers(CLOUD, Controller(), home)
    assert (found.code, found.severity, found.subject) == ("runs.unfinished", Severity.WARNING, f"run {run}")
    assert "step roll-nova/ctl2/start failed" in found.found
    assert found.do_next == f"ostler resume {run}, or ostler rollback {run} --out back.plan && ostler apply back.plan"


def test_a_run_on_another_cloud_is_none_of_its_business(home: Home) -> None:
    begun(home, RunState.FAILED)
    other = Cloud("other", "2024.1", "venv", CLOUD.hosts)
    assert leftovers(other, Controller(), home) == []


def test_a_run_at_work_on_this_machine_is_a_failure(home: Home) -> None:
    run = begun(home, RunState.RUNNING)
    with hold_here(home.lock("example"), "example", this_process(run, "anna", time.time())):
        (found,) = leftovers(CLOUD, Controller(), home)
    assert (found.code, found.severity) == ("runs.at-work", Severity.FAILURE)
    assert f"run {run} by anna" in found.found


def test_a_run_at_work_on_another_machine_is_seen_at_the_controllers(home: Home) -> None:
    (found,) = leftovers(CLOUD, Controller(holder_to_json(holder(time.time() - 10))), home)
    assert found.code == "runs.at-work"
    assert "by bob on another-machine" in found.found


def test_a_lock_that_nobody_touched_for_long_is_stale(home: Home) -> None:
    assert leftovers(CLOUD, Controller(holder_to_json(holder(time.time() - 1000))), home) == []


def test_a_controller_that_cannot_be_reached_is_left_to_the_checks(home: Home) -> None:
    assert leftovers(CLOUD, Controller(None), home) == []


def test_a_loan_that_was_not_given_back_is_told_with_who_took_it(home: Home) -> None:
    run = begun(home, RunState.FAILED)
    step = Step(
        "roll/cmp1/disable", "disable-compute", "cmp1", "why", "undo", 1.0, lends="nova-compute on cmp1 disabled"
    )
    with contextlib.closing(Journal(home)) as journal:
        journal.steps.add_intent(run, step, 1, {})
    found = leftovers(CLOUD, Controller(), home)
    assert [each.code for each in found] == ["runs.unfinished", "runs.loan-open"]
    assert found[1].subject == "loan nova-compute on cmp1 disabled"
    assert f"lent by step roll/cmp1/disable of run {run}" in found[1].found
    assert found[1].do_next.startswith(f"ostler resume {run}")


def test_a_loan_of_a_run_that_has_ended_leaves_only_the_way_back(home: Home) -> None:
    run = begun(home, RunState.CANCELLED)
    pin = Step("expand/ctl1/pin", "edit-config", "ctl1", "why", "undo", 1.0, lends="nova's RPC pin on ctl1")
    with contextlib.closing(Journal(home)) as journal:
        journal.steps.add_intent(run, pin, 1, {})
    (found,) = leftovers(CLOUD, Controller(), home)
    assert (found.code, found.do_next) == (
        "runs.loan-open",
        f"ostler rollback {run} --out back.plan && ostler apply back.plan",
    )
