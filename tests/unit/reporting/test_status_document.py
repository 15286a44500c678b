"""The status of a cloud: what is well is counted, what is wrong is named once, by its first cause."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from healthy_cloud import CONTROLLERS, TAKEN_AT, Facts, cloud

from ostler.facts.model import Unknown, wanted
from ostler.reporting.status import status_of
from ostler.reporting.status_model import Link, StatusDocument
from ostler.reporting.status_text import WIDTH, status_text


def codes(document: StatusDocument) -> list[str]:
    return [finding.code for finding in document.findings]


def word(document: StatusDocument, service: str, host: str) -> str:
    return next(state.word for state in document.services if (state.service, state.host) == (service, host))


def test_a_healthy_cloud_needs_one_line() -> None:
    document = status_of(Facts().snapshot())
    assert document.is_fine
    assert document.verdict == f"all {len(document.services)} services answer"
    assert status_text(document).splitlines()[0] == document.verdict
    assert len(document.services) == 3 * 11 + 2 * 1


Spoil = Callable[[Facts], object]


@pytest.mark.parametrize(
    ("spoil", "service", "host", "expected_word", "code"),
    [
        (lambda f: f.at("host.units", "ctl2").pop("nova-api"), "nova-api", "ctl2", "MISSING", "status.unit-missing"),
        (
            lambda f: f.at("host.units", "ctl2")["nova-api"].update(active="failed"),
            "nova-api", "ctl2", "FAILED", "status.unit-failed",
        ),
        (
            lambda f: f.at("host.units", "cmp1")["nova-compute"].update(active="inactive"),
            "nova-compute", "cmp1", "stopped", "status.unit-inactive",
        ),
        (
            lambda f: f.at("host.units", "ctl1")["cinder-volume"].update(restarts=9, started_at=TAKEN_AT - 5),
            "cinder-volume", "ctl1", "crashing", "status.unit-crashing",
        ),
        (
            lambda f: f.at("host.processes", "ctl1")["nova-api"].update(environment=None, environments=["/a", "/b"]),
            "nova-api", "ctl1", "mixed", "status.mixed-code",
        ),
        (
            lambda f: f.at("host.environments", "ctl1")["links"].update({"nova-api": "/venvs/nova-31.3.1"}),
            "nova-api", "ctl1", "other link", "status.restart-pending",
        ),
        (
            lambda f: f.at("host.answers", "ctl3")["glance-api"].update(status=0),
            "glance-api", "ctl3", "no answer", "status.no-answer",
        ),
        (
            lambda f: f.at("host.answers", "ctl3")["glance-api"].update(status=503),
            "glance-api", "ctl3", "no answer", "status.no-answer",
        ),
        (
            lambda f: f.at("haproxy.servers", "ctl2")["keystone"]["ctl1"].update(status="MAINT"),
            "keystone", "ctl1", "maint", "status.out-of-balancer",
        ),
        (
            lambda f: f.at("host.processes", "ctl1")["nova-conductor"].update(amqp_connections=0),
            "nova-conductor", "ctl1", "no amqp", "status.no-amqp",
        ),
        (
            lambda f: f.at("host.processes", "ctl1")["nova-conductor"].update(database_connections=0),
            "nova-conductor", "ctl1", "no db", "status.no-database",
        ),
        (
            lambda f: f.at("host.units", "ctl1")["nova-conductor"].update(enabled=False),
            "nova-conductor", "ctl1", "not at boot", "status.unit-not-enabled",
        ),
    ],
)  # fmt: skip
def test_one_thing_wrong_with_a_service_is_one_finding(
    spoil: Spoil, service: str, host: str, expected_word: str, code: str
) -> None:
    facts = Facts()
    spoil(facts)
    document = status_of(facts.snapshot())
    assert word(document, service, host) == expected_word
    assert codes(document) == [code]
    assert not document.is_fine
    assert [state.word for state in document.services if not state.is_ok] == [expected_word]


def test_a_stopped_service_is_not_also_blamed_for_not_answering() -> None:
    facts = Facts()
    facts.at("host.units", "ctl2")["nova-api"].update(active="failed")
    facts.at("host.processes", "ctl2")["nova-api"].update(pids=[], environment=None, amqp_connections=0)
    facts.at("host.answers", "ctl2")["nova-api"].update(status=0)
    facts.at("haproxy.servers", "ctl1")["nova-api"]["ctl2"].update(status="DOWN")
    assert codes(status_of(facts.snapshot())) == ["status.unit-failed"]


def test_the_same_trouble_on_many_hosts_is_one_finding() -> None:
    facts = Facts()
    for host in CONTROLLERS:
        facts.at("host.processes", host)["nova-conductor"].update(amqp_connections=0)
    (finding,) = status_of(facts.snapshot()).findings
    assert finding.subject == "nova-conductor on ctl1, ctl2, ctl3"


def test_an_api_without_connections_is_idle_not_wrong() -> None:
    facts = Facts()
    facts.at("host.processes", "ctl1")["nova-api"].update(amqp_connections=0, database_connections=0)
    document = status_of(facts.snapshot())
    assert document.is_fine
    state = next(state for state in document.services if (state.service, state.host) == ("nova-api", "ctl1"))
    assert (state.amqp, state.database) == (Link.IDLE, Link.IDLE)


def test_a_service_whose_link_leads_elsewhere_is_not_to_be_restarted() -> None:
    facts = Facts()
    facts.at("host.environments", "ctl1")["links"].update({"nova-api": "/venvs/nova-31.3.1"})
    (finding,) = status_of(facts.snapshot()).findings
    assert finding.do_next.startswith("see `ostler runs`: resume that run or take it back")


def on_another_path(facts: Facts) -> Facts:
    """The same cloud as stock OpenStack-Ansible deploys it: nothing below Ostler's folder."""
    for host in facts.cloud.hosts:
        for process in facts.at("host.processes", host).values():
            process.update(environment=None, environments=[])
        facts.at("host.environments", host).update(links={}, present={})
    return facts


