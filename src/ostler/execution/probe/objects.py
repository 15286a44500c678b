"""The objects the probe needs for its questions: made at its start, deleted at its end.

It brings its own flavor, image, network and a server that stands all the time, so that it works on an empty
cloud and touches nothing of anybody else's.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass

from ostler.errors import OutsideError
from ostler.execution.probe.asking import Asker, as_json, wait_for
from ostler.execution.probe.naming import OBJECT_PREFIX
from ostler.execution.probe.wire import Answer

IMAGE_BYTES = 64 * 1024
READY_TIMEOUT_S = 180.0
GONE_TIMEOUT_S = 30.0
UNLISTED_TIMEOUT_S = 5.0
DELETE_EVERY_S = 1.0
CIDR = "198.18.0.0/24"
"""From the range set aside for measurements: nothing routes there."""


@dataclass(frozen=True)
class OwnObjects:
    """The ids of what the probe works with; ``image_sha256`` is of the image's bytes."""

    prefix: str
    flavor_id: str
    image_id: str
    image_sha256: str
    network_id: str
    server_id: str


def make_objects(asker: Asker, prefix: str, is_stopping: Callable[[], bool]) -> OwnObjects:
    """Make the probe's own objects and wait until the server is ACTIVE, or until the probe is to stop.

    Raises OutsideError `probe.cannot-begin` when one cannot be made: then the probe cannot measure anything.
    """
    flavor = {"name": f"{prefix}flavor", "ram": 64, "vcpus": 1, "disk": 1}
    flavor_id = _made(asker.ask("nova", "flavor-create", "POST", "/flavors", body={"flavor": flavor}), "flavor")
    image_id, digest = _make_image(asker, prefix)
    network = asker.ask(
        "neutron", "network-create", "POST", "/networks", body={"network": {"name": f"{prefix}network"}}
    )
    network_id = _made(network, "network")
    subnet = {"network_id": network_id, "ip_version": 4, "cidr": CIDR, "name": f"{prefix}subnet", "enable_dhcp": False}
    _made(asker.ask("neutron", "subnet-create", "POST", "/subnets", body={"subnet": subnet}), "subnet")
    server = {
        "name": f"{prefix}standing",
        "flavorRef": flavor_id,
        "imageRef": image_id,
        "networks": [{"uuid": network_id}],
    }
    server_id = _made(asker.ask("nova", "boot", "POST", "/servers", body={"server": server}), "server")
    error = wait_for(lambda: server_state(asker, server_id, "ACTIVE"), is_stopping=is_stopping, every_s=0.5,
        timeout_s=READY_TIMEOUT_S,
    )  # fmt: skip
    if error:
        raise _cannot_begin(f"the probe's server did not become ACTIVE: {error}")
    return OwnObjects(prefix, flavor_id, image_id, digest, network_id, server_id)


def _make_image(asker: Asker, prefix: str) -> tuple[str, str]:
    content = os.urandom(IMAGE_BYTES)
    image = {"name": f"{prefix}image", "disk_format": "raw", "container_format": "bare", "min_disk": 0}
    answer = asker.ask("glance", "create", "POST", "/images", body=image)
    image_id = as_json(answer).get("id")
    if not image_id:
        raise _cannot_begin("the probe's image could not be made")
    if asker.ask("glance", "upload", "PUT", f"/images/{image_id}/file", chunks=iter([content])) is None:
        raise _cannot_begin("the probe's image could not be uploaded")
    return str(image_id), hashlib.sha256(content).hexdigest()


def server_state(asker: Asker, server_id: str, wanted: str) -> str | None:
    """Return "" when a server has the wanted status, what went wrong when it is in ERROR, None when neither."""
    server = as_json(asker.ask("nova", "poll", "GET", f"/servers/{server_id}")).get("server", {})
    if server.get("status") == wanted:
        return ""
    if server.get("status") == "ERROR":
        return f"server {server_id} is in ERROR: {server.get('fault', {}).get('message', 'no fault recorded')}"
    return None


