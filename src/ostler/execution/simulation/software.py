"""What software there is, as a simulated cloud wants it told: from the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ostler.catalog import Catalog, catalog_of
from ostler.catalog.database import Database
from ostler.catalog.project import Project
from ostler.catalog.service import Service
from ostler.remote.simulated.blueprint import (
    Blueprint,
    DatabasePlan,
    Edition,
    ManagedCommand,
    NovaEdition,
    ServiceEdition,
)

RECORDS = {
    "nova-conductor": "nova-conductor",
    "nova-scheduler": "nova-scheduler",
    "nova-compute": "nova-compute",
    "nova-api": "nova-osapi_compute",
    "nova-metadata": "nova-metadata",
}
"""The services that keep a record of their own in nova's database, and the binary it says."""


def blueprint(release: str) -> Blueprint:
    """Return the software of every release that a cloud of this one may meet."""
    return _blueprint(catalog_of(release))


@cache
def _blueprint(catalog: Catalog) -> Blueprint:
    editions = tuple(_edition(p, release) for p in catalog.projects for release in p.releases)
    databases = {
        database.name: _database(project, database) for project in catalog.projects for database in project.databases
    }
    releases = tuple(r for r in catalog.releases.order if any(e.release == r for e in editions))
    return Blueprint(releases, editions, databases, _nova(catalog, releases))


def _database(project: Project, database: Database) -> DatabasePlan:
    hidden, until = database.hidden_branches, database.migrate_until
    return DatabasePlan(database.name, project.name, database.heads, hidden, until)


def _nova(catalog: Catalog, releases: tuple[str, ...]) -> dict[str, NovaEdition]:
    found = {release: catalog.nova.at(release) for release in releases}
    return {r: NovaEdition(facts.service_version, facts.compute_floor, facts.objects) for r, facts in found.items()}


def _edition(project: Project, release: str) -> Edition:
    services = tuple(_service(project, s, release) for s in project.services(release, optional=True))
    is_deaf, commands = project.deaf_enable(release) is not None, tuple(_commands(project, release))
    return Edition(project.name, release, project.version(release), services, commands, enables_in_vain=is_deaf)


def _service(project: Project, service: Service, release: str) -> ServiceEdition:
    return ServiceEdition(
        name=service.name,
        unit=service.unit.removesuffix(".service"),
        role=service.role,
        target=project.entry_point(service.name, release).target,
        backend=service.api.backend if service.api else None,
        port=service.api.port if service.api else None,
        service_type=_service_type(service),
        uses_amqp=service.uses_amqp,
        uses_database=bool(service.databases),
        record=RECORDS.get(service.name),
    )


def _service_type(service: Service) -> str | None:
    if service.api is None:
        return None
    return "volumev3" if service.api.service_type == "block-storage" else service.api.service_type


def _commands(project: Project, release: str) -> Iterator[ManagedCommand]:
    for phase in project.schema_phases(release):
        yield ManagedCommand(phase.argv, phase.phase, phase.databases)
    migration = project.online_migration(release)
    if migration:
        yield ManagedCommand(migration.argv, "online", batch_option=migration.batch_option)
    check = project.status_check(release)
    if check:
        yield ManagedCommand(check.argv, "check")
