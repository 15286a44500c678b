"""glance's and cinder's APIs of a simulated cloud."""

from __future__ import annotations

import hashlib

from ostler.remote.simulated.api_state import add, change, look, look_at_all, remove, things, time_text
from ostler.remote.simulated.routes import Asked, Reply, Route, missing, refused
from ostler.remote.simulated.services import members


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
    works = members(asked.world, "cinder-volume", tuple(asked.world.state.hosts))
    values = {"name": wanted.get("name"), "size": wanted["size"], **fixed}
    return Reply(202, {"volume": add(asked.world, "volumes", values, {"status": "available" if works else "error"})})


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


def volume_services(asked: Asked) -> Reply:
    world = asked.world
    found = [
        {
            "binary": unit,
            "host": host.name if unit == "cinder-scheduler" else f"{host.name}@files",
            "state": "up" if world.is_reachable(host.name) and host.units[unit].runs else "down",
            "status": "enabled",
            "disabled_reason": None,
            "updated_at": time_text(world.state),
            "zone": "nova",
        }
        for host in world.state.hosts.values()
        for unit in ("cinder-scheduler", "cinder-volume")
        if unit in host.units
    ]
    return Reply(200, {"services": found})


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
    Route("volumev3", "GET", "/os-services", volume_services),
)
