"""Expectations about the servers of a load balancer, and about service records."""

from __future__ import annotations

from typing import Any

import pytest

from ostler.facts.model import JsonValue, wanted
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


NOVA = {"binaries": ["nova-compute", "nova-conductor"], "version": 68}
CINDER = {"binaries": ["cinder-scheduler", "cinder-volume"]}


def said(version: object, *, rpc: str = "3.1", deleted: bool = False, up: bool = True) -> dict[str, Any]:
    return {"version": version, "rpc_version": rpc, "deleted": deleted, "up": up}


@pytest.mark.parametrize(
    ("wished", "key", "record", "is_so"),
    [
        (NOVA, "nova-compute@cmp1", said(68), True),
        (NOVA, "nova-compute@cmp1", said(67), False),
        (NOVA, "nova-compute@cmp1", said(67, up=False), False),
        (NOVA, "nova-compute@cmp1", said(67, deleted=True), True),
        (NOVA, "nova-consoleauth@ctl1", said(30), True),
        (CINDER, "cinder-volume@ctl2@lvm", said("1.39"), True),
        (CINDER, "cinder-volume@ctl2@lvm", said("1.38"), False),
        (CINDER, "cinder-volume@ctl2@lvm", said(None), False),
        (CINDER, "cinder-volume@ctl2@lvm", said("1.39", rpc="3.0"), False),
        (CINDER, "cinder-volume@ctl2@lvm", said("1.38", deleted=True), True),
        (CINDER, "cinder-scheduler@ctl1", said("1.39", rpc="4.0"), True),
        (CINDER, "cinder-scheduler@ctl1", said("1.38", rpc="4.0"), False),
        (CINDER, "cinder-backup@ctl1", said("1.2"), True),
    ],
)
def test_a_record_that_is_older_is_seen(wished: JsonValue, key: str, record: dict[str, Any], is_so: bool) -> None:
    records = {"nova-conductor@ctl1": said(68), "cinder-volume@ctl1@lvm": said("1.39"), key: record}
    assert holds(Expectation(wanted("any"), (), "none_older", wished), records) is is_so


@pytest.mark.parametrize(
    ("key", "record", "is_so"),
    [
        ("cinder-volume@ctl1@lvm", said("1.39", up=False), True),
        ("cinder-volume@ctl1.example.org@lvm#pool", said("1.39", up=False), True),
        ("cinder-volume@rbd:volumes@rbd", said("1.39"), True),
        ("cinder-volume@gone@lvm", said("1.39", up=False), False),
        ("cinder-volume@gone@lvm", said("1.39", up=False, deleted=True), True),
        ("cinder-backup@gone", said("1.39", up=False), True),
    ],
)
def test_a_record_of_nobody_is_seen(key: str, record: dict[str, Any], is_so: bool) -> None:
    wished = {**CINDER, "hosts": ["ctl1"]}
    assert holds(Expectation(wanted("any"), (), "none_left_behind", wished), {key: record}) is is_so


@pytest.mark.parametrize(
    ("status", "reason", "is_so"),
    [
        ("enabled", None, True),
        ("enabled", "ostler upgrade", True),
        ("disabled", "hardware", True),
        ("disabled", None, True),
        ("disabled", "ostler upgrade", False),
    ],
)
def test_only_what_is_disabled_for_the_named_reason_is_left_so(status: str, reason: str | None, is_so: bool) -> None:
    records: JsonValue = {"nova-compute@cmp1": {"status": status, "disabled_reason": reason}}
    wished = Expectation(wanted("any"), ("nova-compute@cmp1",), "not_disabled_for", "ostler upgrade")
    assert holds(wished, records) is is_so
