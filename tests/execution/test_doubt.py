"""What is known, and what is in doubt, of steps that must not be repeated."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import dbos  # noqa: F401  (imported before any child process is made)
import pytest
from execution_world import CLOUD, Shop, WorldApi, WorldTransport, lane, plan, stage, step

from ostler.commands import Command
from ostler.execution.records import Outcome, RunState
from ostler.execution.run_result import RunResult
from ostler.execution.runs import apply, list_runs, load_run, resume
from ostler.planning.model import Plan
from ostler.steps.model import Step


def one(made: Step) -> Plan:
    return plan(stage("work", lane("cmp1", made)))


ADD_ONE = step("work/cmp1/add", "add", "cmp1", keys=["a"])
ADD_TWO = step("work/cmp1/add", "add", "cmp1", keys=["a", "b"])
ADD_BLINDLY = step("work/cmp1/add", "add-blindly", "cmp1", keys=["a"])
SET_TWO = step("work/cmp1/set", "set-all", "cmp1", numbers={"a": 1, "b": 2})


class DiesAfter(WorldTransport):
    """Its process is killed after a command was carried out on the host and before anybody could know."""

    def __init__(self, shop: Shop, *argv: str) -> None:
        super().__init__(shop.world)
        self._argv = argv

    def run(self, host: str, command: Command) -> Any:
        result = super().run(host, command)
        if command.argv == self._argv:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def killed(shop: Shop, made: Step, *after: str) -> str:
    """Apply a plan of one step and be killed; the run."""
    child = os.fork()
    if child == 0:
        apply(one(made), CLOUD, DiesAfter(shop, *after), WorldApi(), means=shop.means())
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    return list_runs(shop.home)[0].id


def go_on(shop: Shop, run: str, **more: Any) -> RunResult:
    return resume(run, CLOUD, WorldTransport(shop.world), WorldApi(), means=shop.means(), **more)


def outcome(shop: Shop, run: str) -> Outcome:
    (last,) = load_run(run, shop.home).last_outcomes.values()
    return last.outcome


@pytest.mark.parametrize("made", [ADD_ONE, SET_TWO], ids=["must-not-be-repeated", "may-be-repeated"])
def test_what_its_verification_sees_as_done_is_done(shop: Shop, made: Step) -> None:
    run = killed(shop, made, *(("add", "a") if made is ADD_ONE else ("set", "b", "2")))
    before = shop.world.done
    assert go_on(shop, run).state is RunState.DONE
    assert shop.world.done == before


def test_what_its_verification_does_not_see_is_done_after_the_effect_that_was_under_way(shop: Shop) -> None:
    run = killed(shop, step("work/cmp1/set", "set-more", "cmp1", numbers={"a": 1, "b": 2}), "set", "a", "1")
    assert go_on(shop, run).state is RunState.DONE
    assert shop.world.done == ["cmp1: set a 1", "cmp1: set b 2"]


def test_of_several_effects_that_must_not_be_repeated_the_one_under_way_is_in_doubt(shop: Shop) -> None:
    run = killed(shop, ADD_TWO, "add", "a")
    assert go_on(shop, run).state is RunState.FAILED
    assert outcome(shop, run) is Outcome.UNKNOWN
    assert shop.world.numbers("cmp1") == {"a": 1}
    shop.world.set("cmp1", b=1)
    assert go_on(shop, run, settled=[("work/cmp1/add", "done")]).state is RunState.DONE
    assert shop.world.numbers("cmp1") == {"a": 1, "b": 1}


@pytest.mark.parametrize(("decision", "added"), [("done", 1), ("again", 2)])
def test_what_cannot_be_verified_is_decided_by_a_person(shop: Shop, decision: str, added: int) -> None:
    run = killed(shop, ADD_BLINDLY, "add", "a")
    asked = go_on(shop, run)
    (told,) = load_run(run, shop.home).last_outcomes.values()
    assert (asked.state, told.outcome) == (RunState.FAILED, Outcome.UNKNOWN)
    assert f"ostler resume {run} --settle work/cmp1/add=done" in told.evidence[0]
    assert go_on(shop, run).state is RunState.FAILED, "asking again changes nothing"
    assert go_on(shop, run, settled=[("work/cmp1/add", decision)]).state is RunState.DONE
    assert shop.world.numbers("cmp1") == {"a": added}


def test_a_failed_step_that_must_not_be_repeated_goes_on_behind_what_it_did(shop: Shop) -> None:
    def break_after(word: str) -> Callable[[str, Command], None]:
        def look(host: str, command: Command) -> None:
            if command.argv == ("add", word) and not shop.world.state["hosts"][host]["broken"]:
                shop.world.break_command(host, "add")

        return look

    transport = WorldTransport(shop.world, break_after("b"))
    failed = apply(one(ADD_TWO), CLOUD, transport, WorldApi(), means=shop.means())
    assert (failed.state, shop.world.numbers("cmp1")) == (RunState.FAILED, {"a": 1})
    shop.world.break_command("cmp1", "add", mend=True)
    assert go_on(shop, failed.run).state is RunState.DONE
    assert shop.world.numbers("cmp1") == {"a": 1, "b": 1}


def test_what_may_be_repeated_is_done_again_when_it_was_undone_meanwhile(shop: Shop) -> None:
    run = killed(shop, SET_TWO, "set", "b", "2")
    shop.world.set("cmp1", a=0, b=0)
    assert go_on(shop, run).state is RunState.DONE
    assert shop.world.numbers("cmp1") == {"a": 1, "b": 2}
