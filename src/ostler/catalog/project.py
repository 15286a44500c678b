"""One OpenStack project over all releases the catalog knows.

`ProjectData` is what a file in data/projects says; `Project` answers questions about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ostler.catalog.command import ProjectCommand
from ostler.catalog.database import MIGRATE_TABLE, Database, Extraction, OnlineMigration, SchemaFloor, SchemaPhase
from ostler.catalog.numbering import Versions, release_of
from ostler.catalog.record import Closed, R, Ranged, Source, true_in
from ostler.catalog.service import EntryPoint, Role, Service
from ostler.catalog.status_check import StatusCheck
from ostler.errors import InputError


@dataclass(frozen=True, kw_only=True)
class KeptVersions(Ranged, Closed):
    """That services of the project keep to the oldest versions of messages they saw until they are started anew, in
    these releases as the target of a hop; those of `but_for` keep none."""

    but_for: tuple[str, ...] = ()
    why: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class DeafEnable(Ranged, Closed):
    """That in these releases the API answers 200 when it is told to enable a service again, and leaves it disabled: the
    flag has to be cleared where it is kept, the table `services` of `database`."""

    database: str
    why: str
    source: Source


@dataclass(frozen=True)
class SchemaChange:
    """A branch of a database's schema that a hop moves from revision `old` (None: there was none) to `new`."""

    database: str
    branch: str
    old: str | None
    new: str


@dataclass(frozen=True, kw_only=True)
class ProjectData(Closed):
    """A project's file, key by key; see `Project` for how it is used.

    `state_checks` say how far a schema is, by their exit codes, where the project has such a command.
    """

    name: str
    package: str
    user: str
    config_dir: str
    config_files: tuple[str, ...]
    log_dir: str
    services: tuple[Service, ...]
    versions: Mapping[str, Versions]
    versions_source: Source
    databases: tuple[Database, ...]
    schema_phases: tuple[SchemaPhase, ...]
    online_migrations: tuple[OnlineMigration, ...] = ()
    state_checks: tuple[ProjectCommand, ...] = ()
    status_checks: tuple[StatusCheck, ...] = ()
    kept_versions: tuple[KeptVersions, ...] = ()
    deaf_enables: tuple[DeafEnable, ...] = ()
    extractions: tuple[Extraction, ...] = ()


