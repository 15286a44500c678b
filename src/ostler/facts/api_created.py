"""What is created besides servers, volumes, images and networks: `api.users`, `api.projects`, `api.subnets`,
`api.ports`, `api.security_groups`, `api.volume_snapshots`, `api.flavors`.

Each is {id: {name, owner}} of all projects; `name` may be empty or None; `owner` is None but for a port that a service
made for itself or for a server ("compute:nova", "network:dhcp"). Key pairs are not among them: nova lists those of one
user at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import ApiRequest, ApiResponse
from ostler.facts.api_pages import PAGE, by_key, items, list_of
from ostler.facts.model import ApiFact, FactRequest, JsonValue


def _list(fact: str, service: str, path: str, key: str) -> ApiFact:
    def requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
        return (list_of(service, path),)

    def parse(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
        # keystone cuts a list that is longer than its list_limit, and says so.
        if any(isinstance(response.body, dict) and response.body.get("truncated") for response in responses):
            raise ValueError(f"the API cut the list of {key} short")
        return by_key(
            items(responses, key),
            lambda item: item["id"],
            lambda item: {"name": item["name"], "owner": item.get("device_owner") or None},
        )

    return ApiFact(fact, requests, parse)


NAMES = f"fields=id&fields=name&limit={PAGE}"

USERS = _list("api.users", "identity", "/users", "users")
PROJECTS = _list("api.projects", "identity", "/projects", "projects")
SUBNETS = _list("api.subnets", "network", f"/v2.0/subnets?{NAMES}", "subnets")
PORTS = _list("api.ports", "network", f"/v2.0/ports?{NAMES}&fields=device_owner", "ports")
GROUPS = _list("api.security_groups", "network", f"/v2.0/security-groups?{NAMES}", "security_groups")
SNAPSHOTS = _list("api.volume_snapshots", "volumev3", f"/snapshots/detail?all_tenants=1&limit={PAGE}", "snapshots")
FLAVORS = _list("api.flavors", "compute", f"/flavors/detail?is_public=None&limit={PAGE}", "flavors")
