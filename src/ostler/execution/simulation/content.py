"""What the users of a simulated cloud have in it: servers on every compute, volumes, images, networks."""

from __future__ import annotations

import hashlib

from ostler.cloud.model import Cloud
from ostler.remote.simulated.api_state import time_text
from ostler.remote.simulated.machine import World
from ostler.remote.simulated.state import Thing

SERVERS_PER_COMPUTE = 2
IMAGE = b"a small image" * 100
KINDS = ("users", "projects", "services", "endpoints")
ACTIVE, SHUTOFF = ("ACTIVE", 1), ("SHUTOFF", 4)


def fill(world: World, cloud: Cloud) -> None:
    """Put the content in, as if it had been there long before."""
    for kind in KINDS:
        names = ("admin", "alpha", "beta") if kind in ("users", "projects") else ("keystone", "nova", "glance")
        for name in names:
            _add(world, f"identity-{kind}", name)
    image = _add(
        world,
        "images",
        "base",
        status="active",
        checksum=hashlib.md5(IMAGE, usedforsecurity=False).hexdigest(),
        os_hash_algo="sha512",
        os_hash_value=hashlib.sha512(IMAGE).hexdigest(),
        size=len(IMAGE),
        visibility="public",
    )
    image.content = IMAGE
    network = _add(world, "networks", "alpha-net", status="ACTIVE", admin_state_up=True)
    _add(world, "subnets", "alpha-subnet", network_id=network.values["id"], cidr="10.1.0.0/24", ip_version=4)
    _add(world, "flavors", "small", ram=512, vcpus=1, disk=1)
    for host in cloud.hosts_with("compute"):
        for number in range(SERVERS_PER_COMPUTE):
            _server(world, host.name, number, image)
    _add(world, "volumes", "spare", size=1, status="available", attachments=[])


def _server(world: World, host: str, number: int, image: Thing) -> None:
    status, power = SHUTOFF if number % 2 else ACTIVE
    name = f"alpha-{host}-{number}"
    server = _add(
        world,
        "servers",
        name,
        status=status,
        tenant_id="alpha",
        image={"id": image.values["id"]},
        updated=time_text(world.state),
        created=time_text(world.state),
        tags=["kept"],
        **{
            "OS-EXT-SRV-ATTR:host": host,
            "OS-EXT-STS:task_state": None,
            "OS-EXT-STS:power_state": power,
            "OS-EXT-STS:vm_state": "active" if status == "ACTIVE" else "stopped",
            "os-extended-volumes:volumes_attached": [],
        },
    )
    version = world.blueprint.nova[world.state.release].objects.get("ImageMetaProps")
    if version is not None:
        objects = world.state.databases.objects.setdefault("ImageMetaProps", {})
        objects[version] = objects.get(version, 0) + 1
    if number == 0:
        volume = _add(world, "volumes", f"{name}-data", size=2, status="in-use")
        volume.values["attachments"] = [{"server_id": server.values["id"], "volume_id": volume.values["id"]}]
        server.values["os-extended-volumes:volumes_attached"] = [{"id": volume.values["id"]}]


def _add(world: World, kind: str, name: str, **values: object) -> Thing:
    now = time_text(world.state)
    key = world.identifier()
    thing = Thing({"id": key, "name": name, "created_at": now, "updated_at": now, **values})
    world.state.things.setdefault(kind, {})[key] = thing
    return thing
