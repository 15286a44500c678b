"""neutron's, placement's and keystone's APIs of a simulated cloud."""

from __future__ import annotations

from collections.abc import Callable

from ostler.remote.simulated.api_state import add, look, look_at_all, remove, things, time_text
from ostler.remote.simulated.routes import Asked, Reply, Route, missing

NETWORK_KINDS = ("networks", "subnets", "ports", "routers", "floatingips")
IDENTITY_KINDS = ("users", "projects", "services", "endpoints")
AGENTS = {
    "neutron-openvswitch-agent": "Open vSwitch agent",
    "neutron-l3-agent": "L3 agent",
    "neutron-dhcp-agent": "DHCP agent",
    "neutron-metadata-agent": "Metadata agent",
}


def _lists(kind: str, prefix: str = "") -> Callable[[Asked], Reply]:
    return lambda asked: Reply(200, {kind: look_at_all(asked.world.state, prefix + kind)})


def _shows(kind: str) -> Callable[[Asked], Reply]:
    def show(asked: Asked) -> Reply:
        found = look(asked.world.state, kind, asked.words[0])
        return Reply(200, {kind[:-1]: found}) if found else missing(f"{kind[:-1]} could not be found")

    return show


def _deletes(kind: str) -> Callable[[Asked], Reply]:
    def delete(asked: Asked) -> Reply:
        if asked.words[0] not in things(asked.world.state, kind):
            return missing(f"{kind[:-1]} could not be found")
        remove(asked.world, kind, asked.words[0])
        return Reply(204)

    return delete


def create_network(asked: Asked) -> Reply:
    values = {"status": "ACTIVE", "admin_state_up": True, "subnets": [], **asked.body["network"]}
    return Reply(201, {"network": add(asked.world, "networks", values)})


def create_subnet(asked: Asked) -> Reply:
    return Reply(201, {"subnet": add(asked.world, "subnets", dict(asked.body["subnet"]))})


def create_port(asked: Asked) -> Reply:
    wanted = asked.body["port"]
    subnets = [s.values for s in things(asked.world.state, "subnets").values()]
    own = [s for s in subnets if s.get("network_id") == wanted.get("network_id")]
    used = len(things(asked.world.state, "ports"))
    fixed = [{"subnet_id": s["id"], "ip_address": f"{s['cidr'].rpartition('.')[0]}.{10 + used}"} for s in own[:1]]
    return Reply(201, {"port": add(asked.world, "ports", {"status": "DOWN", **wanted, "fixed_ips": fixed})})


def agents(asked: Asked) -> Reply:
    world = asked.world
    found = [
        {
            "id": f"{unit}-{host.name}",
            "binary": unit,
            "host": host.name,
            "agent_type": kind,
            "alive": world.is_reachable(host.name) and host.units[unit].runs,
            "admin_state_up": True,
            "heartbeat_timestamp": time_text(world.state),
        }
        for host in world.state.hosts.values()
        for unit, kind in AGENTS.items()
        if unit in host.units
    ]
    return Reply(200, {"agents": found})


def resource_providers(asked: Asked) -> Reply:
    records = [r for r in asked.world.state.databases.records if r.binary == "nova-compute" and not r.deleted]
    found = [{"uuid": record.uuid, "name": record.host, "generation": 3} for record in records]
    return Reply(200, {"resource_providers": found})


def allocation_candidates(asked: Asked) -> Reply:
    records = [r for r in asked.world.state.databases.records if r.binary == "nova-compute" and not r.disabled]
    requests = [{"allocations": {record.uuid: {"resources": {"VCPU": 1}}}} for record in records]
    return Reply(200, {"allocation_requests": requests, "provider_summaries": {}})


ROUTES = (
    *(Route("network", "GET", f"/v2.0/{kind}", _lists(kind)) for kind in NETWORK_KINDS),
    *(Route("network", "GET", f"/v2.0/{kind}/*", _shows(kind)) for kind in NETWORK_KINDS),
    *(Route("network", "DELETE", f"/v2.0/{kind}/*", _deletes(kind)) for kind in NETWORK_KINDS),
    Route("network", "GET", "/v2.0/security-groups", _lists("security_groups")),
    Route("network", "POST", "/v2.0/networks", create_network),
    Route("network", "POST", "/v2.0/subnets", create_subnet),
    Route("network", "POST", "/v2.0/ports", create_port),
    Route("network", "GET", "/v2.0/agents", agents),
    Route("placement", "GET", "/resource_providers", resource_providers),
    Route("placement", "GET", "/allocation_candidates", allocation_candidates),
    *(Route("identity", "GET", f"/{kind}", _lists(kind, "identity-")) for kind in IDENTITY_KINDS),
)
