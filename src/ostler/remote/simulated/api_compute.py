"""nova's API of a simulated cloud."""

from __future__ import annotations

import re
from typing import Any

from ostler.commands import ApiRequest
from ostler.remote.simulated.api_state import (
    HOST,
    TASK,
    add,
    change,
    look,
    look_at_all,
    remove,
    servers_on,
    things,
    time_text,
)
from ostler.remote.simulated.machine import World
from ostler.remote.simulated.routes import Asked, Reply, Route, missing, refused
from ostler.remote.simulated.services import age_of, running
from ostler.remote.simulated.state import ServiceRecord

DOWN_AFTER_S = 60
NEWEST = {"ocata": 42, "pike": 53, "queens": 60, "rocky": 65, "stein": 72}
"""The newest microversion, 2.X, of nova's API in the releases before Train (nova, api_microversion_history,
2026-11-27)."""

API, ZONE = "nova-api", "nova"
POWERED, OFF, NO_STATE = 1, 4, 0


def _shown_service(world: World, record: ServiceRecord) -> dict[str, Any]:
    return {
        "id": record.uuid,
        "binary": record.binary,
        "host": record.host,
        "zone": ZONE if record.binary == "nova-compute" else "internal",
        "state": "up" if age_of(world, record) < DOWN_AFTER_S else "down",
        "status": "disabled" if record.disabled else "enabled",
        "disabled_reason": record.disabled_reason,
        "updated_at": time_text(world.state),
        "forced_down": False,
    }


def _records(world: World) -> list[ServiceRecord]:
    """The records the API shows: those of APIs have no heartbeat and are left out, as nova does."""
    return [r for r in world.state.databases.records if not r.deleted and not r.binary.startswith("nova-osapi")]


def understands(world: World, request: ApiRequest) -> bool:
    """Whether every nova-api that runs knows the microversion that is asked for."""
    wanted = re.fullmatch(r"compute 2\.([0-9]+)", request.headers.get("OpenStack-API-Version", ""))
    answering = (running(world, host, API) for host in world.state.hosts.values())
    releases = {found[0].release for found in answering if found}
    return wanted is None or all(int(wanted[1]) <= NEWEST[release] for release in releases if release in NEWEST)


def services(asked: Asked) -> Reply:
    binary, host = asked.query.get("binary"), asked.query.get("host")
    records = [r for r in _records(asked.world) if binary in (None, r.binary) and host in (None, r.host)]
    found = [_shown_service(asked.world, record) for record in records]
    return Reply(200, {"services": found})


def set_service(asked: Asked) -> Reply:
    record = next((r for r in _records(asked.world) if r.uuid == asked.words[0]), None)
    if record is None:
        return missing(f"no service {asked.words[0]}")
    status, reason = asked.body.get("status"), asked.body.get("disabled_reason")
    if status not in ("enabled", "disabled"):
        return refused(400, "status is enabled or disabled")
    if record.disabled != (status == "disabled") or record.disabled_reason != reason:
        record.disabled, record.disabled_reason = status == "disabled", reason
        asked.world.note(f"api: {record.binary} on {record.host} {status}")
    return Reply(200, {"service": _shown_service(asked.world, record)})


def delete_service(asked: Asked) -> Reply:
    record = next((r for r in _records(asked.world) if r.uuid == asked.words[0]), None)
    if record is None:
        return missing(f"no service {asked.words[0]}")
    record.deleted = True
    asked.world.note(f"api: delete service {record.binary} on {record.host}")
    return Reply(204)


def hypervisors(asked: Asked) -> Reply:
    world = asked.world
    found = [
        {
            "id": record.uuid,
            "hypervisor_hostname": record.host,
            "service": {"host": record.host, "id": record.uuid, "disabled_reason": record.disabled_reason},
            "state": _shown_service(world, record)["state"],
            "status": _shown_service(world, record)["status"],
            "running_vms": len(list(servers_on(world.state, record.host))),
            "hypervisor_version": 2002000,
            "hypervisor_type": "fake",
        }
        for record in _records(world)
        if record.binary == "nova-compute"
    ]
    return Reply(200, {"hypervisors": found})


