"""Every fact Ostler knows can be read of a simulated cloud, and says what is simulated."""

from __future__ import annotations

import pytest

from ostler.execution.reading import read_facts
from ostler.execution.simulation import Simulation, three_plus_two
from ostler.facts.model import FactRequest, Unknown, WebFact, wanted
from ostler.facts.registry import FACTS

PARAMETERS = {
    "host.accounts": {"users": "nova:glance"},
    "host.numbers": {"uids": "42", "gids": "42", "groups": "nova"},
    "host.mentions": {"names": "ctl1:ctl3"},
    "host.shared_folders": {"paths": '["/var/lib/glance/images"]'},
    "host.files": {"paths": '["/etc/nova/nova.conf", "/etc/nova/"]'},
    "host.set_options": {"path": "/etc/nova/nova.conf", "values": "debug:auth_type"},
    "host.options": {"path": "/etc/nova/nova.conf", "options": "DEFAULT/debug:DEFAULT/nothing"},
    "databases.rows_in_the_way": {"blocker": "cinder.use-quota-of-deleted-volumes"},
    "databases.variable": {"name": "log_bin_trust_function_creators"},
}
ON_A_HOST = (
    "host.",
    "galera.",
    "mariadb.",
    "rabbitmq.",
    "haproxy.",
    "keepalived.",
    "ceph.",
    "ovn.",
    "swift.",
    "memcached.",
    "databases.variable",
    "keystone.keys",
    "controller.kept",
)
ON_A_COMPUTE = ("libvirt.node", "nova.guests", "nova.identity")


def request_for(fact: str) -> FactRequest:
    host = "ctl2" if fact.startswith(ON_A_HOST) else "cmp1" if fact in ON_A_COMPUTE else None
    return wanted(fact, host, **PARAMETERS.get(fact, {}))


@pytest.fixture(scope="module")
def cloud() -> Simulation:
    return three_plus_two("2024.1")


def read(simulation: Simulation, request: FactRequest) -> object:
    simulated = simulation.simulated
    return read_facts(simulation.cloud, simulated.transport, simulated.api, [request])[request]


@pytest.mark.parametrize("fact", [fact.id for fact in FACTS.values() if not isinstance(fact, WebFact)])
def test_a_fact_can_be_read(cloud: Simulation, fact: str) -> None:
    value = read(cloud, request_for(fact))
    assert not isinstance(value, Unknown), value


def test_what_a_service_runs_is_its_environment_at_the_time_it_was_started(cloud: Simulation) -> None:
    value = read(cloud, wanted("host.processes", "ctl1"))
    assert isinstance(value, dict)
    assert value["nova-api"]["environment"] == "/opt/openstack/venvs/nova-29.4.0"
    assert value["nova-api"]["listening"] == [8774]
    assert value["nova-conductor"]["amqp_connections"] == 1


def test_a_host_that_is_out_of_reach_makes_its_facts_unknown() -> None:
    simulation = three_plus_two("2024.1")
    simulation.simulated.break_host("ctl2")
    assert isinstance(read(simulation, wanted("host.clock", "ctl2")), Unknown)
    assert read(simulation, wanted("galera.node", "ctl1"))["size"] == 2  # type: ignore[index]
