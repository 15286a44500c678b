"""`processes`: every process of every service runs the code of the release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ostler.catalog import Catalog
from ostler.execution.proofs.model import ProofContext, ProofResult, Row, counted, from_rows
from ostler.facts.model import JsonValue, Unknown, wanted
from ostler.facts.service_units import expected_services


def prove_processes(context: ProofContext, release: str) -> ProofResult:
    """Every service that a host's roles have in ``release`` has processes, all from an environment of it; no other
    service of ours has any."""
    requests = {host: wanted("host.processes", host) for host in context.cloud.hosts}
    values = context.facts(*requests.values())
    rows = [row for host, request in requests.items() for row in _rows(context, host, values[request], release)]
    services = sum(row.ok for row in rows)
    return from_rows(
        "processes", rows, f"{counted(services, 'service')} on {counted(len(requests), 'host')} run {release}"
    )


def _rows(context: ProofContext, host: str, value: JsonValue | Unknown, release: str) -> Iterator[Row]:
    if isinstance(value, Unknown):
        yield Row(host, False, f"its processes could not be read: {value.reason}")
        return
    expected = {service.name: project for project, service in expected_services(context.cloud, host, release)}
    for name, project in expected.items():
        fault, found = _fault(context.catalog, project, release, value.get(name, {}))
        yield Row(f"{name} on {host}", not fault, fault or found)
    for name, seen in value.items():
        if name not in expected and seen.get("pids"):
            project = _project_of(context.catalog, name)
            fault, found = _fault(context.catalog, project, release, seen)
            gone = not _exists(context.catalog, project, name, release)
            detail = f"{release} has no such service, but it runs" if gone else fault or found
            yield Row(f"{name} on {host}", not (gone or fault), detail)


def _fault(catalog: Catalog, project: str, release: str, seen: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is wrong with a service's processes (empty: nothing), and what they run."""
    if not seen.get("pids"):
        return "no process runs", ""
    environments = seen.get("environments") or []
    if seen.get("environment") is None:
        return f"its processes run from several environments: {', '.join(environments) or 'none'}", ""
    name, _, version = str(seen["environment"]).rpartition("/")[2].rpartition("-")
    if name != project or catalog.project(project).release_of(version) != release:
        return f"runs {seen['environment']}", ""
    return "", f"{counted(len(seen['pids']), 'process')} of {name} {version}"


def _project_of(catalog: Catalog, service: str) -> str:
    for project in catalog.projects:
        if any(known.name == service for known in project.data.services):
            return project.name
    raise KeyError(f"no project of the catalog has a service {service}")


def _exists(catalog: Catalog, project: str, service: str, release: str) -> bool:
    return any(known.name == service for known in catalog.project(project).services(release, optional=True))