def servers(asked: Asked) -> Reply:
    return Reply(200, {"servers": look_at_all(asked.world.state, "servers")})


def server(asked: Asked) -> Reply:
    found = look(asked.world.state, "servers", asked.words[0])
    return Reply(200, {"server": found}) if found else missing("Instance could not be found.")


def _ready_hosts(world: World) -> list[str]:
    found = (r for r in _records(world) if r.binary == "nova-compute" and not r.disabled)
    return [record.host for record in found if age_of(world, record) < DOWN_AFTER_S]


def create_server(asked: Asked) -> Reply:
    wanted, world = asked.body.get("server", {}), asked.world
    zone, _, forced = str(wanted.get("availability_zone") or "").partition(":")
    named = wanted.get("host") or forced
    hosts = [host for host in _ready_hosts(world) if named in ("", host) and zone in ("", ZONE)]
    values = {
        "name": wanted.get("name"),
        "status": "BUILD",
        "tenant_id": "admin-project",
        "image": {"id": wanted["imageRef"]} if wanted.get("imageRef") else "",
        "flavor": {"id": wanted.get("flavorRef")},
        "created": time_text(world.state),
        "updated": time_text(world.state),
        "tags": [],
        "addresses": {},
        "os-extended-volumes:volumes_attached": [],
        HOST: hosts[0] if hosts else None,
        TASK: "spawning",
        "OS-EXT-STS:power_state": NO_STATE,
        "OS-EXT-STS:vm_state": "building",
    }
    becomes: dict[str, Any] = {"status": "ACTIVE", TASK: None, "OS-EXT-STS:power_state": POWERED}
    if not hosts:
        becomes = {"status": "ERROR", TASK: None, "fault": {"code": 500, "message": "No valid host was found."}}
    made = add(world, "servers", values, becomes)
    objects = world.state.databases.objects.setdefault("ImageMetaProps", {})
    version = _written_version(world)
    if version:
        objects[version] = objects.get(version, 0) + 1
    return Reply(202, {"server": {"id": made["id"], "links": [], "OS-DCF:diskConfig": "MANUAL"}})


def _written_version(world: World) -> str | None:
    """The version of ImageMetaProps that the running nova-conductors write: the newest of them."""
    running = [r.version for r in _records(world) if r.binary == "nova-conductor" and age_of(world, r) < DOWN_AFTER_S]
    editions = [nova for nova in world.blueprint.nova.values() if running and nova.service_version == max(running)]
    return editions[0].objects.get("ImageMetaProps") if editions else None


def delete_server(asked: Asked) -> Reply:
    key = asked.words[0]
    if key not in things(asked.world.state, "servers"):
        return missing("Instance could not be found.")
    for volume in list(things(asked.world.state, "servers")[key].values["os-extended-volumes:volumes_attached"]):
        _free(asked.world, volume["id"])
    remove(asked.world, "servers", key)
    return Reply(204)


def act_on_server(asked: Asked) -> Reply:
    key, world = asked.words[0], asked.world
    found = things(world.state, "servers").get(key)
    if found is None:
        return missing("Instance could not be found.")
    action = next(iter(asked.body), "")
    host = found.values[HOST]
    others = [other for other in _ready_hosts(world) if other != host]
    outcomes: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "os-stop": ({TASK: "powering-off"}, {TASK: None, "status": "SHUTOFF", "OS-EXT-STS:power_state": OFF}),
        "os-start": ({TASK: "powering-on"}, {TASK: None, "status": "ACTIVE", "OS-EXT-STS:power_state": POWERED}),
        "confirmResize": ({}, {"status": "ACTIVE"}),
        "revertResize": ({"status": "REVERT_RESIZE"}, {"status": "ACTIVE"}),
    }
    if action in ("os-migrateLive", "migrate"):
        wanted = (asked.body[action] or {}).get("host")
        targets = [other for other in others if wanted in (None, other)]
        if not targets:
            return refused(400, "No valid host was found.")
        is_live = action == "os-migrateLive"
        moving = {"status": "MIGRATING", TASK: "migrating"} if is_live else {"status": "RESIZE", TASK: "resize_prep"}
        moved = {HOST: targets[0], TASK: None, "status": "ACTIVE" if is_live else "VERIFY_RESIZE"}
        outcomes[action] = (moving, moved)
    if action not in outcomes:
        return refused(400, f"There is no such action: {action}")
    world.note(f"api: {action} server {found.values.get('name') or key}")
    change(world, "servers", key, *outcomes[action])
    return Reply(202)


