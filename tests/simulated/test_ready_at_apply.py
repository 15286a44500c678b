"""A cloud that is no longer as ready as when the plan was made is left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rehearsing import Rehearsal, rehearsal

from ostler.errors import Refused
from ostler.execution.as_planned import check_as_planned
from ostler.execution.means import Means
from ostler.facts.model import FactRequest, wanted
from ostler.planning.model import Acceptance, Plan

Change = Callable[[Any], Any]


@pytest.fixture(scope="module")
def cloud(shared_folder: Path) -> Rehearsal:
    return rehearsal(shared_folder)


@pytest.fixture(scope="module")
def plan(cloud: Rehearsal) -> Plan:
    return cloud.plan()


def check(cloud: Rehearsal, plan: Plan, fact: FactRequest | None = None, change: Change = dict) -> None:
    """What is checked before a run begins, on a cloud where one fact is otherwise."""
    means = Means(home=cloud.home, who="the tests", clock=cloud.simulation.clock)

    def read(*asked: Any) -> dict[FactRequest, Any]:
        values = dict(means.read_facts(*asked))
        return {request: change(value) if request == fact else value for request, value in values.items()}

    simulated = cloud.simulation.simulated
    check_as_planned(plan, cloud.simulation.cloud, simulated.transport, simulated.api, replace(means, read_facts=read))


def refusal(cloud: Rehearsal, plan: Plan, fact: FactRequest, change: Change) -> set[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        check(cloud, plan, fact, change)
    assert (refused.value.code, refused.value.exit_code) == ("execution.stale", 3)
    return {(finding.code, finding.subject) for finding in refused.value.findings}


def test_a_cloud_as_it_was_is_gone_on_with(cloud: Rehearsal, plan: Plan) -> None:
    check(cloud, plan)


def test_a_database_server_out_of_step_since_is_named(cloud: Rehearsal, plan: Plan) -> None:
    found = refusal(cloud, plan, wanted("galera.node", "ctl2"), lambda node: {**node, "state": "Joined"})
    assert ("galera.node-not-synced", "ctl2") in found


def test_a_broker_with_an_alarm_since_is_named(cloud: Rehearsal, plan: Plan) -> None:
    found = refusal(cloud, plan, wanted("rabbitmq.node", "ctl1"), lambda node: {**node, "alarms": ["disk"]})
    assert any(code.startswith("rabbitmq.") for code, _ in found)


def test_a_warning_since_refuses_unless_its_code_was_accepted(cloud: Rehearsal, plan: Plan) -> None:
    fact = wanted("api.servers")

    def change(servers: dict[str, Any]) -> dict[str, Any]:
        return {key: {**value, "status": "ERROR"} for key, value in servers.items()}

    codes = {code for code, _ in refusal(cloud, plan, fact, change)}
    accepted = tuple(Acceptance(code, "alice", plan.created_at) for code in sorted(codes))
    check(cloud, replace(plan, accepted=accepted).sealed(), fact, change)
