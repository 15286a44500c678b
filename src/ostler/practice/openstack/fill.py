"""Filling a practice cloud with what a real one has: two projects with users, images, networks, servers, volumes.

Everything has a fixed name and is made only where it is missing, so filling twice changes nothing. What an interrupted
fill left unfinished, or in error, is deleted and made again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ostler.practice.layout import Layout
from ostler.practice.openstack.api import connect
from ostler.practice.openstack.filler_rows import MARK, add_ports, add_rows
from ostler.practice.reach import PracticeReach
from ostler.secret import Secret

PROJECTS = ("harbour", "orchard")
IMAGES = (("tiny-linux", 2 * 2**20), ("small-linux", 6 * 2**20))
FLAVORS = (("fill.tiny", 64, 1, 1), ("fill.small", 256, 1, 2))
QUOTA = {"instances": 50, "cores": 100, "ram": 51200}
WAIT_S = 180
POLL_S = 0.5
AT_ONCE = 4
SSH_PORT = 22
UNFINISHED_SERVERS = ("BUILD", "ERROR")
READY_IMAGES, READY_VOLUMES, READY_SNAPSHOTS = ("active",), ("available", "in-use"), ("available",)


def fill(layout: Layout, reach: PracticeReach, rows: int, ports: int, report: Callable[[str], None]) -> None:
    """Fill the cloud; `rows` is how many old, deleted records each of some tables holds afterwards at least (0: none),
    `ports` how many ports a network has that nothing else uses.

    Raises the SDK's errors, and TimeoutError when something does not become ready.
    """
    started = time.monotonic()
    admin = connect(layout)
    for name, ram, vcpus, disk in FLAVORS:
        _one(admin.compute.flavors(), name) or admin.compute.create_flavor(name=name, ram=ram, vcpus=vcpus, disk=disk)
    images = [_image(admin, name, size) for name, size in IMAGES]
    report(f"{len(images)} images, {len(FLAVORS)} flavors")
    with ThreadPoolExecutor(len(PROJECTS)) as pool:
        tenants = [
            _Tenant(layout, admin, name, number, images[0].id, layout.passwords.get(f"{name}-user"))
            for number, name in enumerate(PROJECTS)
        ]
        for tenant, done in [(tenant, pool.submit(tenant.fill)) for tenant in tenants]:
            report(f"project {tenant.name}: {done.result()}")
    if rows:
        report(add_rows(layout, reach, rows))
    if ports:
        _one(admin.network.networks(), MARK) or admin.network.create_network(name=MARK)
        report(add_ports(layout, reach, ports))
    report(f"filled ({time.monotonic() - started:.1f} s)")


@dataclass
class _Tenant:
    """One project, its user, and all that is theirs. `number` keeps the projects' addresses apart."""

    layout: Layout
    admin: Any
    name: str
    number: int
    image_id: str
    password: Secret
    flavor_id: str = field(default="", init=False)

    def fill(self) -> str:
        """Make what is missing; what there is afterwards, in words."""
        self._account()
        self.cloud = connect(
            self.layout,
            auth={"username": f"{self.name}-user", "password": self.password.reveal(), "project_name": self.name},
        )
        self.flavor_id = _one(self.cloud.compute.flavors(), FLAVORS[0][0]).id
        network, group = self._network(), self._security_group()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            hosts = [host.name for host in self.layout.compute_hosts]
            servers = list(pool.map(lambda host: self._servers(host, network, group), hosts))
            volumes = list(pool.map(self._spare_volume, range(2)))
        self._snapshot(volumes[0])
        return f"{sum(map(len, servers))} servers, {len(volumes) + len(hosts)} volumes, 1 snapshot"

    def _account(self) -> None:
        identity = self.admin.identity
        project = _one(identity.projects(), self.name) or identity.create_project(name=self.name, domain_id="default")
        user = _one(identity.users(), f"{self.name}-user") or identity.create_user(
            name=f"{self.name}-user", password=self.password.reveal(), domain_id="default"
        )
        for role in ("member", "admin"):  # admin, so that servers can be put on chosen hosts
            identity.assign_project_role_to_user(project, user, _one(identity.roles(), role))
        self.admin.set_compute_quotas(project.id, **QUOTA)

    def _network(self) -> Any:
        network_api, name = self.cloud.network, f"{self.name}-net"
        network = _one(self._mine(network_api.networks()), name) or network_api.create_network(name=name)
        subnet = _one(self._mine(network_api.subnets()), name) or network_api.create_subnet(
            network_id=network.id, name=name, ip_version=4, cidr=f"10.{100 + self.number}.0.0/24"
        )
        router = _one(self._mine(network_api.routers()), f"{self.name}-router")
        router = router or network_api.create_router(name=f"{self.name}-router")
        if not list(network_api.ports(device_id=router.id)):
            network_api.add_interface_to_router(router, subnet_id=subnet.id)
        return network

    def _security_group(self) -> Any:
        network_api, name = self.cloud.network, f"{self.name}-ssh"
        group = _one(self._mine(network_api.security_groups()), name) or network_api.create_security_group(
            name=name, description="SSH from anywhere"
        )
        rules = network_api.security_group_rules(security_group_id=group.id)
        if not any(rule.port_range_min == SSH_PORT for rule in rules):
            network_api.create_security_group_rule(
                security_group_id=group.id,
                direction="ingress",
                protocol="tcp",
                port_range_min=SSH_PORT,
                port_range_max=SSH_PORT,
            )
        return group

    def _servers(self, host: str, network: Any, group: Any) -> list[Any]:
        """Two servers on one host: one runs and has a volume, the other is off."""
        running = self._server(f"{self.name}-{host}-web", host, network, group)
        attached = [each.volume_id for each in self.cloud.compute.volume_attachments(running.id)]
        if not attached:
            volume = self._volume(f"{self.name}-{host}-data", ready=("available",))
            self.cloud.compute.create_volume_attachment(running.id, volume_id=volume.id)
            attached = [volume.id]
        for volume_id in attached:
            self._wait_for_volume(self.cloud.block_storage.get_volume(volume_id), "in-use")
        off = self._server(f"{self.name}-{host}-off", host, network, group)
        if off.status == "ACTIVE":
            self.cloud.compute.stop_server(off.id)
            self.cloud.compute.wait_for_server(off, "SHUTOFF", interval=POLL_S, wait=WAIT_S)
        return [running, off]

    def _server(self, name: str, host: str, network: Any, group: Any) -> Any:
        compute = self.cloud.compute
        found = _one(compute.servers(), name)
        if found is not None and found.status in UNFINISHED_SERVERS:
            compute.delete_server(found.id)
            compute.wait_for_delete(found, interval=POLL_S, wait=WAIT_S)
            found = None
        self._drop_idle_ports(name, found)
        if found is not None:
            return found
        port = self.cloud.network.create_port(
            network_id=network.id, name=name, security_group_ids=[group.id], device_owner=""
        )
        made = compute.create_server(
            name=name, flavor_id=self.flavor_id, image_id=self.image_id, networks=[{"port": port.id}], host=host
        )
        return compute.wait_for_server(made, "ACTIVE", interval=POLL_S, wait=WAIT_S)

    def _drop_idle_ports(self, name: str, server: Any) -> None:
        """Delete the ports of a server that boots which failed have left; nova deletes only those it made."""
        for port in self._mine(self.cloud.network.ports(name=name)):
            if server is None or port.device_id != server.id:
                self.cloud.network.delete_port(port.id)

    def _spare_volume(self, number: int) -> Any:
        return self._volume(f"{self.name}-spare-{number}")

    def _volume(self, name: str, ready: Collection[str] = READY_VOLUMES) -> Any:
        """The volume of that name, made anew when it is not in one of the states `ready`."""
        storage = self.cloud.block_storage
        found = _one(storage.volumes(), name)
        if found is not None and found.status in ready:
            return found
        if found is not None:
            storage.reset_volume_status(found.id, "error", "detached")  # some states forbid deleting
            storage.delete_volume(found.id, cascade=True)
            storage.wait_for_delete(found, interval=POLL_S, wait=WAIT_S)
        return self._wait_for_volume(storage.create_volume(name=name, size=1), "available")

    def _snapshot(self, volume: Any) -> None:
        storage, name = self.cloud.block_storage, f"{self.name}-snapshot"
        found = _one(storage.snapshots(), name)
        if found is not None and found.status in READY_SNAPSHOTS:
            return
        if found is not None:
            storage.delete_snapshot(found.id, force=True)
            storage.wait_for_delete(found, interval=POLL_S, wait=WAIT_S)
        made = storage.create_snapshot(volume_id=volume.id, name=name)
        storage.wait_for_status(made, "available", ["error"], interval=POLL_S, wait=WAIT_S)

    def _wait_for_volume(self, volume: Any, status: str) -> Any:
        return self.cloud.block_storage.wait_for_status(volume, status, ["error"], interval=POLL_S, wait=WAIT_S)

    def _mine(self, found: Iterable[Any]) -> list[Any]:
        """Neutron shows an administrator every project's things."""
        return [each for each in found if each.project_id == self.cloud.current_project_id]


def _image(admin: Any, name: str, size: int) -> Any:
    """A public image whose bytes follow from its name."""
    found = _one(admin.image.images(), name)
    if found is not None and found.status in READY_IMAGES:
        return found
    if found is not None:
        admin.image.delete_image(found.id)
    content = random.Random(name).randbytes(size)
    return admin.image.create_image(
        name=name,
        data=content,
        disk_format="raw",
        container_format="bare",
        visibility="public",
        allow_duplicates=True,
        validate_checksum=True,
    )


def _one(found: Iterable[Any], name: str) -> Any:
    return next((each for each in found if each.name == name), None)
