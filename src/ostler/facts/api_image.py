"""What glance's API says: `api.images`: {id: {name, status, checksum, os_hash_value, size}} of all projects.

`checksum`, `os_hash_value` and `size` (bytes) are None while an image has no data.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import ApiRequest, ApiResponse
from ostler.facts.api_pages import PAGE, by_key, items, list_of
from ostler.facts.model import ApiFact, FactRequest, JsonValue

FIELDS = ("name", "status", "checksum", "os_hash_value", "size")


def requests(cloud: Cloud, request: FactRequest) -> Sequence[ApiRequest]:
    return (list_of("image", f"/v2/images?visibility=all&limit={PAGE}"),)


def parse(responses: Sequence[ApiResponse], cloud: Cloud, request: FactRequest) -> JsonValue:
    return by_key(
        items(responses, "images"),
        lambda image: image["id"],
        lambda image: {field: image.get(field) for field in FIELDS},
    )


FACT = ApiFact("api.images", requests, parse)
