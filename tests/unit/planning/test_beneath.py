"""Versions of brokers and database servers: what a way is not known with is told, and what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.golden.recorded import sources

from ostler.catalog import load_catalog
from ostler.errors import Finding, Severity
from ostler.facts.model import Snapshot, Unknown, wanted
from ostler.planning.upgrade.beneath import beneath_findings
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import Scene, Strategy, UpgradeRequest

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
    assert (told.severity, "--accept" in told.do_next) == (Severity.NOTE, False)


def test_an_old_database_server_goes_up_first() -> None:
    (told,) = found("galera.node", *["10.4.34-MariaDB-1:10.4.34+maria~ubu2004"] * 3)
    assert (told.code, told.expected) == ("upgrade.database-version", "10.6 to 10.11")
    assert "10.4 → 10.5 → 10.6;" in told.do_next


def test_a_newer_database_server_is_tried_by_a_rehearsal() -> None:
    (told,) = found("galera.node", *["11.8.3-MariaDB-0+deb13u1"] * 3)
    assert "ostler rehearse" in told.do_next
    assert told.severity is Severity.NOTE


def test_a_version_that_nobody_could_read_is_told_where_no_other_host_tells_it() -> None:
    (told,) = found("rabbitmq.node", None, None, None)
    assert (told.found, told.severity) == ("its version could not be read", Severity.WARNING)
    assert found("rabbitmq.node", None, "3.10.8", None) == []


def scenes(*targets: str, source: str, broker: str, database: str = "10.11.19-MariaDB") -> list[Scene]:
    """The hops of a way on which all brokers and database servers run these versions."""
    catalog = load_catalog().reaching(source)
    hosts = RECORDED.cloud.messaging.hosts
    versions = {"rabbitmq.node": broker, "galera.node": database}
    values = {wanted(fact, host): {"version": version} for fact, version in versions.items() for host in hosts}
    snapshot = Snapshot(RECORDED.cloud, 0.0, values)
    request = UpgradeRequest(target=targets[-1], strategy="fast-forward")
    ends = zip((source, *targets), targets, strict=False)
    return [Scene(catalog, catalog.releases.hop(*each), RECORDED.cloud, snapshot, request) for each in ends]


def test_where_nothing_is_known_of_any_broker_that_is_a_note() -> None:
    hops = scenes("rocky", source="queens", broker="3.6.10")
    (told,) = beneath_findings(hops[0], hops[0], hops)
    assert (told.code, told.severity) == ("upgrade.broker-version", Severity.NOTE)
    assert told.expected == "nothing is known of any version"
    assert "--accept" not in told.do_next


def test_a_database_server_must_suit_every_release_of_the_way_and_a_broker_the_last() -> None:
    hops = scenes("2025.1", "2026.1", source="2024.1", broker="4.2.1", database="11.8.3-MariaDB")
    assert list(beneath_findings(hops[-1], hops[-1], hops[-1:])) == []
    (told,) = beneath_findings(hops[-1], hops[-1], hops)
    assert (told.code, told.expected) == ("upgrade.database-version", "10.11")


def test_a_broker_of_a_new_control_plane_is_installed_anew() -> None:
    (hop,) = scenes("2025.1", source="2024.1", broker="3.8.9")
    (told,) = beneath_findings(hop, replace(hop, stands_for={"new1": "ctl1"}), [hop])
    assert told.do_next.startswith("install 3.9 to 4.0 on the new hosts")
    (hop,) = scenes("2025.1", source="2024.1", broker="3.10.8", database="10.5.29-MariaDB")
    (told,) = beneath_findings(hop, replace(hop, stands_for={"new1": "ctl1"}), [hop])
    assert "10.5 → 10.6, and the same on the new hosts;" in told.do_next


def test_what_a_release_was_only_rehearsed_on_holds_up_no_way_from_it() -> None:
    hops = scenes("rocky", "stein", source="queens", broker="3.6.10", database="10.1.48-MariaDB")
    told = list(beneath_findings(hops[0], hops[-1], hops))
    assert {each.severity for each in told} == {Severity.NOTE}
    assert not any("--accept" in each.do_next or "→" in each.do_next for each in told)


def test_brokers_of_a_new_control_plane_are_judged_by_the_last_hop_wherever_the_way_begins() -> None:
    (first,) = scenes("rocky", source="queens", broker="3.6.10")
    (last,) = scenes("2025.1", source="2024.1", broker="3.6.10")
    new = replace(last, stands_for={"new1": "ctl1"})
    told = [each for each in beneath_findings(first, new, [first, last]) if each.code == "upgrade.broker-version"]
    assert [each.severity for each in told] == [Severity.WARNING]
    assert told[0].do_next.startswith("install 3.9 to 4.0 on the new hosts")


def test_of_mysql_nothing_is_on_record() -> None:
    (hop,) = scenes("2025.1", source="2024.1", broker="3.10.8", database="8.0.36")
    assert [each.code for each in beneath_findings(hop, hop, [hop])] == ["upgrade.database-version"]
    cloud = replace(hop.cloud, databases=replace(hop.cloud.databases, kind="mysql"))
    hop = replace(hop, cloud=cloud)
    assert list(beneath_findings(hop, hop, [hop])) == []
