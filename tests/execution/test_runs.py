"""Plans are carried out in a small world: what happens, in which order, and what is left when something goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from execution_world import CLOUD, Shop, WorldApi, WorldTransport, lane, numbers_of, plan, stage, step

from ostler.errors import Finding, InputError, Refused, Severity
from ostler.execution import events
from ostler.execution.history import history_of
from ostler.execution.records import Outcome, RunState
from ostler.execution.run_result import RunResult
from ostler.execution.runs import apply, approve, cancel, list_runs, load_run, resume
from ostler.facts.predicate import Expectation
from ostler.planning.model import Lane, Plan


def carry_out(shop: Shop, made: Plan, **more: Any) -> RunResult:
    means = shop.means(**more.pop("means", {}))
    return apply(made, CLOUD, WorldTransport(shop.world), WorldApi(), means=means, **more)


def go_on(shop: Shop, run: str, **more: Any) -> RunResult:
    means = shop.means(**more.pop("means", {}))
    return resume(run, CLOUD, WorldTransport(shop.world), WorldApi(), means=means, **more)


def rolling(host: str) -> Lane:
    """A host is taken out (a loan), changed, and put back."""
    return lane(
        host,
        step(f"roll/{host}/1-lend", "set", host, key="out", value=1, lends=f"balancer:{host}"),
        step(f"roll/{host}/2-version", "set", host, key="version", value=2),
        step(f"roll/{host}/3-add", "add", host, keys=["added"]),
        step(f"roll/{host}/4-return", "set", host, key="out", value=0, returns=f"balancer:{host}"),
        domain=CLOUD.domain_of(host),
    )


def request_of(shop: Shop, run: str, **more: Any) -> dict[str, Any]:
    """What the plan of a way back keeps of the run it takes back."""
    return {"run": run, "history": history_of(run, shop.home).standing(), **more}


def outcomes(shop: Shop, run: str) -> dict[str, str]:
    return {name: told.outcome.value for name, told in load_run(run, shop.home).last_outcomes.items()}


def test_a_plan_of_two_stages_is_carried_out_in_order_and_everything_is_in_the_journal(shop: Shop) -> None:
    made = plan(
        stage("first", lane("ctl1", step("first/ctl1/a", "set", "ctl1", key="a", value=1))),
        stage("second", rolling("cmp1")),
    )
    result = carry_out(shop, made)
    assert (result.state, result.exit_code, result.left, result.lent) == (RunState.DONE, 0, (), ())
    assert shop.world.done == [
        "ctl1: set a 1",
        "cmp1: set out 1",
        "cmp1: set version 2",
        "cmp1: add added",
        "cmp1: set out 0",
    ]
    history = load_run(result.run, shop.home)
    assert [effect.what for effect in history.effects] == [
        "run on ctl1: set a 1",
        "run on cmp1: set out 1",
        "run on cmp1: set version 2",
        "run on cmp1: add added",
        "run on cmp1: set out 0",
    ]
    assert [(loan.name, loan.how) for loan in history.loans] == [("balancer:cmp1", "given back by roll/cmp1/4-return")]
    assert history.remembered["roll/cmp1/3-add"] == {numbers_of("cmp1"): {"out": 1, "version": 2}}


def test_a_run_is_named_after_the_day_its_number_and_what_it_does(shop: Shop) -> None:
    first = carry_out(shop, plan(stage("one", rolling("cmp1"))))
    second = carry_out(shop, plan(stage("two", rolling("cmp2"))))
    assert first.run.endswith("-1-upgrade")
    assert second.run.endswith("-2-upgrade")
    assert [run.id for run in list_runs(shop.home)] == [second.run, first.run]


def test_what_is_so_already_is_not_done_and_what_was_not_lent_is_not_given_back(shop: Shop) -> None:
    shop.world.set("cmp1", out=1)
    result = carry_out(shop, plan(stage("roll", rolling("cmp1"))))
    assert result.state is RunState.DONE
    assert outcomes(shop, result.run)["roll/cmp1/1-lend"] == Outcome.ALREADY_SO
    assert outcomes(shop, result.run)["roll/cmp1/4-return"] == Outcome.SKIPPED
    assert shop.world.numbers("cmp1")["out"] == 1


def test_a_failed_step_ends_its_lane_gives_back_what_the_lane_lent_and_the_run_goes_on_after_the_repair(
    shop: Shop,
) -> None:
    shop.world.break_command("cmp1", "add")
    result = carry_out(shop, plan(stage("roll", rolling("cmp1")), stage("finish", rolling("cmp2"))))
    assert (result.state, result.exit_code) == (RunState.FAILED, 1)
    assert result.failed == ("roll/cmp1/3-add",)
    assert "roll/cmp1/4-return" in result.left
    assert "finish" not in " ".join(result.done)
    assert result.lent == ()
    assert shop.world.numbers("cmp1") == {"out": 0, "version": 2}
    reason = load_run(result.run, shop.home).last_outcomes["roll/cmp1/3-add"]
    assert reason.reason == "a command on cmp1 ended with exit code 1: add added"
    assert reason.evidence == ("add is broken on cmp1",)

    shop.world.break_command("cmp1", "add", mend=True)
    again = go_on(shop, result.run)

    assert again.state is RunState.DONE
    assert shop.world.numbers("cmp1") == {"out": 0, "version": 2, "added": 1}
    # Lent again, since it had been given back; the version was not set again.
    assert [done for done in shop.world.done if done.startswith("cmp1")] == [
        "cmp1: set out 1",
        "cmp1: set version 2",
        "cmp1: set out 0",
        "cmp1: set out 1",
        "cmp1: add added",
        "cmp1: set out 0",
    ]


def test_a_loan_between_lanes_is_given_back_when_the_run_fails_and_taken_again_when_it_goes_on(shop: Shop) -> None:
    made = plan(
        stage("lend", lane("db", step("lend/db/lend", "set", "ctl1", key="pin", value=7, lends="pin"))),
        stage("work", lane("cmp1", step("work/cmp1/add", "add", "cmp1", keys=["a"]))),
        stage("return", lane("db", step("return/db/return", "set", "ctl1", key="pin", value=0, returns="pin"))),
    )
    shop.world.break_command("cmp1", "add")
    failed = carry_out(shop, made)
    assert (failed.state, failed.lent, shop.world.numbers("ctl1")["pin"]) == (RunState.FAILED, (), 0)

    shop.world.break_command("cmp1", "add", mend=True)
    assert go_on(shop, failed.run).state is RunState.DONE
    pins = [done for done in shop.world.done if "pin" in done]
    assert pins == ["ctl1: set pin 7", "ctl1: set pin 0", "ctl1: set pin 7", "ctl1: set pin 0"]


def test_a_loan_that_cannot_be_given_back_stays_lent_and_is_told(shop: Shop) -> None:
    lending = step("roll/cmp1/1-lend", "set", "cmp1", key="out", value=1, lends="balancer")
    adding = step("roll/cmp1/2-add", "add", "cmp1", keys=["a"])
    returning = step("roll/cmp1/3-return", "set", "cmp1", key="out", value=0, returns="balancer")

    def breaks(host: str, command: Any) -> None:
        if command.argv[0] == "add":
            shop.world.break_command("cmp1", "set")
            shop.world.break_command("cmp1", "add")

    transport = WorldTransport(shop.world, breaks)
    made = plan(stage("roll", lane("cmp1", lending, adding, returning)))
    result = apply(made, CLOUD, transport, WorldApi(), means=shop.means())
    assert [loan.name for loan in result.lent] == ["balancer"]
    assert "execution.still-lent" in {finding.code for finding in result.findings}

    refused = cancel(result.run, CLOUD, WorldTransport(shop.world), WorldApi(), means=shop.means())
    assert (refused.state, [loan.name for loan in refused.lent]) == (RunState.STOPPED, ["balancer"])
    assert f"balancer could not be given back; put the cause right, then: ostler cancel {result.run}" in refused.message

    shop.world.break_command("cmp1", "set", mend=True)
    ended = cancel(result.run, CLOUD, WorldTransport(shop.world), WorldApi(), means=shop.means())
    assert (ended.state, ended.lent, shop.world.numbers("cmp1")["out"]) == (RunState.CANCELLED, (), 0)


def test_a_step_whose_facts_changed_stops_as_stale_and_names_the_fact(shop: Shop) -> None:
    shop.world.set("cmp1", servers=3)
    expected = Expectation(numbers_of("cmp1"), ("servers",), "equals", 0, "no server is on cmp1")
    relying = step("empty/cmp1/off", "set", "cmp1", key="off", value=1, relies_on=(expected,))
    result = carry_out(shop, plan(stage("empty", lane("cmp1", relying))))
    assert result.state is RunState.FAILED
    told = load_run(result.run, shop.home).last_outcomes["empty/cmp1/off"]
    assert told.outcome is Outcome.REFUSED
    assert told.reason == "stale: no server is on cmp1: no, found 3"
    assert shop.world.done == []


def test_what_a_step_relies_on_is_looked_at_again_when_it_is_tried_again(shop: Shop) -> None:
    expected = Expectation(numbers_of("cmp2"), ("old",), "absent_or_one_of", [0], "no old code runs on cmp2")
    relying = step("contract/cmp1/add", "set", "cmp1", key="added", value=1, relies_on=(expected,))
    shop.world.break_command("cmp1", "set")
    result = carry_out(shop, plan(stage("contract", lane("cmp1", relying))))
    shop.world.break_command("cmp1", "set", mend=True)
    shop.world.set("cmp2", old=1)

    assert go_on(shop, result.run).state is RunState.FAILED
    told = load_run(result.run, shop.home).last_outcomes["contract/cmp1/add"]
    assert (told.outcome, told.reason) == (Outcome.REFUSED, "stale: no old code runs on cmp2: no, found 1")
    assert shop.world.done == []

    shop.world.set("cmp2", old=0)
    assert go_on(shop, result.run).state is RunState.DONE


def test_what_a_step_brought_half_way_itself_does_not_make_it_stale(shop: Shop) -> None:
    expected = Expectation(numbers_of("cmp1"), ("schema",), "absent_or_one_of", [0, 3], "as planned, or as it will be")
    relying = step("expand/cmp1/sync", "set", "cmp1", key="schema", value=3, relies_on=(expected,))
    shop.world.break_command("cmp1", "set")
    result = carry_out(shop, plan(stage("expand", lane("cmp1", relying))))
    shop.world.break_command("cmp1", "set", mend=True)
    shop.world.set("cmp1", schema=2)
    assert go_on(shop, result.run).state is RunState.DONE


def test_a_host_that_does_not_answer_fails_only_its_lane_within_what_is_tolerated(shop: Shop) -> None:
    shop.world.take_down("cmp2")
    made = plan(stage("roll", rolling("cmp1"), rolling("cmp2"), rolling("cmp3"), in_flight=3, tolerate=1))
    result = carry_out(shop, made)
    assert (result.state, result.exit_code) == (RunState.DONE_WITH_FAILURES, 1)
    assert result.message == "done, except for roll/cmp2"
    assert shop.world.numbers("cmp3")["version"] == 2

    shop.world.take_down("cmp2", up=True)
    assert go_on(shop, result.run).state is RunState.DONE
    assert shop.world.numbers("cmp2") == {"out": 0, "version": 2, "added": 1}


def test_more_failures_than_tolerated_stop_the_stage_before_the_next_lane_begins(shop: Shop) -> None:
    for host in ("cmp1", "cmp2"):
        shop.world.break_command(host, "add")
    made = plan(stage("roll", rolling("cmp1"), rolling("cmp2"), rolling("cmp3"), in_flight=1, tolerate=1))
    assert carry_out(shop, made).state is RunState.FAILED
    assert shop.world.numbers("cmp3") == {}


def test_a_canary_that_fails_stops_the_stage_however_much_is_tolerated(shop: Shop) -> None:
    shop.world.break_command("cmp1", "add")
    made = plan(stage("roll", rolling("cmp1"), rolling("cmp2"), in_flight=2, tolerate=5, first_alone=True))
    assert carry_out(shop, made).state is RunState.FAILED
    assert shop.world.numbers("cmp2") == {}


def test_a_gate_stops_the_run_until_somebody_says_yes(shop: Shop) -> None:
    made = plan(stage("first", rolling("cmp1")), stage("contract", rolling("cmp2"), gate="Is it good so far?"))
    waiting = carry_out(shop, made)
    assert (waiting.state, waiting.exit_code) == (RunState.WAITING, 4)
    assert f"ostler approve {waiting.run}" in waiting.message
    assert go_on(shop, waiting.run).state is RunState.WAITING
    assert shop.world.numbers("cmp2") == {}

    assert approve(waiting.run, None, home=shop.home, who="alice") == "contract"
    assert go_on(shop, waiting.run).state is RunState.DONE
    assert load_run(waiting.run, shop.home).approvals["contract"].who == "alice"


@pytest.mark.parametrize("gates", [("contract",), ("all",)])
def test_a_gate_can_be_said_yes_to_beforehand(shop: Shop, gates: Sequence[str]) -> None:
    made = plan(stage("contract", rolling("cmp2"), gate="Is it good so far?"))
    assert carry_out(shop, made, approve_gates=gates).state is RunState.DONE


def test_saying_yes_to_a_gate_that_is_not_there_is_wrong(shop: Shop) -> None:
    made = plan(stage("contract", rolling("cmp2"), gate="Is it good so far?"))
    with pytest.raises(InputError, match="no gate 'expand'"):
        carry_out(shop, made, approve_gates=["expand"])
    assert list_runs(shop.home) == []


def test_a_spent_failure_budget_pauses_the_run_when_nothing_is_half_done(shop: Shop) -> None:
    def too_many() -> str | None:
        return "3 requests failed, 0 are allowed" if shop.world.numbers("cmp1").get("version") else None

    made = plan(stage("roll", rolling("cmp1"), rolling("cmp2")))
    paused = carry_out(shop, made, means={"pause_when": too_many})
    assert (paused.state, paused.exit_code, paused.message) == (RunState.PAUSED, 4, "3 requests failed, 0 are allowed")
    assert (shop.world.numbers("cmp1"), shop.world.numbers("cmp2")) == ({"out": 0, "version": 2, "added": 1}, {})
    assert go_on(shop, paused.run).state is RunState.DONE


def test_what_the_probe_sees_is_told_while_the_run_goes_on_and_not_after_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ostler.execution.probe_telling.TOLD_EVERY_S", 0.01)
    seen = events.ProbeSeen("asking", "", {"nova": events.ApiSeen(9, 0, 0.5, 0.0)})
    told: list[events.Event] = []
    is_told = threading.Event()

    def listener(at: float, event: events.Event) -> None:
        told.append(event)
        if event == seen:
            is_told.set()

    def wait_until_told(host: str, command: Any) -> None:
        assert command.argv[0] != "add" or is_told.wait(20)

    transport = WorldTransport(shop.world, wait_until_told)
    made = plan(stage("roll", rolling("cmp1")))
    means = shop.means(look_at_probe=lambda: seen)
    assert apply(made, CLOUD, transport, WorldApi(), means=means, events=[listener]).state is RunState.DONE
    names = [type(event) for event in told]
    assert names.index(events.ProbeSeen) < names.index(events.RunEnded)
    count = len(told)
    time.sleep(0.1)
    assert len(told) == count


def test_a_step_of_which_nobody_knows_whether_it_happened_is_left_to_a_person(shop: Shop) -> None:
    def unreachable_afterwards(host: str, command: Any) -> None:
        if command.argv[0] == "add":
            shop.world.set(host, added=1)
            shop.world.take_down(host)
            raise HostBroke("remote.unreachable", "the connection broke")

    from ostler.errors import HostUnreachable as HostBroke

    made = plan(stage("work", lane("cmp1", step("work/cmp1/add", "add-blindly", "cmp1", keys=["added"]))))
    broken = apply(made, CLOUD, WorldTransport(shop.world, unreachable_afterwards), WorldApi(), means=shop.means())
    assert broken.state is RunState.FAILED
    shop.world.take_down("cmp1", up=True)

    asked = go_on(shop, broken.run)
    assert outcomes(shop, broken.run)["work/cmp1/add"] == Outcome.UNKNOWN
    assert asked.state is RunState.FAILED
    assert shop.world.numbers("cmp1") == {"added": 1}

    with pytest.raises(InputError, match="settles nothing"):
        go_on(shop, broken.run, settled=[("work/cmp2/add", "done")])
    settled = go_on(shop, broken.run, settled=[("work/cmp1/add", "done")])
    assert settled.state is RunState.DONE
    assert shop.world.numbers("cmp1") == {"added": 1}


def test_a_second_run_on_the_same_cloud_is_refused_while_one_works_on_it(shop: Shop) -> None:
    refusals: list[Refused] = []

    def try_another(host: str, command: Any) -> None:
        if command.argv[0] == "add":
            with pytest.raises(Refused) as refused:
                carry_out(shop, plan(stage("other", rolling("cmp2"))))
            refusals.append(refused.value)

    transport = WorldTransport(shop.world, try_another)
    result = apply(plan(stage("roll", rolling("cmp1"))), CLOUD, transport, WorldApi(), means=shop.means())
    assert result.state is RunState.DONE
    assert refusals[0].code == "execution.cloud-busy"
    assert f"run {result.run} by tester" in refusals[0].summary
    assert [run.id for run in list_runs(shop.home)] == [result.run]


def test_cancelling_a_run_of_another_process_ends_it_when_nothing_is_half_done(shop: Shop) -> None:
    def cancel_now(host: str, command: Any) -> None:
        if command.argv[:2] == ("set", "version"):
            (run,) = list_runs(shop.home)
            asked = cancel(run.id, CLOUD, WorldTransport(shop.world), WorldApi(), means=shop.means())
            assert asked.state is RunState.RUNNING

    transport = WorldTransport(shop.world, cancel_now)
    made = plan(stage("roll", rolling("cmp1"), rolling("cmp2")))
    result = apply(made, CLOUD, transport, WorldApi(), means=shop.means())
    assert (result.state, result.lent) == (RunState.CANCELLED, ())
    assert (shop.world.numbers("cmp1"), shop.world.numbers("cmp2")) == ({"out": 0, "version": 2, "added": 1}, {})
    with pytest.raises(InputError, match="nothing to go on with"):
        go_on(shop, result.run)


def test_the_same_plan_is_not_begun_twice_while_its_run_is_open(shop: Shop) -> None:
    made = plan(stage("contract", rolling("cmp1"), gate="Really?"))
    waiting = carry_out(shop, made)
    with pytest.raises(Refused, match=waiting.run):
        carry_out(shop, made)


def test_a_plan_for_another_cloud_or_for_this_one_as_it_was_is_refused(shop: Shop) -> None:
    made = plan(stage("roll", rolling("cmp1")))
    other = replace(made, cloud="elsewhere").sealed()
    older = replace(made, cloud_digest="0" * 64).sealed()
    for wrong, code in ((other, "execution.other-cloud"), (older, "execution.cloud-changed")):
        with pytest.raises(Refused) as refused:
            carry_out(shop, wrong)
        assert refused.value.code == code
    assert shop.world.done == []


def test_a_plan_with_refusals_is_refused_with_all_of_them(shop: Shop) -> None:
    bad = [Finding(f"disk.full-{host}", Severity.FAILURE, host, "the disk is full") for host in ("cmp1", "cmp2")]
    with pytest.raises(Refused) as refused:
        carry_out(shop, plan(stage("roll", rolling("cmp1")), findings=tuple(bad)))
    assert refused.value.findings == tuple(bad)
    assert (refused.value.exit_code, shop.world.done) == (3, [])


def test_a_plan_edited_inside_the_journal_is_not_gone_on_with(shop: Shop) -> None:
    waiting = carry_out(shop, plan(stage("contract", rolling("cmp1"), gate="Really?")))
    import sqlite3

    with sqlite3.connect(shop.home.journal) as journal:
        journal.execute("""UPDATE runs SET plan = replace(plan, '"value": 2', '"value": 3')""")
    with pytest.raises(InputError, match="changed after it was written"):
        go_on(shop, waiting.run)


def test_a_rolled_back_run_says_so(shop: Shop) -> None:
    shop.world.break_command("cmp1", "add")
    failed = carry_out(shop, plan(stage("roll", rolling("cmp1"))))
    back = replace(
        plan(stage("back", lane("cmp1", step("back/cmp1/version", "set", "cmp1", key="version", value=1)))),
        operation="rollback",
        request=request_of(shop, failed.run),
    ).sealed()
    taken_back = carry_out(shop, back)
    assert taken_back.state is RunState.DONE
    record = load_run(failed.run, shop.home).record
    assert (record.state, record.message) == (RunState.ROLLED_BACK, f"taken back by run {taken_back.run}")


def test_a_bug_in_a_step_kind_fails_the_step_and_says_so(shop: Shop) -> None:
    buggy = step("bug/cmp1/none", "effects", "cmp1", name="there is no such name")
    result = carry_out(shop, plan(stage("bug", lane("cmp1", buggy))))
    assert result.state is RunState.FAILED
    assert "a bug in Ostler" in load_run(result.run, shop.home).last_outcomes["bug/cmp1/none"].reason


def test_events_tell_the_story_in_order(shop: Shop) -> None:
    seen: list[events.Event] = []
    made = plan(stage("roll", lane("cmp1", *rolling("cmp1").steps[:1], *rolling("cmp1").steps[3:])))
    carry_out(shop, made, events=[lambda at, event: seen.append(event)])
    assert [type(event).__name__ for event in seen] == [
        "RunStarted",
        "StageStarted",
        "LaneStarted",
        "StepStarted",
        "LoanOpened",
        "EffectDone",
        "StepEnded",
        "StepStarted",
        "EffectDone",
        "LoanReturned",
        "StepEnded",
        "LaneEnded",
        "StageEnded",
        "RunEnded",
    ]


def test_a_listener_whose_terminal_is_gone_does_not_disturb_the_run(shop: Shop) -> None:
    def gone(at: float, event: events.Event) -> None:
        raise BrokenPipeError

    assert carry_out(shop, plan(stage("roll", rolling("cmp1"))), events=[gone]).state is RunState.DONE


def test_a_listener_that_refuses_ends_the_run_so_that_it_can_be_gone_on_with(shop: Shop) -> None:
    def refuses(at: float, event: events.Event) -> None:
        raise InputError("probe.no-credentials", "the probe needs credentials")

    with pytest.raises(InputError):
        carry_out(shop, plan(stage("roll", rolling("cmp1"))), events=[refuses])
    (run,) = list_runs(shop.home)
    assert run.state is RunState.STOPPED
    assert go_on(shop, run.id).state is RunState.DONE
