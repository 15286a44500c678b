"""Readiness: everything that stands in the way, worst and causes first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ostler.catalog import load_catalog
from ostler.cloud.model import Api, Cloud, Databases, Host, Messaging
from ostler.errors import Finding, Severity
from ostler.facts.model import Snapshot
from ostler.facts.registry import FACTS
from ostler.planning.readiness import readiness, readiness_requests, worst_first

CLOUD = Cloud("example", "2024.1", "venv", {"cmp1": Host("cmp1", "10.0.0.21", ("compute",))})


def finding(code: str, severity: Severity) -> Finding:
    return Finding(code, severity, "x", "x")


def test_what_others_stand_on_comes_before_what_suffers_from_it() -> None:
    failures = [
        finding(code, Severity.FAILURE) for code in ("haproxy.server-down", "service.not-running", "host.clock")
    ]
    found = worst_first([finding("host.note", Severity.NOTE), *failures, finding("runs.open", Severity.WARNING)])
    assert [each.code for each in found] == [
        "host.clock", "service.not-running", "haproxy.server-down", "runs.open", "host.note"
    ]  # fmt: skip


@pytest.mark.parametrize("target", [None, "2025.1"])
def test_a_cloud_of_which_nothing_is_known_is_not_called_ready(target: str | None) -> None:
    found = readiness(load_catalog(), Snapshot(CLOUD, 0.0), target)
    unknown = [each for each in found if each.code == "rules.cannot-tell"]
    assert {each.subject for each in unknown} == {"cmp1"}
    assert all(each.severity is Severity.WARNING for each in unknown)


def test_a_hop_that_does_not_exist_is_a_failure_that_names_the_way() -> None:
    found = {each.code: each for each in readiness(load_catalog(), Snapshot(CLOUD, 0.0), "2026.1")}
    assert found["catalog.no-such-hop"].severity is Severity.FAILURE
    assert "2025.1" in found["catalog.no-such-hop"].do_next


def test_a_hop_nobody_tried_is_a_note() -> None:
    found = readiness(load_catalog(), Snapshot(CLOUD, 0.0), "2024.2")
    assert ("upgrade.hop-not-tried", Severity.NOTE) in {(each.code, each.severity) for each in found}


def test_every_fact_the_rules_ask_for_can_be_read() -> None:
    requests = readiness_requests(CLOUD, is_upgrade=True)
    assert {request.fact for request in requests} <= set(FACTS)
    assert {request.host for request in requests} <= {"cmp1", None}


def test_an_upgrade_needs_no_less_to_be_known_than_a_check() -> None:
    check, upgrade = (set(readiness_requests(CLOUD, is_upgrade=is_upgrade)) for is_upgrade in (False, True))
    assert check <= upgrade


def test_a_deployment_kind_ostler_cannot_change_is_refused_for_upgrades_alone() -> None:
    packaged = replace(CLOUD, deployment="apt")
    assert "upgrade.deployment-kind" in {f.code for f in readiness(load_catalog(), Snapshot(packaged, 0.0), "2025.1")}
    assert "upgrade.deployment-kind" not in {f.code for f in readiness(load_catalog(), Snapshot(packaged, 0.0), None)}
    assert "upgrade.deployment-kind" not in {f.code for f in readiness(load_catalog(), Snapshot(CLOUD, 0.0), "2025.1")}


def test_what_an_upgrade_needs_must_be_in_the_cloud_file() -> None:
    found = [f for f in readiness(load_catalog(), Snapshot(CLOUD, 0.0), "2025.1") if f.code == "upgrade.not-described"]
    assert [each.subject.partition(":")[0] for each in found] == ["databases", "messaging", "api"]
    complete = replace(
        CLOUD, databases=Databases(("cmp1",)), messaging=Messaging(("cmp1",)), api=Api(Path("clouds.yaml"), "example")
    )
    codes = {each.code for each in readiness(load_catalog(), Snapshot(complete, 0.0), "2025.1")}
    assert "upgrade.not-described" not in codes
