"""What the kill soak says of a run: everything that is not as if nothing had happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from demanded import seen_by_users
from onlooker import changed_paths, is_named, named_paths
from rehearsing import rehearsal

BEFORE = "aa  nova/nova.conf\nbb  glance/glance-api.conf\nsystemd/system/a.wants/old.service -> /x\n"
GOOD = {"failed": 0, "wrong_outcomes": 0, "causes": {}, "beyond_limits": []}


def report(**api: Any) -> dict[str, Any]:
    return {"probe": {"nova": {**GOOD, **api}}, "probe_about": {"servers_in_error": 0}}


def test_a_run_that_users_did_not_notice_is_not_wrong() -> None:
    assert list(seen_by_users(report())) == []


def test_failures_long_waits_and_a_probe_that_did_not_run_are_wrong() -> None:
    failed = report(failed=1, causes={"boot: 503": 1})
    assert list(seen_by_users(failed)) == ["nova: 1 requests failed, 0 objects ended wrong: {'boot: 503': 1}"]
    waited = report(beyond_limits=["a request waited 8.1 s (list), over 6 s"])
    assert list(seen_by_users(waited)) == ["nova: a request waited 8.1 s (list), over 6 s"]
    assert list(seen_by_users({**report(), "probe": {}})) == ["no probe ran"]


def test_files_that_changed_came_or_went_are_told_and_those_that_stayed_are_not() -> None:
    after = "aa  nova/nova.conf\ncc  glance/glance-api.conf\nsystemd/system/a.wants/new.service -> /x\n"
    wants = "/etc/systemd/system/a.wants"
    assert changed_paths(BEFORE, after) == {
        "/etc/glance/glance-api.conf",
        f"{wants}/old.service",
        f"{wants}/new.service",
    }


def test_only_what_a_plan_writes_on_a_host_may_have_changed_there(folder: Path) -> None:
    plan = rehearsal(folder).plan()
    named = named_paths(plan, "ctl1")
    assert is_named("/etc/nova/nova.conf", named)
    assert is_named("/etc/systemd/system/neutron-rpc-server.service", named)
    assert is_named("/etc/systemd/system/multi-user.target.wants/neutron-rpc-server.service", named)
    assert not is_named("/etc/keystone/keystone.conf", named)
    assert not is_named("/etc/systemd/system/neutron-rpc-server.service", named_paths(plan, "cmp1"))
