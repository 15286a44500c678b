"""What facts ask is safe to ask: read-only, argument lists, and nothing of the cloud file becomes part of a script."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fact_cases import specs_cloud

from ostler.cloud.model import Host, LoadBalancer
from ostler.facts.model import ApiFact, HostFact, wanted
from ostler.facts.registry import FACTS, fact
from ostler.facts.scripts import marker

PARAMS = {
    "host.accounts": {"users": "nova:glance"},
    "host.mentions": {"names": "ctl1:ctl2"},
    "host.numbers": {"uids": "64060", "gids": "64060", "groups": "nova"},
    "host.shared_folders": {"paths": '["/var/lib/glance"]'},
    "host.files": {"paths": '["/etc/hosts"]'},
    "host.options": {"path": "/etc/nova/nova.conf", "options": "DEFAULT/my_ip"},
    "host.set_options": {"path": "/etc/nova/nova.conf", "values": "auth_type:enabled_backends"},
    "databases.rows_in_the_way": {"blocker": "cinder.use-quota-of-deleted-volumes"},
    "databases.variable": {"name": "version"},
}
HOST_FACTS = [known for known in FACTS.values() if isinstance(known, HostFact)]
API_FACTS = [known for known in FACTS.values() if isinstance(known, ApiFact)]


@pytest.mark.parametrize("known", HOST_FACTS, ids=lambda known: known.id)
def test_host_facts_only_read(known: HostFact) -> None:
    request = wanted(known.id, None if known.choose_hosts else "ctl1", **PARAMS.get(known.id, {}))
    commands = known.commands(specs_cloud(), request)
    assert commands
    for command in commands:
        assert command.is_read_only
        if command.argv[0] in ("sh", "python3"):
            assert marker(known.id) in command.argv


@pytest.mark.parametrize("known", API_FACTS, ids=lambda known: known.id)
def test_api_facts_only_get(known: ApiFact) -> None:
    assert {request.method for request in known.requests(specs_cloud(), wanted(known.id))} == {"GET"}


def stands_alone(name: str, argument: str) -> bool:
    """Whether a name that an argument holds is all of it, or a whole text of the JSON it is."""
    if name not in argument or argument == name:
        return True
    try:
        left = [json.loads(argument)]
    except ValueError:
        return False
    for part in left:
        if isinstance(part, (dict, list)):
            left += [*part, *part.values()] if isinstance(part, dict) else part
        elif isinstance(part, str) and name in part and part != name:
            return False
    return True


def test_hostile_names_stay_arguments() -> None:
    nasty = "10.0.0.1'; rm -rf / #"
    cloud = specs_cloud()
    hosts = {**cloud.hosts, "ctl1": Host("ctl1", nasty, ("controller",))}
    cloud = replace(cloud, hosts=hosts, load_balancer=LoadBalancer(("ctl1",), "10.77.0.250", socket=nasty))
    for known in HOST_FACTS:
        request = wanted(known.id, None if known.choose_hosts else "ctl1", **PARAMS.get(known.id, {}))
        for command in known.commands(cloud, request):
            assert all(stands_alone(nasty, part) for part in command.argv), f"{known.id} joins values into text"


@pytest.mark.parametrize(
    ("fact_id", "params"),
    [
        ("host.files", {"paths": '["etc/hosts"]'}),
        ("host.files", {"paths": '"/etc/hosts"'}),
        ("databases.rows_in_the_way", {"blocker": "cinder.enable-does-nothing"}),
        ("databases.rows_in_the_way", {"blocker": "there is none such"}),
        ("databases.variable", {"name": "x'; DROP DATABASE nova; --"}),
        ("host.options", {"path": "/etc/nova/nova.conf", "options": "database/connection"}),
        ("host.set_options", {"path": "/etc/nova/nova.conf", "values": "auth_type:connection"}),
        ("host.set_options", {"path": "nova.conf", "values": "auth_type"}),
        ("host.numbers", {"uids": "64060", "gids": "root", "groups": ""}),
    ],
)
def test_questions_that_must_not_be_asked_are_refused(fact_id: str, params: dict[str, str]) -> None:
    known = fact(fact_id)
    assert isinstance(known, HostFact)
    with pytest.raises(
        ValueError, match=r"absolute|list of paths|no name in a database|hold secrets|counts the rows|no numbers"
    ):
        known.commands(specs_cloud(), wanted(fact_id, "ctl1", **params))
