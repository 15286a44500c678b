"""What is created besides servers, volumes, images and networks: `api.users`, `api.projects`, `api.subnets`,
`api.ports`, `api.routers`, `api.floating_ips`, `api.security_groups`, `api.volume_snapshots`, `api.volume_backups`,
`api.volume_types`, `api.flavors`, `api.server_groups`.

Each is {id: {name, owner}} of all projects; `name` may be empty or None, and is the address of a floating IP; `owner`
is None but for a port that a service made for itself or for a server ("compute:nova", "network:dhcp"). Key pairs are
not among them: nova lists those of one user at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ostler.cloud.model import Cloud
from ostler.commands import ApiRequest, ApiResponse
from ostler.facts.api_pages import PAGE, by_key, items, list_of
from ostler.facts.model import ApiFact, FactRequest, JsonValue

NOT_OFFERED = 404


def _list(
    fact: str,
    service: str,
    path: str,
    key: str,
    *,
    name: str = "name",
    is_optional: bool = False,
    has_pages: bool = True,
) -> ApiFact:
    """`is_optional`: a cloud may be without this part of the API, then there is nothing of it; `has_pages`: a list that
    is longer than one page says so."""

    def requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
        first = list_of(service, path)
        return (replace(first, expect=(*first.expect, NOT_OFFERED)) if is_optional else first,)

    def parse(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
        if is_optional and [response.status for response in responses] == [NOT_OFFERED]:
            return {}
        found = items(responses, key)
        # keystone cuts a list that is longer than its list_limit, and says so.
        is_cut = any(isinstance(response.body, dict) and response.body.get("truncated") for response in responses)
        if is_cut or (not has_pages and len(found) >= PAGE):
            raise ValueError(f"the API cut the list of {key} short")
        return by_key(
            found,
            lambda item: item["id"],
            lambda item: {"name": item[name], "owner": item.get("device_owner") or None},
        )

    return ApiFact(fact, requests, parse)


NAMES = f"fields=id&fields=name&limit={PAGE}"
ADDRESSES = f"fields=id&fields=floating_ip_address&limit={PAGE}"

USERS = _list("api.users", "identity", "/users", "users")
PROJECTS = _list("api.projects", "identity", "/projects", "projects")
SUBNETS = _list("api.subnets", "network", f"/v2.0/subnets?{NAMES}", "subnets")
PORTS = _list("api.ports", "network", f"/v2.0/ports?{NAMES}&fields=device_owner", "ports")
# Both are there only where neutron has its `router` extension; what an extension that is not there offers is answered
# with 404 (neutron-lib, api-ref/source/v2/routers.inc; read 2026-11-27).
ROUTERS = _list("api.routers", "network", f"/v2.0/routers?{NAMES}", "routers", is_optional=True)
FLOATING_IPS = _list(
    "api.floating_ips",
    "network",
    f"/v2.0/floatingips?{ADDRESSES}",
    "floatingips",
    name="floating_ip_address",
    is_optional=True,
)
GROUPS = _list("api.security_groups", "network", f"/v2.0/security-groups?{NAMES}", "security_groups")
SNAPSHOTS = _list("api.volume_snapshots", "volumev3", f"/snapshots/detail?all_tenants=1&limit={PAGE}", "snapshots")
BACKUPS = _list("api.volume_backups", "volumev3", f"/backups/detail?all_tenants=1&limit={PAGE}", "backups")
TYPES = _list("api.volume_types", "volumev3", f"/types?is_public=None&limit={PAGE}", "volume_types")
FLAVORS = _list("api.flavors", "compute", f"/flavors/detail?is_public=None&limit={PAGE}", "flavors")
# nova cuts this list at its max_limit (1000 unless set otherwise) and gives no link to what follows (nova,
# api/openstack/compute/server_groups.py; read 2026-11-27).
SERVER_GROUPS = _list(
    "api.server_groups",
    "compute",
    f"/os-server-groups?all_projects=True&limit={PAGE}",
    "server_groups",
    has_pages=False,
)
