"""What nova's API says: `api.servers`, `api.compute_services`, `api.hypervisors`.

`api.servers`: {id: {name, status, host, task_state, power_state, volumes: ids, project_id, image_id, created, updated,
tags}} of all projects; `host` is None before scheduling, `image_id` for a server that boots from a volume; times are in
ISO 8601.
`api.compute_services`: {"binary@host": {id, state, status, disabled_reason, updated_at}}; state is up or down, status
enabled or disabled.
`api.hypervisors`: {host: {state, status, running_vms, type, version}}; `type` is "QEMU" wherever libvirt is used, then
`version` is QEMU's as a number (6.2.0 is 6002000). A host with several (ironic) has their sum of running_vms and is up
only when all are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import ApiRequest, ApiResponse
from ostler.facts.api_pages import PAGE, by_key, items, list_of
from ostler.facts.model import ApiFact, FactRequest, JsonValue
from ostler.facts.output import integer

# 2.53 (Pike): ids of services are UUIDs, tags are shown, and hypervisors still tell running_vms (until 2.87).
VERSION = "compute 2.53"
VERSIONS = {"ocata": "compute 2.42"}
"""For clouds of a release whose API does not know VERSION: its newest (nova 15.1.5, nova/api/openstack/
api_version_request.py, read 2026-11-26). Ids of services are numbers there."""


def _version(cloud: Cloud) -> str:
    return VERSIONS.get(cloud.release, VERSION)


def servers_requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
    return (list_of("compute", f"/servers/detail?all_tenants=1&limit={PAGE}", version=_version(cloud)),)


def parse_servers(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
    return by_key(items(responses, "servers"), lambda server: server["id"], _server)


def _server(server: dict[str, Any]) -> JsonValue:
    image = server.get("image")
    return {
        "name": server["name"],
        "status": server["status"],
        "host": server["OS-EXT-SRV-ATTR:host"],
        "task_state": server["OS-EXT-STS:task_state"],
        "power_state": server["OS-EXT-STS:power_state"],
        "volumes": sorted(volume["id"] for volume in server["os-extended-volumes:volumes_attached"]),
        "project_id": server["tenant_id"],
        "image_id": image["id"] if isinstance(image, dict) else None,
        "created": server["created"],
        "updated": server["updated"],
        "tags": sorted(server.get("tags", [])),
    }


def services_requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
    return (list_of("compute", "/os-services", version=_version(cloud)),)


def parse_services(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
    fields = ("id", "state", "status", "disabled_reason", "updated_at")
    return by_key(
        items(responses, "services"),
        lambda service: f"{service['binary']}@{service['host']}",
        lambda service: {field: service[field] for field in fields},
    )


def hypervisors_requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
    return (list_of("compute", f"/os-hypervisors/detail?limit={PAGE}", version=_version(cloud)),)


def parse_hypervisors(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
    found: dict[str, JsonValue] = {}
    for seen in items(responses, "hypervisors"):
        single = by_key([seen], lambda hypervisor: hypervisor["service"]["host"], _hypervisor)
        for host, hypervisor in single.items():
            found[host] = _together(found[host], hypervisor) if host in found else hypervisor
    return found


def _hypervisor(hypervisor: dict[str, Any]) -> JsonValue:
    return {
        "state": hypervisor["state"],
        "status": hypervisor["status"],
        "running_vms": integer(hypervisor["running_vms"], "the number of servers of a hypervisor"),
        "type": str(hypervisor["hypervisor_type"]),
        "version": integer(hypervisor["hypervisor_version"], "the version of a hypervisor"),
    }


def _together(one: dict[str, Any], other: dict[str, Any]) -> JsonValue:
    return {
        "state": one["state"] if other["state"] == "up" else other["state"],
        "status": one["status"] if other["status"] == "enabled" else other["status"],
        "running_vms": one["running_vms"] + other["running_vms"],
        "type": one["type"],
        "version": min(one["version"], other["version"]),
    }


SERVERS = ApiFact("api.servers", servers_requests, parse_servers)
SERVICES = ApiFact("api.compute_services", services_requests, parse_services)
HYPERVISORS = ApiFact("api.hypervisors", hypervisors_requests, parse_hypervisors)