def attach_volume(asked: Asked) -> Reply:
    key, volume_id, world = asked.words[0], asked.body["volumeAttachment"]["volumeId"], asked.world
    volume = things(world.state, "volumes").get(volume_id)
    server_ = things(world.state, "servers").get(key)
    if volume is None or server_ is None:
        return missing("no such server or volume")
    if volume.values["status"] != "available":
        return refused(400, f"Invalid volume: status must be available, is {volume.values['status']}")
    server_.values["os-extended-volumes:volumes_attached"].append({"id": volume_id, "delete_on_termination": False})
    attached = {"server_id": key, "volume_id": volume_id, "device": "/dev/vdb"}
    change(world, "volumes", volume_id, {"status": "attaching"}, {"status": "in-use", "attachments": [attached]})
    world.note(f"api: attach volume {volume.values.get('name') or volume_id}")
    return Reply(200, {"volumeAttachment": {"id": volume_id, "serverId": key, "volumeId": volume_id}})


def detach_volume(asked: Asked) -> Reply:
    key, volume_id = asked.words
    server_ = things(asked.world.state, "servers").get(key)
    attached = server_.values["os-extended-volumes:volumes_attached"] if server_ else []
    if server_ is None or volume_id not in {volume["id"] for volume in attached}:
        return missing("Volume attachment could not be found.")
    kept = [volume for volume in attached if volume["id"] != volume_id]
    server_.values["os-extended-volumes:volumes_attached"] = kept
    _free(asked.world, volume_id)
    asked.world.note(f"api: detach volume {volume_id}")
    return Reply(202)


def _free(world: World, volume_id: str) -> None:
    if volume_id in things(world.state, "volumes"):
        change(world, "volumes", volume_id, {"status": "detaching"}, {"status": "available", "attachments": []})


def flavors(asked: Asked) -> Reply:
    return Reply(200, {"flavors": look_at_all(asked.world.state, "flavors")})


def flavor(asked: Asked) -> Reply:
    found = look(asked.world.state, "flavors", asked.words[0])
    return Reply(200, {"flavor": found}) if found else missing("Flavor could not be found.")


def create_flavor(asked: Asked) -> Reply:
    return Reply(200, {"flavor": add(asked.world, "flavors", dict(asked.body["flavor"]))})


def server_groups(asked: Asked) -> Reply:
    return Reply(200, {"server_groups": look_at_all(asked.world.state, "server_groups")})


def delete_flavor(asked: Asked) -> Reply:
    if asked.words[0] not in things(asked.world.state, "flavors"):
        return missing("Flavor could not be found.")
    remove(asked.world, "flavors", asked.words[0])
    return Reply(202)


ROUTES = (
    Route("compute", "GET", "/os-services", services),
    Route("compute", "PUT", "/os-services/*", set_service),
    Route("compute", "DELETE", "/os-services/*", delete_service),
    Route("compute", "GET", "/os-hypervisors/detail", hypervisors),
    Route("compute", "GET", "/os-hypervisors", hypervisors),
    Route("compute", "GET", "/servers/detail", servers),
    Route("compute", "GET", "/servers", servers),
    Route("compute", "POST", "/servers", create_server),
    Route("compute", "GET", "/servers/*", server),
    Route("compute", "DELETE", "/servers/*", delete_server),
    Route("compute", "POST", "/servers/*/action", act_on_server),
    Route("compute", "POST", "/servers/*/os-volume_attachments", attach_volume),
    Route("compute", "DELETE", "/servers/*/os-volume_attachments/*", detach_volume),
    Route("compute", "GET", "/os-server-groups", server_groups),
    Route("compute", "GET", "/flavors/detail", flavors),
    Route("compute", "GET", "/flavors", flavors),
    Route("compute", "POST", "/flavors", create_flavor),
    Route("compute", "GET", "/flavors/*", flavor),
    Route("compute", "DELETE", "/flavors/*", delete_flavor),
)
