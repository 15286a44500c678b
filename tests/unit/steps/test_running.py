"""Which services must be seen to stay: those that neither answer nor report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ostler.cloud.model import Cloud, Host
from ostler.execution.waiting import judge
from ostler.facts import answers
from ostler.facts.model import wanted
from ostler.steps.effects import Run, Until
from ostler.steps.model import Step
from ostler.steps.registry import kind_of
from ostler.steps.running import STEADY_S, is_running_from

CLOUD = Cloud("example", "2024.1", "venv", {"ctl1": Host("ctl1", "10.0.0.11", ("controller",))})


def start(**params: Any) -> Step:
    params = {"environment": "/opt/openstack/venvs/x-1", "backends": [], "reports_as": [], **params}
    return Step(id="s", kind="start-service", host="ctl1", why="w", undo="u", estimate_s=1, params=params)


@pytest.mark.parametrize(
    ("params", "steady_s"),
    [
        ({"units": ["cinder-scheduler", "cinder-volume"]}, STEADY_S),
        ({"units": ["neutron-api", "neutron-rpc-server"], "backends": ["neutron-api"]}, STEADY_S),
        ({"units": ["glance-api"], "backends": ["glance-api"]}, 0.0),
        ({"units": ["nova-compute"], "reports_as": ["nova-compute@cmp1"], "service_version": 68}, 0.0),
    ],
)
def test_a_unit_for_which_nothing_vouches_must_stay(params: dict[str, Any], steady_s: float) -> None:
    of_units = [u for u in is_running_from(start(**params), 60.0) if u.expectation.request.fact == "host.units"]
    assert [until.steady_s for until in of_units] == [steady_s] * len(params["units"])


def test_only_the_apis_of_the_step_are_asked_since_another_one_may_hang() -> None:
    step = start(units=["nova-api", "nova-metadata"], backends=["nova-api", "nova-metadata"])
    asked = {u.expectation.request for u in is_running_from(step, 60.0) if u.expectation.request.fact == "host.answers"}
    (command,) = [command for request in asked for command in answers.commands(CLOUD, request)]
    assert [backend for backend, _, _ in json.loads(command.argv[-1])] == ["nova-api", "nova-metadata"]
    (command,) = answers.commands(CLOUD, wanted("host.answers", "ctl1"))
    assert len(json.loads(command.argv[-1])) > 2


def test_a_process_that_was_started_anew_is_another_one() -> None:
    expectation = is_running_from(start(units=["cinder-volume"]), 60.0)[0].expectation
    unit = {"active": "active", "sub": "running", "enabled": True, "main_pid": 10, "invocation": "a", "restarts": 0}
    first = judge(expectation, {"cinder-volume": unit})
    again = judge(expectation, {"cinder-volume": {**unit, "main_pid": 11, "invocation": "b", "restarts": 1}})
    waits = judge(expectation, {"cinder-volume": {**unit, "active": "activating", "sub": "auto-restart"}})
    assert (first.holds, again.holds, waits.holds) == (True, True, False)
    assert first.found != again.found
    assert judge(expectation, {}).holds is False


@pytest.mark.parametrize(
    ("at_once", "begun"),
    [
        (False, [["neutron-api.service"], "waits for neutron-api", ["neutron-rpc-server.service"]]),
        (True, [["neutron-api.service", "neutron-rpc-server.service"]]),
    ],
)
def test_units_start_in_turn_while_others_serve_and_at_once_while_nothing_does(at_once: bool, begun: list[Any]) -> None:
    step = start(units=["neutron-api", "neutron-rpc-server"], **({"at_once": True} if at_once else {}))
    seen: list[Any] = []
    for effect in kind_of("start-service").effects(step, CLOUD, {}):
        if isinstance(effect, Until):
            seen.append(f"waits for {effect.expectation.path[0]}")
        elif isinstance(effect, Run) and effect.command.argv[1] == "start":
            seen.append(list(effect.command.argv[2:]))
    assert seen == begun
