"""What neutron's API says: `api.network_agents`, `api.networks`.

`api.network_agents`: {"binary@host": {alive, admin_up, kind}}.  `api.networks`: {id: {name, status}}.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import ApiRequest, ApiResponse
from ostler.facts.api_pages import PAGE, by_key, items, list_of
from ostler.facts.model import ApiFact, FactRequest, JsonValue


def agents_requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
    return (list_of("network", "/v2.0/agents"),)


def parse_agents(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
    return by_key(
        items(responses, "agents"),
        lambda agent: f"{agent['binary']}@{agent['host']}",
        lambda agent: {
            "alive": bool(agent["alive"]),
            "admin_up": bool(agent["admin_state_up"]),
            "kind": agent["agent_type"],
        },
    )


def networks_requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
    return (list_of("network", f"/v2.0/networks?fields=id&fields=name&fields=status&limit={PAGE}"),)


def parse_networks(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
    return by_key(
        items(responses, "networks"),
        lambda network: network["id"],
        lambda network: {"name": network["name"], "status": network["status"]},
    )


AGENTS = ApiFact("api.network_agents", agents_requests, parse_agents)
NETWORKS = ApiFact("api.networks", networks_requests, parse_networks)
