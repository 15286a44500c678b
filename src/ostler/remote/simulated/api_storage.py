"""glance's and cinder's APIs of a simulated cloud."""

from __future__ import annotations

import hashlib
from typing import Any

from ostler.remote.simulated.api_state import (
    VOLUME_HOST,
    add,
    change,
    look,
    look_at_all,
    remove,
    things,
    time_text,
)
from ostler.remote.simulated.machine import World
from ostler.remote.simulated.planes import CINDER_CONF, known_as
from ostler.remote.simulated.routes import Asked, Reply, Route, missing, refused
from ostler.remote.simulated.services import members, running
from ostler.remote.simulated.state import HostState

POOL = "files"


def images(asked: Asked) -> Reply:
    return Reply(200, {"images": look_at_all(asked.world.state, "images"), "first": "/v2/images"})


def image(asked: Asked) -> Reply:
    found = look(asked.world.state, "images", asked.words[0])
    return Reply(200, found) if found else missing("No image found")


def create_image(asked: Asked) -> Reply:
    empty = {"checksum": None, "os_hash_algo": None, "os_hash_value": None, "size": None}
    values = {**asked.body, **empty, "status": "queued", "created_at": time_text(asked.world.state)}
    return Reply(201, add(asked.world, "images", values))


def upload(asked: Asked) -> Reply:
    thing = things(asked.world.state, "images").get(asked.words[0])
    if thing is None:
        return missing("No image found")
    if thing.values["status"] != "queued":
        return refused(409, "Image status transition is not allowed")
    thing.content = asked.request.content or b""
    figures = {
        "checksum": hashlib.md5(thing.content, usedforsecurity=False).hexdigest(),
        "os_hash_algo": "sha512",
        "os_hash_value": hashlib.sha512(thing.content).hexdigest(),
        "size": len(thing.content),
    }
    change(asked.world, "images", asked.words[0], {"status": "saving"}, {"status": "active", **figures})
    asked.world.note(f"api: upload image {thing.values.get('name') or asked.words[0]}")
    return Reply(204)


def download(asked: Asked) -> Reply:
    thing = things(asked.world.state, "images").get(asked.words[0])
    if thing is None or thing.values["status"] != "active":
        return Reply(204) if thing else missing("No image found")
    return Reply(200, None, thing.content)


def delete_image(asked: Asked) -> Reply:
    if asked.words[0] not in things(asked.world.state, "images"):
        return missing("No image found")
    remove(asked.world, "images", asked.words[0])
    return Reply(204)


def volumes(asked: Asked) -> Reply:
    return Reply(200, {"volumes": look_at_all(asked.world.state, "volumes")})


def volume(asked: Asked) -> Reply:
    found = look(asked.world.state, "volumes", asked.words[0])
    return Reply(200, {"volume": found}) if found else missing("Volume could not be found.")


def create_volume(asked: Asked) -> Reply:
    now = time_text(asked.world.state)
    wanted = asked.body["volume"]
    fixed = {"status": "creating", "attachments": [], "created_at": now, "updated_at": now}
    backends = _ready_backends(asked.world)
    host = f"{backends[0]}#{POOL}" if backends else None
    values = {"name": wanted.get("name"), "size": wanted["size"], VOLUME_HOST: host, **fixed}
    return Reply(202, {"volume": add(asked.world, "volumes", values, {"status": "available" if host else "error"})})


def _backend(host: str) -> str:
    return f"{host}@{POOL}"


def _ready_backends(world: World) -> list[str]:
    hosts = (world.state.hosts[name] for name in members(world, "cinder-volume", tuple(world.state.hosts)))
    found = [_backend(known_as(host, CINDER_CONF)) for host in hosts]
    return [backend for backend in found if backend not in world.state.disabled_backends]


def delete_volume(asked: Asked) -> Reply:
    thing = things(asked.world.state, "volumes").get(asked.words[0])
    if thing is None:
        return missing("Volume could not be found.")
    if thing.values["status"] in ("in-use", "attaching", "detaching"):
        return refused(400, "Invalid volume: Volume status must be available or error")
    thing.values["status"] = "deleting"
    remove(asked.world, "volumes", asked.words[0])
    return Reply(202)


def snapshots(asked: Asked) -> Reply:
    return Reply(200, {"snapshots": look_at_all(asked.world.state, "snapshots")})


def backups(asked: Asked) -> Reply:
    return Reply(200, {"backups": look_at_all(asked.world.state, "backups")})


def volume_types(asked: Asked) -> Reply:
    return Reply(200, {"volume_types": look_at_all(asked.world.state, "volume_types")})


