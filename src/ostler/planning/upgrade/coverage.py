"""What runs on the cloud's hosts and no step of a plan would make new: without this only the last proof would see it,
when the schemas are contracted already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ostler.catalog.service import Service
from ostler.errors import Finding, Severity
from ostler.planning.model import Stage
from ostler.planning.upgrade.request import Scene, unit_of
from ostler.steps.model import Step

RUNS = ("active", "activating", "reloading", "deactivating")
MOVES = ("start-service", "stop-service")
"""Kinds of steps that name the units they make new: one is started with other code, or gives way to its successor."""


def coverage_findings(scene: Scene, stages: Iterable[Stage]) -> list[Finding]:
    """Failures for what would stay behind or is not where the plan takes it; warnings where nobody can tell."""
    planned = _planned(step for stage in stages for lane in stage.lanes for step in lane.steps)
    return [found for host in scene.cloud.hosts for found in _on(scene, host, planned.get(host, frozenset()))]


def _planned(steps: Iterable[Step]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for step in steps:
        if step.kind in MOVES and step.host is not None:
            found[step.host] = found.get(step.host, frozenset()) | frozenset(step.params["units"])
    return found


def _on(scene: Scene, host: str, planned: frozenset[str]) -> Iterator[Finding]:
    units, processes = (scene.snapshot.known(fact, host) for fact in ("host.units", "host.processes"))
    if units is None and processes is None:
        yield _not_known(host)
        return
    services = _services(scene)
    for service in services.values():
        if unit_of(service) not in planned and _runs(service, units or {}, processes or {}):
            yield _left_behind(scene, host, service)
    for name in {service.name for _, service in scene.services(scene.cloud.host(host), scene.source)}:
        service = services[name]
        if service.is_optional and units is not None and unit_of(service) in planned - units.keys():
            yield _not_there(host, service)
    links = (scene.snapshot.known("host.environments", host) or {}).get("links", {})
    for name in sorted(set(links) - set(services)):
        yield _unknown(host, name, links[name])


def _services(scene: Scene) -> Mapping[str, Service]:
    """Every service of the catalog, of any release."""
    return {service.name: service for project in scene.catalog.projects for service in project.data.services}


def _runs(service: Service, units: Mapping[str, Any], processes: Mapping[str, Any]) -> bool:
    is_active = units.get(unit_of(service), {}).get("active") in RUNS
    return is_active or bool(processes.get(service.name, {}).get("pids"))


def _left_behind(scene: Scene, host: str, service: Service) -> Finding:
    roles = ", ".join(scene.cloud.host(host).roles)
    return Finding(
        code="upgrade.not-covered",
        severity=Severity.FAILURE,
        subject=f"{service.name} on {host}",
        summary=f"it runs there, and no step of this plan would bring it to {scene.target}",
        found=f"{service.name} on a host with the roles {roles}",
        expected=f"{service.name} only on hosts with the role {service.role}",
        do_next=f"run it on a host with the role {service.role}, or stop it for good: systemctl disable --now "
        f"{unit_of(service)}; then make the plan again",
    )


def _not_there(host: str, service: Service) -> Finding:
    return Finding(
        code="upgrade.not-on-every-host",
        severity=Severity.FAILURE,
        subject=f"{service.name} on {host}",
        summary=f"other hosts run it, and a plan takes every {service.role}: it could not be started here",
        found=f"no unit {unit_of(service)}",
        expected=f"{service.name} on every {service.role}, or on none",
        do_next="install it here as it is on the others, or remove it there; then make the plan again",
    )


def _unknown(host: str, name: str, environment: str) -> Finding:
    return Finding(
        code="upgrade.unknown-service",
        severity=Severity.WARNING,
        subject=f"{name} on {host}",
        summary="a service that the catalog does not know has a link to its code there, and is not upgraded",
        found=environment,
        expected="services of the catalog",
        do_next="remove the link if nothing runs from it; else upgrade that service by hand, in its place of the order",
    )


def _not_known(host: str) -> Finding:
    return Finding(
        code="upgrade.coverage-not-known",
        severity=Severity.WARNING,
        subject=host,
        summary="what runs there could not be read: it may be something that no step of this plan makes new",
        found="neither its units nor its processes",
        expected="both",
        do_next="see why the host does not answer, and make the plan again",
    )
