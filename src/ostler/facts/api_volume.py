"""What cinder's API says: `api.volumes`, `api.volume_services`.

`api.volumes`: {id: {name, status, size: GiB, attachments: ids of servers, updated_at}} of all projects; `name` may
be None, `updated_at` is in ISO 8601, UTC.
`api.volume_services`: {"binary@host": {state, status, disabled_reason, updated_at}}; `host` is cinder's own, with the
backend ("ctl1@lvm").
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import ApiRequest, ApiResponse
from ostler.facts.api_pages import PAGE, by_key, items, list_of
from ostler.facts.model import ApiFact, FactRequest, JsonValue


def volumes_requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
    return (list_of("volumev3", f"/volumes/detail?all_tenants=1&limit={PAGE}"),)


def parse_volumes(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
    return by_key(
        items(responses, "volumes"),
        lambda volume: volume["id"],
        lambda volume: {
            "name": volume["name"],
            "status": volume["status"],
            "size": volume["size"],
            "updated_at": volume["updated_at"] or volume["created_at"],
            "attachments": sorted(attachment["server_id"] for attachment in volume["attachments"]),
        },
    )


def services_requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
    return (list_of("volumev3", "/os-services"),)


def parse_services(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
    return by_key(
        items(responses, "services"),
        lambda service: f"{service['binary']}@{service['host']}",
        lambda service: {
            "state": service["state"],
            "status": service["status"],
            "disabled_reason": service.get("disabled_reason"),
            "updated_at": service["updated_at"],
        },
    )


VOLUMES = ApiFact("api.volumes", volumes_requests, parse_volumes)
SERVICES = ApiFact("api.volume_services", services_requests, parse_services)