def _shown_service(world: World, host: HostState, unit: str) -> dict[str, Any]:
    own = known_as(host, CINDER_CONF)
    name = _backend(own) if unit == "cinder-volume" else own
    disabled = world.state.disabled_backends if unit == "cinder-volume" else {}
    return {
        "binary": unit,
        "host": name,
        "state": "up" if world.is_reachable(host.name) and host.units[unit].runs else "down",
        "status": "disabled" if name in disabled else "enabled",
        "disabled_reason": disabled.get(name),
        "updated_at": time_text(world.state),
        "zone": "nova",
    }


def _services(world: World) -> list[dict[str, Any]]:
    units = ("cinder-scheduler", "cinder-volume")
    hosts = world.state.hosts.values()
    shown = [_shown_service(world, host, unit) for host in hosts for unit in units if unit in host.units]
    # Two hosts may go by one name, of which one runs at most.
    by_name: dict[tuple[str, str], dict[str, Any]] = {}
    for service in sorted(shown, key=lambda each: str(each["state"])):
        by_name[service["binary"], service["host"]] = service
    return [service for service in shown if by_name[service["binary"], service["host"]] is service]


def volume_records(world: World) -> list[dict[str, Any]]:
    """The same services as cinder's table has them; each says the version of the code it was started with."""
    rows = []
    for number, service in enumerate(_services(world), 1):
        hosts = [host for host in world.state.hosts.values() if service["binary"] in host.units]
        own = next(host for host in hosts if service["host"].startswith(known_as(host, CINDER_CONF)))
        version = str(own.units[service["binary"]].environment).rpartition("-")[2]
        row = {"id": number, "binary": service["binary"], "host": service["host"], "objects": version, "rpc": version}
        rows.append({**row, "deleted": 0, "age_s": 3 if service["state"] == "up" else 900})
    return rows


def volume_services(asked: Asked) -> Reply:
    return Reply(200, {"services": _services(asked.world)})


def disable_volume_service(asked: Asked) -> Reply:
    return _set_service(asked, is_disabled=True)


def enable_volume_service(asked: Asked) -> Reply:
    return _set_service(asked, is_disabled=False)


def _set_service(asked: Asked, *, is_disabled: bool) -> Reply:
    wanted, world = (asked.body.get("binary"), asked.body.get("host")), asked.world
    if wanted not in [(service["binary"], service["host"]) for service in _services(world)]:
        return missing(f"no service {wanted}")
    binary, host = wanted
    if binary != "cinder-volume":
        return refused(400, "a simulated cloud disables backends only")
    before = dict(world.state.disabled_backends)
    if is_disabled:
        world.state.disabled_backends[host] = asked.body.get("disabled_reason")
    elif not _is_deaf(world):
        world.state.disabled_backends.pop(host, None)
    if world.state.disabled_backends != before:
        world.note(f"api: {binary} on {host} {'disabled' if is_disabled else 'enabled'}")
    return Reply(200, {"host": host, "binary": binary, "status": "disabled" if is_disabled else "enabled"})


def _is_deaf(world: World) -> bool:
    """Whether a cinder-api runs that answers that it enabled a service, and did not."""
    found = (running(world, host, "cinder-api") for host in world.state.hosts.values())
    return any(runs[0].enables_in_vain for runs in found if runs)


ROUTES = (
    Route("image", "GET", "/v2/images", images),
    Route("image", "POST", "/v2/images", create_image),
    Route("image", "GET", "/v2/images/*", image),
    Route("image", "DELETE", "/v2/images/*", delete_image),
    Route("image", "PUT", "/v2/images/*/file", upload),
    Route("image", "GET", "/v2/images/*/file", download),
    Route("volumev3", "GET", "/volumes/detail", volumes),
    Route("volumev3", "GET", "/volumes", volumes),
    Route("volumev3", "POST", "/volumes", create_volume),
    Route("volumev3", "GET", "/volumes/*", volume),
    Route("volumev3", "DELETE", "/volumes/*", delete_volume),
    Route("volumev3", "GET", "/snapshots/detail", snapshots),
    Route("volumev3", "GET", "/snapshots", snapshots),
    Route("volumev3", "GET", "/backups/detail", backups),
    Route("volumev3", "GET", "/types", volume_types),
    Route("volumev3", "GET", "/os-services", volume_services),
    Route("volumev3", "PUT", "/os-services/disable-log-reason", disable_volume_service),
    Route("volumev3", "PUT", "/os-services/enable", enable_volume_service),
)
