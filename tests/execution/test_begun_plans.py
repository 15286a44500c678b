"""Which plans are not begun: one that was begun before, one beside an open run, and one whose cloud has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from execution_world import Shop, lane, plan, stage, step
from test_runs import carry_out, rolling

from ostler.cloud.model import Cloud
from ostler.errors import Refused
from ostler.execution.records import RunState
from ostler.execution.runs import list_runs, load_run
from ostler.facts.model import Unknown, wanted
from ostler.facts.predicate import Expectation
from ostler.planning.model import Acceptance


def test_a_plan_that_was_begun_is_never_begun_again(shop: Shop) -> None:
    made = plan(stage("roll", rolling("cmp1")))
    done = carry_out(shop, made)
    with pytest.raises(Refused, match=done.run) as refused:
        carry_out(shop, made)
    assert (refused.value.code, refused.value.exit_code) == ("execution.already-begun", 3)
    assert refused.value.do_next.startswith("make the plan again")


def test_an_upgrade_is_refused_while_another_run_is_open_unless_that_was_taken_on(shop: Shop) -> None:
    waiting = carry_out(shop, plan(stage("contract", rolling("cmp1"), gate="Really?")))
    other = plan(stage("roll", rolling("cmp2")))
    with pytest.raises(Refused, match=waiting.run) as refused:
        carry_out(shop, other)
    assert refused.value.code == "execution.another-run-open"
    for way_on in ("resume", "rollback", "cancel"):
        assert f"ostler {way_on} {waiting.run}" in refused.value.do_next
    later = load_run(waiting.run, shop.home).record.began_at + 1
    taken_on = replace(other, accepted=(Acceptance("runs.unfinished", "tester", later),), created_at=later).sealed()
    assert carry_out(shop, taken_on).state is RunState.DONE


def test_a_plan_whose_facts_changed_is_refused_as_stale_and_nothing_is_begun(shop: Shop) -> None:
    links = {"nova-api": "/old"}
    unread: list[str] = []

    def read(_cloud: Cloud, _transport: Any, _api: Any, requests: Any) -> dict[Any, Any]:
        return {r: Unknown("no answer") if r.host in unread else {"links": links} for r in requests}

    expected = [
        Expectation(wanted("host.environments", host), ("links", "nova-api"), "one_of", ["/old", "/new"], "as planned")
        for host in ("cmp1", "cmp2")
    ]
    relying = [
        step(f"roll/{e.request.host}/add", "add-blindly", e.request.host, keys=[], relies_on=(e,)) for e in expected
    ]
    made = plan(stage("roll", lane("all", *relying)))
    links["nova-api"] = "/elsewhere"
    with pytest.raises(Refused) as refused:
        carry_out(shop, made, means={"read_facts": read})
    assert (refused.value.code, refused.value.exit_code) == ("execution.stale", 3)
    assert [(f.subject, f.found, f.expected) for f in refused.value.findings] == [
        (f"host.environments@{host} links.nova-api", "/elsewhere", "as planned") for host in ("cmp1", "cmp2")
    ]
    assert refused.value.do_next == "make the plan again"
    links["nova-api"] = "/new"
    unread.append("cmp2")
    with pytest.raises(Refused) as refused:
        carry_out(shop, made, means={"read_facts": read})
    assert [f.found for f in refused.value.findings] == ["nothing: no answer"]
    assert (list_runs(shop.home), shop.world.done) == ([], [])