def test_services_on_another_path_are_well_with_one_note_that_their_version_is_unknown() -> None:
    document = status_of(on_another_path(Facts()).snapshot())
    assert document.is_fine
    assert document.verdict == f"all {len(document.services)} services answer"
    assert {state.word for state in document.services} == {"other path"}
    assert codes(document) == ["status.other-layout"]
    text = " ".join(status_text(document).split())
    assert "services run code that does not lie below /opt/openstack/venvs: the version is unknown" in text


def test_what_is_wrong_with_a_service_on_another_path_comes_first() -> None:
    facts = on_another_path(Facts())
    facts.at("host.answers", "ctl3")["glance-api"].update(status=503)
    document = status_of(facts.snapshot())
    assert word(document, "glance-api", "ctl3") == "no answer"
    assert codes(document) == ["status.no-answer", "status.other-layout"]


def test_held_requests_are_let_go_by_a_command_that_can_be_typed() -> None:
    facts = Facts()
    facts.at("haproxy.held", "ctl1").update(backends=["nova-api"])
    (finding,) = status_of(facts.snapshot()).findings
    command = 'echo "del map /etc/haproxy/hold.map NAME" | socat - UNIX-CONNECT:/run/haproxy/admin.sock'
    assert finding.do_next.endswith(command)


def test_an_unreachable_host_is_one_finding_and_its_services_are_not_known() -> None:
    facts = Facts()
    facts.unreachable("ctl2")
    document = status_of(facts.snapshot())
    assert codes(document) == ["remote.unreachable"]
    assert document.findings[0].subject == "ctl2"
    assert {state.word for state in document.services if state.host == "ctl2"} == {"?"}
    assert document.verdict == "1 thing is wrong:"


def test_what_replaces_a_service_in_another_release_is_not_missing_it() -> None:
    facts = Facts()
    for host in CONTROLLERS:
        old = facts.at("host.processes", host).pop("neutron-server")
        facts.at("host.units", host).pop("neutron-server")
        for service in ("neutron-api", "neutron-rpc-server", "neutron-periodic-workers"):
            facts.at("host.processes", host)[service] = dict(old)
            facts.at("host.units", host)[service] = {"active": "active", "enabled": True}
            facts.run_release(service, host, "neutron", "2025.1")
    document = status_of(facts.snapshot())
    assert "neutron-server" not in {state.service for state in document.services}
    assert codes(document) == ["status.other-release"]


def test_half_an_upgrade_shows_both_versions_and_says_so() -> None:
    facts = Facts()
    facts.run_release("nova-api", "ctl1", "nova", "2025.1")
    document = status_of(facts.snapshot())
    assert codes(document) == ["status.other-release"]
    assert document.verdict.endswith("1 thing deserves a look:")
    row = next(line for line in status_text(document).splitlines() if line.startswith("  nova-api"))
    assert "31." in row
    assert "29." in row


