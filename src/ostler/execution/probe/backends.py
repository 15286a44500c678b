"""Which APIs the probe asks directly: those of the catalog, on each host whose roles have them."""

from __future__ import annotations

from collections.abc import Mapping

from ostler.catalog import Catalog
from ostler.cloud.model import Cloud
from ostler.execution.probe.direct import Backend
from ostler.execution.probe.identity import API_TYPES
from ostler.facts.service_units import expected_services


def backends_of(cloud: Cloud, release: str | None = None) -> tuple[Backend, ...]:
    """Return every API on every host, at its own address and health path (None: the cloud's own release)."""
    return tuple(
        Backend(service.api.backend, host.name, f"http://{host.address}:{service.api.port}{service.api.health_path}")
        for host in cloud.hosts.values()
        for _, service in expected_services(cloud, host.name, release)
        if service.api is not None
    )


def backend_names(catalog: Catalog, release: str) -> Mapping[str, str]:
    """Return what the load balancer calls each API that the probe asks, by the probe's name for it."""
    by_type = {
        service.api.service_type: service.api.backend
        for project in catalog.projects
        if release in project.releases
        for service in project.services(release)
        if service.api is not None and service.api.service_type is not None
    }
    return {api: by_type[kind] for api, kinds in API_TYPES.items() for kind in kinds if kind in by_type}
