"""Which systemd units and services facts ask for: what the catalog knows in any release, and infrastructure.

Services of all releases are asked for, because in the middle of an upgrade a host may run those of two; those of past
releases only on clouds of such a one.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from ostler.catalog import Api, Catalog, Service, catalog_of, projects_of
from ostler.cloud.model import Cloud

INFRASTRUCTURE_UNITS = ("mariadb", "rabbitmq-server", "memcached", "haproxy", "keepalived")
SUFFIX = ".service"


def bare(unit: str) -> str:
    """Return a unit's name without `.service`."""
    return unit.removesuffix(SUFFIX)


def service_units(cloud: Cloud) -> Mapping[str, str]:
    """Return the bare unit of every service of any release, by service name, in the catalog's order."""
    return _units(catalog_of(cloud.release))


@functools.cache
def _units(catalog: Catalog) -> Mapping[str, str]:
    return {
        service.name: bare(service.unit)
        for project in catalog.projects
        for release in project.releases
        for service in project.services(release, optional=True)
    }


def unit_names(cloud: Cloud) -> tuple[str, ...]:
    """Return every bare unit name asked for, each once, infrastructure first."""
    return tuple(dict.fromkeys((*INFRASTRUCTURE_UNITS, *service_units(cloud).values())))


def apis_by_backend(cloud: Cloud) -> Mapping[str, Api]:
    """Return every API of any release, by its backend's name, as the newest release that has it serves it."""
    return _apis(catalog_of(cloud.release))


@functools.cache
def _apis(catalog: Catalog) -> Mapping[str, Api]:
    services = (service for project in catalog.projects for service in project.data.services)
    return {service.api.backend: service.api for service in services if service.api}


def expected_services(cloud: Cloud, host: str, release: str | None = None) -> tuple[tuple[str, Service], ...]:
    """Return (project, service) of all that a host's roles run in a release (None: the cloud's own), in the
    order they are started; services that only some clouds run are left out."""
    roles = cloud.host(host).roles
    return tuple(pair for pair in _services(release or cloud.release) if pair[1].role in roles)


@functools.cache
def _services(release: str) -> tuple[tuple[str, Service], ...]:
    return tuple((project.name, service) for project in projects_of(release) for service in project.services(release))
