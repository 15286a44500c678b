"""Versions of brokers and database servers: what a way is not known with is told, and what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.golden.recorded import sources

from ostler.errors import Finding, Severity
from ostler.facts.model import Unknown, wanted
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import Strategy, UpgradeRequest

RECORDED = sources("practice-3-2", "2025.1")
CODES = ("upgrade.broker-version", "upgrade.database-version")


def found(fact: str, *versions: str | None, strategy: Strategy = "rolling") -> list[Finding]:
    """What is told when the hosts, in their order, run these versions (None: it could not be read)."""
    snapshot = RECORDED.snapshot
    changed = {}
    for host, version in zip(("ctl1", "ctl2", "ctl3"), versions, strict=True):
        request = wanted(fact, host)
        changed[request] = Unknown("silent") if version is None else {**snapshot.values[request], "version": version}
    altered = replace(RECORDED, snapshot=replace(snapshot, values={**snapshot.values, **changed}))
    plan = plan_upgrade(altered, UpgradeRequest(target="2025.1", accepted_by="the test", strategy=strategy))
    return [finding for finding in plan.findings if finding.code in CODES]


@pytest.mark.parametrize("version", ["3.9.27", "3.10.8", "3.13.7", "4.0.5"])
def test_a_broker_the_target_is_known_with_is_not_told_of(version: str) -> None:
    assert found("rabbitmq.node", version, version, version) == []


@pytest.mark.parametrize("strategy", ["rolling", "fast-forward"])
def test_an_old_broker_goes_up_first_step_by_step(strategy: Strategy) -> None:
    (told,) = found("rabbitmq.node", "3.7.28", "3.7.28", "3.10.8", strategy=strategy)
    assert (told.code, told.severity) == ("upgrade.broker-version", Severity.WARNING)
    assert told.subject == "rabbitmq on ctl1, ctl2"
    assert (told.found, told.expected) == ("3.7.28", "3.9 to 4.0")
    assert "while 2024.1 runs: 3.7 → 3.8 → 3.9;" in told.do_next
    assert "--accept upgrade.broker-version" in told.do_next


def test_a_newer_broker_than_any_that_was_seen_is_to_be_tried() -> None:
    (told,) = found("rabbitmq.node", "4.3.1", "4.3.1", "4.3.1")
    assert "practice cloud" in told.do_next and "→" not in told.do_next


def test_an_old_database_server_goes_up_first() -> None:
    (told,) = found("galera.node", *["10.4.34-MariaDB-1:10.4.34+maria~ubu2004"] * 3)
    assert (told.code, told.expected) == ("upgrade.database-version", "10.6 to 10.11")
    assert "10.4 → 10.5 → 10.6;" in told.do_next


def test_a_newer_database_server_is_tried_by_a_rehearsal() -> None:
    (told,) = found("galera.node", *["11.8.3-MariaDB-0+deb13u1"] * 3)
    assert "ostler rehearse" in told.do_next


def test_a_version_that_nobody_could_read_is_told_where_no_other_host_tells_it() -> None:
    (told,) = found("rabbitmq.node", None, None, None)
    assert told.found == "its version could not be read"
    assert found("rabbitmq.node", None, "3.10.8", None) == []
