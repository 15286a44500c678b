"""A run and its way back: which of them may begin or go on, and when the plan of a way back is stale."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from execution_world import CLOUD, Shop, WorldApi, WorldTransport, lane, plan, read_world, stage, step
from test_runs import carry_out, go_on, request_of, rolling

from ostler.errors import Refused
from ostler.execution.proofs.inventory import INVENTORY_NAME
from ostler.execution.records import RunState
from ostler.execution.run_result import RunResult
from ostler.execution.runs import approve, cancel, list_runs, load_run
from ostler.facts.model import Unknown
from ostler.planning.model import Plan, Stage
from ostler.planning.rollback.losses import KINDS


def upgrade() -> Plan:
    return plan(stage("roll", rolling("cmp1")), stage("contract", rolling("cmp2"), gate="Really?"))


def back(shop: Shop, run: str, *stages: Stage, key: str = "version", **more: Any) -> Plan:
    """A way back as it is planned now."""
    stages = stages or (stage("back", lane("cmp1", step("back/cmp1/it", "set", "cmp1", key=key, value=1))),)
    return replace(plan(*stages), operation="rollback", request=request_of(shop, run, **more)).sealed()


def end(shop: Shop, run: str) -> RunResult:
    return cancel(run, CLOUD, WorldTransport(shop.world), WorldApi(), means=shop.means())


def refused(act: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.exit_code == 3
    return caught.value


def test_a_way_back_is_stale_when_its_run_went_on_after_it_was_planned(shop: Shop) -> None:
    waiting = carry_out(shop, upgrade())
    planned = back(shop, waiting.run)
    assert go_on(shop, waiting.run, approve_gates=("all",)).state is RunState.DONE
    before = shop.world.done
    stale = refused(lambda: carry_out(shop, planned))
    assert stale.code == "execution.stale"
    told = {finding.summary: (finding.expected, finding.found) for finding in stale.findings}
    assert told["its state has changed since the plan was made"] == ("waiting", "done")
    assert told["the number of its steps that are done has changed since the plan was made"] == ("4", "8")
    assert "ostler rollback" in stale.do_next
    assert (shop.world.done, len(list_runs(shop.home))) == (before, 1)
    assert carry_out(shop, back(shop, waiting.run)).state is RunState.DONE


def test_of_two_ways_back_of_one_run_the_second_is_stale_also_after_another_upgrade(shop: Shop) -> None:
    done = carry_out(shop, upgrade(), approve_gates=("all",))
    first, second = back(shop, done.run), back(shop, done.run, key="other")
    taken_back = carry_out(shop, first)
    stale = refused(lambda: carry_out(shop, second))
    assert {finding.found for finding in stale.findings} == {"rolled_back", taken_back.run}
    carry_out(shop, plan(stage("roll", rolling("cmp3"))))
    assert refused(lambda: carry_out(shop, second)).code == "execution.stale"


def test_a_way_back_of_which_nothing_was_written_down_is_stale(shop: Shop) -> None:
    done = carry_out(shop, upgrade(), approve_gates=("all",))
    planned = back(shop, done.run)
    old = replace(planned, request={"run": done.run}).sealed()
    assert refused(lambda: carry_out(shop, old)).findings[0].expected == "nothing was written down"


def half_back(shop: Shop, run: str) -> RunResult:
    """Two steps of which the second fails."""
    steps = (step("back/cmp1/1", "set", "cmp1", key="version", value=1), step("back/cmp1/2", "add", "cmp1", keys=["b"]))
    shop.world.break_command("cmp1", "add")
    failed = carry_out(shop, back(shop, run, stage("back", lane("cmp1", *steps))))
    shop.world.break_command("cmp1", "add", mend=True)
    assert failed.state is RunState.FAILED
    return failed


def test_a_run_does_not_go_on_while_it_is_being_taken_back_nor_when_that_was_cancelled_half_way(shop: Shop) -> None:
    waiting = carry_out(shop, upgrade())
    failed = half_back(shop, waiting.run)
    for act in (
        lambda: go_on(shop, waiting.run, approve_gates=("all",)),
        lambda: approve(waiting.run, None, home=shop.home, who="tester"),
    ):
        told = refused(act)
        assert (told.code, told.do_next) == ("execution.being-taken-back", f"ostler resume {failed.run}")
    end(shop, failed.run)
    told = refused(lambda: go_on(shop, waiting.run, approve_gates=("all",)))
    assert told.code == "execution.taken-back-in-part"
    assert f"ostler rollback {waiting.run}" in told.do_next
    assert carry_out(shop, back(shop, waiting.run)).state is RunState.DONE


def test_a_run_may_be_ended_while_it_is_being_taken_back(shop: Shop) -> None:
    waiting = carry_out(shop, upgrade())
    half_back(shop, waiting.run)
    assert end(shop, waiting.run).state is RunState.CANCELLED


def test_a_run_goes_on_when_its_way_back_was_cancelled_before_it_changed_anything(shop: Shop) -> None:
    waiting = carry_out(shop, upgrade())
    looking = stage("look", lane("cmp1", step("look/cmp1/it", "set", "cmp1", key="seen", value=1)))
    rest = stage("back", lane("cmp1", step("back/cmp1/it", "set", "cmp1", key="version", value=1)), gate="Sure?")
    asked = carry_out(shop, back(shop, waiting.run, looking, rest))
    assert asked.state is RunState.WAITING
    told = refused(lambda: go_on(shop, waiting.run))
    assert told.do_next.endswith(f"it changed nothing yet: ostler cancel {asked.run} ends it")
    end(shop, asked.run)
    assert go_on(shop, waiting.run, approve_gates=("all",)).state is RunState.DONE


def test_a_way_back_does_not_go_on_after_another_one_came_to_its_end(shop: Shop) -> None:
    waiting = carry_out(shop, upgrade())
    failed = half_back(shop, waiting.run)
    assert carry_out(shop, back(shop, waiting.run)).state is RunState.DONE
    assert refused(lambda: go_on(shop, failed.run)).code == "execution.overtaken"


class Users:
    """What users have, as the APIs list it; `unread` are facts that cannot be read."""

    def __init__(self, shop: Shop) -> None:
        self.have: dict[str, dict[str, Any]] = {fact: {} for _, fact in KINDS}
        self.unread: list[str] = []
        self._world = read_world(shop.world)

    def read(self, cloud: Any, transport: Any, api: Any, requests: Any) -> dict[Any, Any]:
        told: dict[Any, Any] = {}
        for request in requests:
            if request.fact in self.unread:
                told[request] = Unknown("no answer")
            elif request.fact in self.have:
                told[request] = self.have[request.fact]
            else:
                told.update(self._world(cloud, transport, api, [request]))
        return told


def restore(shop: Shop, run: str, *before: Stage) -> Plan:
    inventory = shop.home.run_folder(run) / INVENTORY_NAME
    inventory.write_text(json.dumps({kind: {} for kind, _ in KINDS}))
    last = stage("restore", rolling("cmp3"), gate="Really?", is_point_of_no_return=True)
    return back(shop, run, *before, last, databases="restore")


def test_a_restore_is_stale_when_more_would_be_lost_and_each_thing_is_named(shop: Shop) -> None:
    users = Users(shop)
    done = carry_out(shop, upgrade(), approve_gates=("all",))
    planned = restore(shop, done.run)
    users.have["api.servers"] = {"id-1": {"name": "precious"}, "id-2": {"name": "ostler-probe-x"}}
    users.unread.append("api.images")
    stale = refused(lambda: carry_out(shop, planned, means={"read_facts": users.read}))
    assert stale.code == "execution.stale"
    assert [finding.subject for finding in stale.findings] == ["server precious", "images"]
    told = replace(planned, findings=stale.findings).sealed()
    del users.have["api.servers"]["id-1"]
    assert carry_out(shop, told, means={"read_facts": users.read}).state is RunState.WAITING


def test_a_yes_to_the_gate_of_a_restore_does_not_cover_what_was_created_after_it(shop: Shop) -> None:
    users = Users(shop)
    done = carry_out(shop, upgrade(), approve_gates=("all",))
    looking = stage("check-dump", lane("cmp1", step("check-dump/cmp1/it", "set", "cmp1", key="seen", value=1)))

    def read(cloud: Any, transport: Any, api: Any, requests: Any) -> dict[Any, Any]:
        if shop.world.numbers("cmp1").get("seen"):
            users.have["api.volumes"] = {"id-1": {"name": "late"}}
        return users.read(cloud, transport, api, requests)

    means = {"read_facts": read}
    asked = carry_out(shop, restore(shop, done.run, looking), means=means, approve_gates=("all",))
    assert asked.state is RunState.WAITING
    assert "more would be lost than was said before: volume late" in asked.message
    assert [finding.subject for finding in asked.findings] == ["volume late"]
    assert "cmp3: set version 2" not in shop.world.done
    assert go_on(shop, asked.run, means=means).state is RunState.WAITING
    approve(asked.run, None, home=shop.home, who="tester")
    assert go_on(shop, asked.run, means=means).state is RunState.DONE
    assert load_run(done.run, shop.home).record.state is RunState.ROLLED_BACK


def test_behind_the_gate_of_a_restore_apis_may_be_away(shop: Shop) -> None:
    users = Users(shop)
    means = {"read_facts": users.read}
    done = carry_out(shop, upgrade(), approve_gates=("all",))
    shop.world.break_command("cmp3", "add")
    failed = carry_out(shop, restore(shop, done.run), means=means, approve_gates=("all",))
    assert failed.state is RunState.FAILED
    shop.world.break_command("cmp3", "add", mend=True)
    users.unread += [fact for _, fact in KINDS]
    assert go_on(shop, failed.run, means=means).state is RunState.DONE
