"""Expectations about the servers of a load balancer, and about service records."""

from __future__ import annotations

from typing import Any

import pytest

from ostler.facts.model import wanted
from ostler.facts.predicate import Expectation, holds

NAMES = ["ctl1", "ctl2"]


def server(status: str, check: str) -> dict[str, Any]:
    return {"status": status, "check": check, "sessions": 0, "queued": 0, "weight": 1, "changed_s": 1}


@pytest.mark.parametrize(
    ("second", "is_so"),
    [
        (server("UP", "L7OK"), True),
        (server("UP", ""), True),
        (server("UP", "INI"), False),
        (server("UP", "L4CON"), False),
        (server("DOWN", "L4CON"), False),
        (None, True),
    ],
)
def test_a_server_is_up_again_when_a_check_saw_it(second: dict[str, Any] | None, is_so: bool) -> None:
    found = {"nova-api": {"ctl1": server("UP", "L7OK"), "ctl3": server("DOWN", "L4CON")}}
    if second is not None:
        found["nova-api"]["ctl2"] = second
    expectation = Expectation(wanted("haproxy.servers", "ctl1"), ("nova-api",), "up_by_check", NAMES)
    assert holds(expectation, found) is is_so


def test_a_backend_that_the_new_configuration_does_not_have_is_not_waited_for() -> None:
    assert holds(Expectation(wanted("haproxy.servers", "ctl1"), ("nova-api",), "up_by_check", NAMES), {})


@pytest.mark.parametrize(("version", "deleted", "is_so"), [(68, False, False), (68, True, True), (67, False, True)])
def test_a_deleted_service_record_may_say_any_version(version: int, deleted: bool, is_so: bool) -> None:
    records = {"nova-compute@cmp1": {"version": 67, "deleted": False}}
    records["nova-compute@gone"] = {"version": version, "deleted": deleted}
    assert holds(Expectation(wanted("nova.services"), (), "lacks_version", 68), records) is is_so