def _made(answer: Answer | None, noun: str) -> str:
    made = as_json(answer).get(noun, {}).get("id")
    if not made:
        raise _cannot_begin(f"the probe's {noun} could not be made")
    return str(made)


def _cannot_begin(summary: str) -> OutsideError:
    return OutsideError(
        "probe.cannot-begin",
        summary,
        do_next="see the last lines of requests.jsonl in the probe's folder for the API's own words",
    )


def clean_up(
    asker: Asker, is_ours: Callable[[str], bool], is_stopping: Callable[[], bool] = lambda: False
) -> list[str]:
    """Delete everything whose name ``is_ours``; return what is left, in words, empty when nothing is. What could not be
    listed counts as left.

    Servers first, then what they used. Nothing of this is written down as a request: it is no measurement.
    """
    quiet = _Quiet(asker, is_ours)
    return [it for kind in _KINDS for it in quiet.remove(kind, is_stopping)]


@dataclass(frozen=True)
class _ObjectKind:
    """A kind of object: `api` lists it at `listing`, under `key`; one lies at `path`/id."""

    api: str
    path: str
    key: str
    listing: str


_KINDS = (
    _ObjectKind("nova", "/servers", "servers", f"/servers?all_tenants=1&name=^{OBJECT_PREFIX}"),
    _ObjectKind("cinder", "/volumes", "volumes", "/volumes?limit=1000"),
    _ObjectKind("neutron", "/ports", "ports", "/ports?fields=id&fields=name"),
    _ObjectKind("neutron", "/networks", "networks", "/networks?fields=id&fields=name"),
    _ObjectKind("glance", "/images", "images", "/images?limit=1000&sort=created_at:desc"),
    _ObjectKind("nova", "/flavors", "flavors", "/flavors"),
    _ObjectKind("keystone", "/projects", "projects", f"/projects?name__startswith={OBJECT_PREFIX}"),
)


class _Quiet:
    """Asks without writing down."""

    def __init__(self, asker: Asker, is_ours: Callable[[str], bool]) -> None:
        self._asker = asker
        self._is_ours = is_ours

    def remove(self, kind: _ObjectKind, is_stopping: Callable[[], bool]) -> list[str]:
        """Delete what is ours of one kind, and again until it is gone: some objects refuse while they are being made.
        What is left, in words."""

        def is_listed() -> str | None:
            return None if self._named(kind) is None else ""

        def delete() -> str | None:
            found = self._named(kind)
            for it in found or ():
                self._send(kind.api, "DELETE", f"{kind.path}/{it['id']}")
            return "" if found == [] else None

        unlisted = [f"{kind.key}: could not be listed"]
        if wait_for(is_listed, is_stopping=is_stopping, every_s=DELETE_EVERY_S, timeout_s=UNLISTED_TIMEOUT_S):
            return unlisted
        if wait_for(delete, is_stopping=is_stopping, every_s=DELETE_EVERY_S, timeout_s=GONE_TIMEOUT_S) == "":
            return []
        left = self._named(kind)
        return unlisted if left is None else [f"{kind.key[:-1]} {it['name']}" for it in left]

    def _send(self, api: str, method: str, path: str) -> Answer:
        identity = self._asker.identity
        return self._asker.wire.send(method, identity.endpoints[api] + path, {"X-Auth-Token": identity.token.text})

    def _named(self, kind: _ObjectKind) -> list[dict[str, str]] | None:
        """The objects of a kind that are ours; None when the API did not list them. A cloud without it has none."""
        if kind.api not in self._asker.identity.endpoints:
            return []
        answer = self._send(kind.api, "GET", kind.listing)
        if answer.status != 200:
            return None
        return [item for item in as_json(answer).get(kind.key, []) if self._is_ours(str(item.get("name") or ""))]
