"""Deploying OpenStack on the hosts of a practice cloud, step by step; each step finds what is done already."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ostler.catalog.catalog import Catalog, load_catalog
from ostler.environments.store import StoredEnvironment
from ostler.practice.layout import FRONTENDS, Host, Layout
from ostler.practice.openstack import configs, shipping, starting
from ostler.practice.openstack.accounts import sysusers
from ostler.practice.openstack.api import connect
from ostler.practice.openstack.archives import ensure_archives
from ostler.practice.openstack.databases import Databases
from ostler.practice.openstack.registration import bootstrap, register
from ostler.practice.reach import PracticeReach

Report = Callable[[str], None]
IDENTITY = ("keystone",)


def deploy(layout: Layout, reach: PracticeReach, report: Report) -> None:
    """Bring OpenStack of the layout's release to its hosts and start it; returns when everything is up.

    The hosts and their infrastructure must run. Can be called again after a failure. Raises OutsideError when
    something cannot be built, reached or started.
    """
    with _step(report, f"environments of {layout.release}"):
        archives = ensure_archives(layout.cache_dir, layout.release, datetime.now(UTC), report)
    deployment = _Deployment(layout, reach, report, load_catalog(), archives)
    with _step(report, "environments and configuration on the hosts"):
        reach.each(layout.hosts, deployment.equip)
    databases = Databases(layout, reach, archives)
    with _step(report, "databases"):
        databases.ensure(report)
    with _step(report, "identity"):
        deployment.start_identity(databases)
    with _step(report, "controllers' services"):
        deployment.start_controllers()
    if layout.computes:
        with _step(report, "computes"):
            deployment.start_computes(databases)
    _wait_for_services(layout, report)


def start_deployed(layout: Layout, reach: PracticeReach, report: Report) -> None:
    """Start what does not run of a cloud that was deployed once; returns when everything is up.

    Which services a host has is what it starts at its boot, as an upgrade may have changed that. Nothing else is
    changed. Raises OutsideError when something does not come up.
    """
    catalog = load_catalog()
    with _step(report, "services that do not run"):
        reach.each(layout.hosts, lambda host: starting.start_enabled(reach, host, starting.units_ever(catalog, host)))
        starting.wait_for_apis(layout, [frontend.backend for frontend in FRONTENDS])
    _wait_for_services(layout, report)


def _wait_for_services(layout: Layout, report: Report) -> None:
    with _step(report, "every service reports itself up"):
        cloud = connect(layout)
        starting.wait_until("the services", lambda: missing_services(layout, cloud))


@dataclass(frozen=True)
class _Deployment:
    layout: Layout
    reach: PracticeReach
    report: Report
    catalog: Catalog
    archives: Mapping[str, StoredEnvironment]

    def equip(self, host: Host) -> None:
        """Users, environments, files and links of one host."""
        shipping.make_users(self.reach, host, sysusers())
        shipping.ship_environments(self.reach, host, self.archives)
        paths = {project: stored.manifest.path for project, stored in self.archives.items()}
        files = configs.config_files(self.layout, host) + configs.system_files(self.catalog, self.layout, host)
        shipping.put_files(self.reach, host, files, configs.links(self.catalog, self.layout, host, paths))

    def start_identity(self, databases: Databases) -> None:
        """Keystone everywhere, the administrator, and everything registered."""
        self._start(self.layout.controller_hosts, only=IDENTITY)
        bootstrap(databases)
        starting.wait_for_apis(self.layout, IDENTITY)
        register(self.layout, self.report)

    def start_controllers(self) -> None:
        self._start(self.layout.controller_hosts)
        starting.wait_for_apis(self.layout, [frontend.backend for frontend in FRONTENDS])

    def start_computes(self, databases: Databases) -> None:
        """Computes, until each has its record; then they are mapped to the cell."""
        self._start(self.layout.compute_hosts)
        cloud, names = connect(self.layout), {host.name for host in self.layout.compute_hosts}

        def unrecorded() -> list[str]:
            return sorted(names - {service.host for service in cloud.compute.services(binary="nova-compute")})

        starting.wait_until("nova-compute", unrecorded)
        databases.manage("nova", "nova-manage", "cell_v2", "discover_hosts")

    def _start(self, hosts: tuple[Host, ...], only: tuple[str, ...] = ()) -> None:
        def on_one(host: Host) -> None:
            units = starting.units(self.catalog, self.layout, host)
            starting.start(self.reach, host, [u for u in units if not only or u.removesuffix(".service") in only])

        self.reach.each(hosts, on_one)


def missing_services(layout: Layout, cloud: Any) -> list[str]:
    """What does not report itself up yet: nova's and cinder's services, neutron's agents, hypervisors."""
    controllers = set(layout.service_names)
    computes = {host.name for host in layout.compute_hosts}
    expected = {("nova-conductor", name) for name in controllers} | {("nova-scheduler", name) for name in controllers}
    expected |= {("nova-compute", name) for name in computes}
    expected |= {("cinder-scheduler", name) for name in controllers}
    expected |= {("cinder-volume", f"{name}@fake") for name in controllers}
    expected |= {("neutron-openvswitch-agent", name) for name in computes}
    expected |= {("hypervisor", name) for name in computes}
    up = {(s.binary, s.host) for s in cloud.compute.services() if s.state == "up"}
    up |= {(s.binary, s.host) for s in cloud.block_storage.services() if s.state == "up"}
    up |= {(a.binary, a.host) for a in cloud.network.agents() if a.is_alive}
    up |= {("hypervisor", h.name) for h in cloud.compute.hypervisors() if h.state == "up"}
    return sorted(f"{binary} on {host}" for binary, host in expected - up) or _unknown_backends(controllers, cloud)


def _unknown_backends(controllers: Collection[str], cloud: Any) -> list[str]:
    """The backends that some cinder-scheduler has not heard of yet: it would find no place for a snapshot there.

    Asked as often as there are schedulers, which answer in turn.
    """
    backends = {f"{name}@fake" for name in controllers}
    known = [{pool.name.partition("#")[0] for pool in cloud.block_storage.backend_pools()} for _ in controllers]
    unknown = sorted(backend for backend in backends if any(backend not in seen for seen in known))
    return [f"{backend} in the eyes of every cinder-scheduler" for backend in unknown]


@contextmanager
def _step(report: Report, name: str) -> Iterator[None]:
    started = time.monotonic()
    report(f"{name} …")
    yield
    report(f"{name}: done ({time.monotonic() - started:.1f} s)")