@pytest.mark.parametrize(
    ("fact", "host", "changed", "code"),
    [
        ("galera.node", "ctl3", {"size": 2}, "status.galera-not-whole"),
        ("galera.node", "ctl3", {"state": "Donor/Desynced"}, "status.galera-not-whole"),
        ("rabbitmq.node", "ctl1", {"running": ["ctl1", "ctl2"]}, "status.broker-apart"),
        ("rabbitmq.node", "ctl1", {"partitions": ["ctl2"]}, "status.broker-partition"),
        ("rabbitmq.node", "ctl1", {"alarms": ["disk"]}, "status.broker-alarm"),
        ("rabbitmq.node", "ctl1", {"queues_without_leader": 3}, "status.queue-without-leader"),
        ("haproxy.held", "ctl1", {"backends": ["nova-api"]}, "status.requests-held"),
        ("keepalived.vip", "ctl2", {"holds": True}, "status.vip-holders"),
        ("keepalived.vip", "ctl1", {"holds": False}, "status.vip-holders"),
        ("memcached.node", "ctl1", {"up": False}, "status.memcached-down"),
    ],
)
def test_what_services_stand_on_is_judged(fact: str, host: str, changed: dict[str, object], code: str) -> None:
    facts = Facts()
    facts.at(fact, host).update(changed)
    assert codes(status_of(facts.snapshot())) == [code]


@pytest.mark.parametrize(
    ("fact", "record", "changed", "code"),
    [
        ("api.hypervisors", "cmp1", {"state": "down"}, "status.hypervisor-down"),
        ("api.network_agents", "agent@cmp1", {"alive": False}, "status.network-agent-dead"),
        ("api.volume_services", "cinder-volume@ctl1@a", {"state": "down"}, "status.volume-service-down"),
    ],
)
def test_records_of_the_apis_are_judged(fact: str, record: str, changed: dict[str, object], code: str) -> None:
    facts = Facts()
    facts.at(fact)[record].update(changed)
    assert codes(status_of(facts.snapshot())) == [code]


def test_a_disabled_volume_service_may_be_down() -> None:
    facts = Facts()
    facts.at("api.volume_services")["cinder-volume@ctl1@a"].update(state="down", status="disabled")
    assert status_of(facts.snapshot()).is_fine


def test_an_api_that_clients_cannot_reach_is_wrong_even_when_each_host_answers() -> None:
    facts = Facts()
    facts.at("vip.answers")["nova-api"].update(status=503)
    document = status_of(facts.snapshot())
    assert codes(document) == ["status.no-answer-at-vip"]
    assert "http://10.0.0.250:8774/ answers 503" in status_text(document)


def test_an_address_out_of_reach_of_this_machine_is_no_finding() -> None:
    facts = Facts()
    facts.values[wanted("vip.answers")] = Unknown("the virtual address cannot be reached from this machine")
    assert status_of(facts.snapshot()).is_fine


def test_apis_that_refuse_us_are_one_finding() -> None:
    facts = Facts()
    for request in list(facts.values):
        if request.fact.startswith("api."):
            facts.values[request] = Unknown("the password is wrong", "api.denied", "correct it")
    document = status_of(facts.snapshot())
    assert codes(document) == ["status.not-read"]
    assert document.findings[0].do_next == "correct it"


def test_one_host_alone_is_shown_without_what_it_stands_on() -> None:
    facts = Facts()
    facts.at("memcached.node", "ctl1").update(up=False)
    document = status_of(facts.snapshot(), only="ctl2")
    assert {state.host for state in document.services} == {"ctl2"}
    assert document.is_fine
    assert document.parts == ()


def test_the_text_stays_narrow_with_many_hosts_and_folds_those_that_are_alike() -> None:
    computes = [f"compute-with-a-long-name-{number:03}" for number in range(200)]
    facts = Facts(cloud(computes))
    for host in computes[3:60]:
        facts.at("host.units", host)["nova-compute"].update(active="failed")
    text = status_text(status_of(facts.snapshot()))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert len(text.splitlines()) < 70
    assert "FAILED" in text


def test_the_json_is_complete_and_plain() -> None:
    facts = Facts()
    facts.unreachable("ctl2")
    document = json.loads(json.dumps(status_of(facts.snapshot()).to_json()))
    assert document["format"] == 1
    assert document["is_fine"] is False
    assert {"host", "service", "unit", "version", "environment", "answers", "balancers", "amqp", "database"} <= set(
        document["services"][0]
    )
    assert {part["name"] for part in document["parts"]} >= {"Galera", "RabbitMQ", "HAProxy", "virtual IP"}