class Project:
    """What is true of one project, by release.

    Every method that takes a release raises InputError `catalog.not-in-release` when the project was not
    part of it or the catalog knows no version of it there.
    """

    def __init__(self, data: ProjectData, order: tuple[str, ...]) -> None:
        self.data = data
        self.order = order
        self.name = data.name
        self.package = data.package
        self.user = data.user
        self.config_dir = data.config_dir
        self.config_files = data.config_files
        self.log_dir = data.log_dir
        self.databases = data.databases

    def __repr__(self) -> str:
        return f"Project({self.name!r})"

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases a version is known for, from old to new."""
        return tuple(release for release in self.order if release in self.data.versions)

    def versions(self, release: str) -> Versions:
        """The first and newest version in `release`."""
        self._demand(release)
        return self.data.versions[release]

    def version(self, release: str) -> str:
        """The newest published version in `release`."""
        return self.versions(release).last

    def release_of(self, version: str) -> str | None:
        """The release a version belongs to, by its major number; None when the catalog knows none.

        Pre-releases belong to the release they lead to; a distribution's epoch and suffix are ignored
        (`2:29.2.0-0ubuntu1` is 29.2.0).
        """
        return release_of(version, self.data.versions, "by_major")

    def services(self, release: str, role: Role | None = None, *, optional: bool = False) -> tuple[Service, ...]:
        """The services of `release`, in the order they are started; `role` picks those of one role.

        Those that only some clouds run are left out unless `optional` is true.
        """
        self._demand(release)
        return tuple(
            service
            for service in true_in(release, self.data.services, self.order)
            if role in (None, service.role) and (optional or not service.is_optional)
        )

    def service(self, name: str, release: str) -> Service:
        """The service called `name`. Raises InputError `catalog.unknown-service` when there is none."""
        for service in self.services(release, optional=True):
            if service.name == name:
                return service
        known = ", ".join(s.name for s in self.services(release, optional=True))
        raise InputError(
            "catalog.unknown-service",
            f"{self.name} has no service {name!r} in {release}",
            do_next=f"use one of: {known}",
        )

    def entry_point(self, service: str, release: str) -> EntryPoint:
        """What starts `service` in `release`."""
        return true_in(release, self.service(service, release).entry_points, self.order)[0]

    def database(self, name: str) -> Database:
        """The database called `name`. Raises KeyError when the project has none of that name."""
        return {database.name: database for database in self.databases}[name]

    def heads(self, database: str, release: str) -> Mapping[str, str]:
        """The last revision of each branch (`main`, or `expand` and `contract`) of `database`'s schema."""
        self._demand(release)
        return self.database(database).heads[release]

    def version_table(self, database: str, release: str) -> str:
        """The table of `database` that holds the revisions of `release`'s schema."""
        known = self.database(database)
        until = known.migrate_until
        is_migrate = until is not None and self.order.index(release) <= self.order.index(until)
        return MIGRATE_TABLE if is_migrate else known.version_table

    def schema_floor(self, database: str, target: str) -> SchemaFloor | None:
        """The oldest schema of `database` that code of `target` can start from; None when none is known."""
        return next(iter(self._in(target, self.database(database).floors)), None)

    def version_rows(self, database: str, release: str) -> frozenset[str]:
        """What the version table of `database` holds when its schema is completely that of `release`."""
        hidden = self.database(database).hidden_branches
        heads = self.heads(database, release)
        return frozenset(revision for branch, revision in heads.items() if branch not in hidden)

    def is_at(self, database: str, release: str, rows: frozenset[str]) -> bool:
        """Whether these are the rows of a version table whose schema is completely that of `release`."""
        plain = self.database(database).by_plain_sync.get(release)
        return rows == self.version_rows(database, release) or rows == {plain}

    def schema_changes(self, source: str, target: str) -> tuple[SchemaChange, ...]:
        """The branches whose expected head differs between two releases; empty: the schemas are equal."""
        return tuple(
            SchemaChange(database.name, branch, self.heads(database.name, source).get(branch), head)
            for database in self.databases
            for branch, head in self.heads(database.name, target).items()
            if head != self.heads(database.name, source).get(branch)
        )

    def schema_phases(self, target: str) -> tuple[SchemaPhase, ...]:
        """The schema commands of a hop to `target`, in order."""
        return self._in(target, self.data.schema_phases)

    def online_migration(self, release: str) -> OnlineMigration | None:
        """The command of `release` that migrates rows; None when the project has none."""
        return next(iter(self._in(release, self.data.online_migrations)), None)

    def extraction(self, target: str) -> Extraction | None:
        """What fills the project's database from another's on the hop to `target`; None on every other hop."""
        return next(iter(self._in(target, self.data.extractions)), None)

    def state_check(self, release: str) -> ProjectCommand | None:
        """The command of `release` that says how far the schema is; None when none is known."""
        return next(iter(self._in(release, self.data.state_checks)), None)

    def status_check(self, release: str) -> StatusCheck | None:
        """The readiness check that comes with `release`; None when there is none."""
        return next(iter(self._in(release, self.data.status_checks)), None)

    def kept_versions(self, target: str) -> KeptVersions | None:
        """Why services must be started anew when all are of `target`; None when they need not be."""
        return next(iter(self._in(target, self.data.kept_versions)), None)

    def deaf_enable(self, release: str) -> DeafEnable | None:
        """What is wrong with enabling a service through the API of `release`; None when nothing is."""
        return next(iter(self._in(release, self.data.deaf_enables)), None)

    def _in(self, release: str, records: tuple[R, ...]) -> tuple[R, ...]:
        self._demand(release)
        return true_in(release, records, self.order)

    def _demand(self, release: str) -> None:
        if release not in self.data.versions:
            raise InputError(
                "catalog.not-in-release",
                f"the catalog knows no version of {self.name} in {release}",
                do_next=f"use one of: {', '.join(self.releases)}",
            )
