"""What is read of each API, again and again: something real, judged by what is in it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence

from ostler.execution.probe.asking import Asker, Judge, holding
from ostler.execution.probe.objects import OwnObjects
from ostler.execution.probe.pace import Pace
from ostler.execution.probe.wire import Answer

Read = Callable[[Asker, OwnObjects], object]

CANDIDATES = "/allocation_candidates?resources=VCPU:1,MEMORY_MB:64&limit=5"


def _get(api: str, op: str, path: str, text: str) -> Read:
    """Return a reading GET; ``{server}``, ``{image}`` and ``{network}`` stand for the probe's own objects."""

    def read(asker: Asker, own: OwnObjects) -> object:
        names = {"server": own.server_id, "image": own.image_id, "network": own.network_id}
        judge = holding(text.format(**names).encode())
        return asker.ask(api, op, "GET", path.format(**names), judge=judge)

    return read


def _image_data(asker: Asker, own: OwnObjects) -> object:
    return asker.ask("glance", "data", "GET", f"/images/{own.image_id}/file", judge=_has_digest(own.image_sha256))


def _has_digest(sha256: str) -> Judge:
    def judge(answer: Answer) -> str:
        if answer.status != 200:
            return answer.cause
        is_same = hashlib.sha256(answer.body).hexdigest() == sha256
        return "" if is_same else f"200, but {len(answer.body)} bytes that are not the image's"

    return judge


_projects = _get("keystone", "projects", "/projects", '"projects"')
_candidates = _get("placement", "candidates", CANDIDATES, '"allocation_requests"')
_providers = _get("placement", "providers", "/resource_providers", '"resource_providers"')
_servers = _get("nova", "servers", "/servers?all_tenants=1&limit=20", '"servers"')
_services = _get("nova", "services", "/os-services", '"services"')
_flavors = _get("nova", "flavors", "/flavors?limit=20", '"flavors"')
_agents = _get("neutron", "agents", "/agents?limit=20", '"agents"')
_pools = _get("neutron", "subnetpools", "/subnetpools?limit=20", '"subnetpools"')

READS: Mapping[str, Sequence[Read]] = {
    # CPU time per request on the practice cloud, 2024.1: network list 53 ms, port list 37, server list 35, showing a
    # server 100 (nova asks neutron), all others 4 to 20. What costs most has the fewest turns: the probe shall not
    # be what makes a small cloud slow.
    "keystone": (
        lambda asker, _own: asker.ask_token(),
        _projects,
        _get("keystone", "users", "/users?limit=20", '"users"'),
        _projects,
    ),
    "glance": (
        _get("glance", "images", "/images?limit=20", '"images"'),
        _get("glance", "image", "/images/{image}", "{image}"),
        _image_data,
    ),
    "placement": (_candidates, _providers, _providers),
    "nova": (
        _servers,
        _services,
        _flavors,
        _get("nova", "server", "/servers/{server}", "{server}"),
        _services,
        _flavors,
        _servers,
        _services,
    ),
    "neutron": (
        _get("neutron", "networks", "/networks?limit=20", '"networks"'),
        _agents,
        _pools,
        _get("neutron", "ports", "/ports?limit=20", '"ports"'),
        _agents,
        _pools,
        _get("neutron", "network", "/networks/{network}", "{network}"),
        _agents,
        _pools,
    ),
    "cinder": (
        _get("cinder", "volumes", "/volumes?all_tenants=1&limit=20", '"volumes"'),
        _get("cinder", "services", "/os-services", '"services"'),
    ),
}

READ_EVERY_S = 0.19
"""One read per API at this distance: a little over five a second, whatever the writes do besides."""

READERS_PER_API = 8
"""How many requests of one API may wait at once; half of the readers keep their connection alive."""


def read_on(api: str, asker: Asker, own: OwnObjects, pace: Pace, stop: threading.Event) -> None:
    """Read one API until ``stop`` is set; several threads share the pace.

    Each round begins with another read, so that every read is asked over kept and over fresh connections.
    """
    reads = READS[api]
    while (number := pace.take(stop)) is not None:
        reads[(number + number // len(reads)) % len(reads)](asker, own)
