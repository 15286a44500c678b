"""The parts a cloud has, as its cloud file, the catalog and the facts tell: what a diagnosis reasons over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from ostler.catalog import Catalog, Service
from ostler.cloud.model import Cloud
from ostler.facts.model import Snapshot
from ostler.facts.service_units import bare, expected_services
from ostler.rules.component import Component

ON_EVERY_HOST = ("host", "clock", "dns", "memory", "network", "dbus")
ON_COMPUTES = ("libvirt", "ovs")
UNITS = {"mysql": "mariadb", "mariadbd": "mariadb", "mysqld": "mariadb", "rabbitmq": "rabbitmq-server"}
"""Other names of units, and the one that is used here."""


@dataclass(frozen=True)
class Parts:
    """The parts that are known without looking, and what is known of them.

    ``whereabouts`` is the host a server is on; ``unit_of`` names the unit behind an API or a
    load balancer's backend by any of its names, ``services`` what the catalog says of units.
    """

    all: tuple[Component, ...]
    services: Mapping[str, tuple[str, Service]]
    unit_of: Mapping[str, str]
    whereabouts: Mapping[Component, str]

    def service(self, part: Component) -> Service | None:
        """The catalog's record of a part that is a service of OpenStack; None for all others."""
        known = self.services.get(part.name) if part.kind == "service" else None
        return known[1] if known else None

    def project(self, part: Component) -> str:
        """The OpenStack project of a service, its configuration, its API; empty for others."""
        known = self.services.get(self.unit_of.get(part.name, part.name))
        return known[0] if known else ""

    @property
    def projects(self) -> frozenset[str]:
        """The OpenStack projects whose services the cloud may have."""
        return frozenset(project for project, _ in self.services.values())

    def settled(self, part: Component) -> Component:
        """A part by the one name it goes by here: rules name APIs by their project, their type or their service, and
        what answers for one by its backend, which need not be what its unit is called."""
        if part.kind in ("api", "backend", "endpoint"):
            return replace(part, name=self.unit_of.get(part.name, part.name))
        if part.kind in ("service", "config"):
            name = UNITS.get(bare(part.name), bare(part.name))
            return replace(part, name=name if name in self.services else self.unit_of.get(name, name))
        return part


def parts_of(snapshot: Snapshot, catalog: Catalog) -> Parts:
    """The parts of the cloud of a snapshot."""
    cloud = snapshot.cloud
    found: dict[Component, None] = {}
    services: dict[str, tuple[str, Service]] = {}
    unit_of: dict[str, str] = {}
    for host in cloud.hosts:
        found.update({Component(kind, host=host): None for kind in ON_EVERY_HOST})
        for project, service in expected_services(cloud, host):
            unit = bare(service.unit)
            services[unit] = (project, service)
            found[Component("service", unit, host)] = None
            if service.api is not None:
                found[Component("backend", unit, host)] = None
                found[Component("api", unit)] = None
                for name in (unit, service.name, service.api.backend, service.api.service_type):
                    unit_of.setdefault(name or unit, unit)
                if service.api.service_type:
                    unit_of.setdefault(project, unit)
    for known in catalog.projects:
        if cloud.release in known.releases:
            for service in known.services(cloud.release, optional=True):
                services.setdefault(bare(service.unit), (known.name, service))
    found.update(dict.fromkeys(_infrastructure(cloud)))
    for compute in cloud.hosts_with("compute"):
        found.update({Component(kind, host=compute.name): None for kind in ON_COMPUTES})
    return Parts(tuple(found), MappingProxyType(services), MappingProxyType(unit_of), _whereabouts(snapshot))


def _infrastructure(cloud: Cloud) -> list[Component]:
    found = [Component("database"), Component("messaging"), Component("vip"), Component("keys")]
    found += [Component("mariadb", host=host) for host in cloud.databases.hosts]
    found += [Component("broker", host=host) for host in cloud.messaging.hosts]
    for host in cloud.load_balancer.hosts if cloud.load_balancer else ():
        found += [Component("balancer", host=host), Component("keepalived", host=host)]
    for each in cloud.hosts_with("controller"):
        found += [Component("memcached", host=each.name), Component("keys", host=each.name)]
    return found


def _whereabouts(snapshot: Snapshot) -> dict[Component, str]:
    """The hosts of servers, as far as nova told."""
    servers = snapshot.known("api.servers")
    return {
        Component("server", key): server["host"]
        for key, server in (servers.items() if isinstance(servers, dict) else ())
        if server["host"]
    }
