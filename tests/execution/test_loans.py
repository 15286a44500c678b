"""What is lent comes back, also when something goes wrong while it does, and before a way back begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from execution_world import (
    CLOUD,
    KINDS,
    SetNumber,
    Shop,
    WorldApi,
    WorldTransport,
    is_number,
    lane,
    plan,
    stage,
    step,
)
from test_runs import carry_out, go_on, outcomes, request_of, rolling

from ostler.cloud.model import Cloud
from ostler.commands import Command
from ostler.execution.records import Outcome, RunState
from ostler.execution.runs import apply, load_run
from ostler.planning.model import Plan
from ostler.steps.effects import Effect, Run
from ostler.steps.model import Remembered, Step


def way_back_of(shop: Shop, run: str) -> Plan:
    """A way back that takes the host out and puts it in again."""
    lending = step("back/cmp1/1-lend", "set", "cmp1", key="out", value=1, lends="balancer:cmp1 (back)")
    version = step("back/cmp1/2-version", "set", "cmp1", key="version", value=1)
    returning = step("back/cmp1/3-return", "set", "cmp1", key="out", value=0, returns="balancer:cmp1 (back)")
    made = plan(stage("back", lane("cmp1", lending, version, returning)))
    return replace(made, operation="rollback", request=request_of(shop, run)).sealed()


def test_what_a_run_still_lends_is_given_back_before_its_way_back_or_the_way_back_does_not_begin(shop: Shop) -> None:
    def breaks(host: str, command: Any) -> None:
        if command.argv[0] == "add":
            shop.world.break_command("cmp1", "set")
            shop.world.break_command("cmp1", "add")

    transport = WorldTransport(shop.world, breaks)
    lent = apply(plan(stage("roll", rolling("cmp1"))), CLOUD, transport, WorldApi(), means=shop.means())
    assert [loan.name for loan in lent.lent] == ["balancer:cmp1"]
    before = shop.world.done

    refused = carry_out(shop, way_back_of(shop, lent.run))
    assert (refused.state, refused.done, shop.world.done) == (RunState.FAILED, (), before)
    assert refused.message == "nothing was taken back, since this could not be given back before: balancer:cmp1"
    assert [finding.code for finding in refused.findings] == ["execution.former-loan-out"]

    shop.world.break_command("cmp1", "set", mend=True)
    back = go_on(shop, refused.run)
    assert (back.state, back.lent) == (RunState.DONE, ())
    assert outcomes(shop, back.run)["back/cmp1/3-return"] == Outcome.DONE
    assert shop.world.numbers("cmp1") == {"out": 0, "version": 1}
    assert [loan.how for loan in load_run(lent.run, shop.home).loans] == ["given back when the run stopped"]


def test_a_bug_in_giving_one_loan_back_leaves_no_other_lent(shop: Shop) -> None:
    class Buggy(SetNumber):
        name = "buggy"

        def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
            raise KeyError("lent")

    first = step("roll/cmp1/1-lend", "set", "cmp1", key="a", value=1, lends="a")
    second = step("roll/cmp1/2-lend", "buggy", "cmp1", key="b", value=1, lends="b")
    adding = step("roll/cmp1/3-add", "add", "cmp1", keys=["added"])
    shop.world.break_command("cmp1", "add")
    kinds = {**KINDS, "buggy": Buggy()}
    failed = carry_out(shop, plan(stage("roll", lane("cmp1", first, second, adding))), means={"kind_of": kinds.get})
    assert (failed.state, [loan.name for loan in failed.lent]) == (RunState.FAILED, ["b"])
    assert shop.world.numbers("cmp1") == {"a": 0, "b": 1}
    assert "a bug in Ostler" in failed.findings[0].summary


@pytest.mark.parametrize(
    ("first", "given_back"),
    [
        (Run("cmp1", Command(("die", "1"))), 0),
        (is_number("cmp1", "running", 1), 1),
    ],
)
def test_what_fails_when_a_loan_is_given_back_keeps_the_rest_from_it_only_when_that_had_to_be_seen_first(
    shop: Shop, first: Effect, given_back: int
) -> None:
    class Lend(SetNumber):
        name = "lend"

        def give_back(self, step: Step, cloud: Cloud, remembered: Remembered) -> tuple[Effect, ...]:
            return first, *super().give_back(step, cloud, remembered)

    lending = step("roll/cmp1/1-lend", "lend", "cmp1", key="out", value=1, lends="out")
    adding = step("roll/cmp1/2-add", "add", "cmp1", keys=["added"])
    returning = step("roll/cmp1/3-return", "set", "cmp1", key="out", value=0, returns="out")
    shop.world.break_command("cmp1", "add")
    made = plan(stage("roll", lane("cmp1", lending, adding, returning)))
    failed = carry_out(shop, made, means={"kind_of": {**KINDS, "lend": Lend()}.get})
    assert shop.world.numbers("cmp1")["out"] == given_back
    assert [loan.name for loan in failed.lent] == ["out"]
    assert "execution.still-lent" in {finding.code for finding in failed.findings}


def test_what_a_step_saw_is_looked_at_again_when_the_loan_it_stands_within_was_given_back_meanwhile(
    shop: Shop,
) -> None:
    class Look(SetNumber):
        name = "look"
        is_fleeting = True

    steps = rolling("cmp1").steps
    looking = step("roll/cmp1/15-look", "look", "cmp1", key="looked", value=1)
    before = step("roll/cmp1/05-look", "look", "cmp1", key="before", value=1)
    made = plan(stage("roll", lane("cmp1", before, steps[0], looking, *steps[1:])))
    kinds = {**KINDS, "look": Look()}
    shop.world.break_command("cmp1", "add")
    failed = carry_out(shop, made, means={"kind_of": kinds.get})
    shop.world.break_command("cmp1", "add", mend=True)
    shop.world.set("cmp1", looked=0, before=0)
    done = go_on(shop, failed.run, means={"kind_of": kinds.get})
    assert done.state is RunState.DONE
    assert shop.world.numbers("cmp1") == {"out": 0, "version": 2, "added": 1, "looked": 1, "before": 0}
