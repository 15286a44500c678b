"""What software there is for a simulated cloud: projects by release, their services, databases and commands.

Plain data, because this room knows nothing of the catalog; `execution.simulation` fills it from there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeVar

K = TypeVar("K")
V = TypeVar("V")

CommandKind = Literal["expand", "migrate", "contract", "sync", "online", "check"]

BRANCH_OF: Mapping[str, str] = {"migrate": "data_migration"}
"""The branch that a kind of command moves, where it is not called as that."""


@dataclass(frozen=True)
class ServiceEdition:
    """One service in one release. `target` is the program or module that starts it; `port` None: it serves nothing;
    `record` is the binary it reports as in nova's service table (None: it does not)."""

    name: str
    unit: str
    role: str
    target: str
    backend: str | None = None
    port: int | None = None
    service_type: str | None = None
    uses_amqp: bool = False
    uses_database: bool = False
    record: str | None = None


@dataclass(frozen=True)
class ManagedCommand:
    """One command of a project's environment (`argv[0]` is the bare program) and what it does to `databases`."""

    argv: tuple[str, ...]
    kind: CommandKind
    databases: tuple[str, ...] = ()
    batch_option: str | None = None


@dataclass(frozen=True)
class Edition:
    """One project in one release. `enables_in_vain`: its API says that it enabled a service, and does not."""

    project: str
    release: str
    version: str
    services: tuple[ServiceEdition, ...]
    commands: tuple[ManagedCommand, ...]
    enables_in_vain: bool = False

    @cached_property
    def by_unit(self) -> Mapping[str, ServiceEdition]:
        """Its services by their units (without .service)."""
        return {service.unit: service for service in self.services}


@dataclass(frozen=True)
class DatabasePlan:
    """One database: the last revision of each branch by release, and the branches without a row of their own; up to
    release `migrate_until` its revisions lie in the table of sqlalchemy-migrate (None: they never do)."""

    name: str
    project: str
    heads: Mapping[str, Mapping[str, str]]
    hidden: tuple[str, ...] = ()
    migrate_until: str | None = None


@dataclass(frozen=True)
class NovaEdition:
    """What nova of one release writes into its tables, and the oldest nova-compute it starts beside."""

    service_version: int
    compute_floor: int
    objects: Mapping[str, str] = field(default_factory=dict)


def _grouped(pairs: Iterable[tuple[K, V]]) -> Mapping[K, frozenset[V]]:
    found: defaultdict[K, set[V]] = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return {key: frozenset(values) for key, values in found.items()}


@dataclass(frozen=True)
class Blueprint:
    """All there is, with the releases from old to new."""

    releases: tuple[str, ...]
    editions: tuple[Edition, ...]
    databases: Mapping[str, DatabasePlan]
    nova: Mapping[str, NovaEdition]

    def edition(self, project: str, version: str) -> Edition | None:
        """Return a project's edition by its version; None when there is none."""
        return self._by_version.get((project, version))

    @cached_property
    def _by_version(self) -> Mapping[tuple[str, str], Edition]:
        return {(edition.project, edition.version): edition for edition in self.editions}

    @cached_property
    def units_at(self) -> Mapping[int, frozenset[str]]:
        """The units that may listen on a port, in whichever release."""
        return _grouped((s.port, s.unit) for edition in self.editions for s in edition.services if s.port)

    @cached_property
    def ports_of(self) -> Mapping[str, frozenset[int]]:
        """The ports of a backend's servers, in whichever release."""
        return _grouped((s.backend, s.port) for e in self.editions for s in e.services if s.backend and s.port)

    @cached_property
    def backends_of(self) -> Mapping[str, frozenset[str]]:
        """The backends of a type of service, in whichever release."""
        pairs = ((s.service_type, s.backend) for e in self.editions for s in e.services)
        return _grouped((kind, backend) for kind, backend in pairs if kind and backend)

    def unit_names(self) -> frozenset[str]:
        """Return the units (without .service) of all services of all releases."""
        return frozenset(service.unit for edition in self.editions for service in edition.services)

    def runs_on(self, project: str, release: str, schema: Mapping[str, Mapping[str, str]]) -> bool:
        """Tell whether code of a release works on the schema as it is: expanded far enough, not contracted too far."""
        return all(
            revision in self._fitting.get((release, database, branch), ())
            for database in self._databases_of.get(project, ())
            for branch, revision in schema.get(database, {}).items()
        )

    @cached_property
    def _databases_of(self) -> Mapping[str, frozenset[str]]:
        return _grouped((database.project, database.name) for database in self.databases.values())

    @cached_property
    def _fitting(self) -> Mapping[tuple[str, str, str], frozenset[str]]:
        """The revisions that code works on, by its release, database and branch."""
        return _grouped(
            ((release, database.name, branch), revision)
            for at, release in enumerate(self.releases)
            for database in self.databases.values()
            for other, revisions in database.heads.items()
            for branch, revision in revisions.items()
            if other in (self.releases[: at + 1] if branch == "contract" else self.releases[at:])
        )

    def is_migrated(self, database: str, branches: Mapping[str, str]) -> bool:
        """Return whether a schema whose branches are at these revisions is told by the table of sqlalchemy-migrate."""
        plan = self.databases[database]
        if plan.migrate_until not in self.releases:
            return False
        until = self.releases.index(plan.migrate_until)
        old = [plan.heads[release] for release in self.releases[: until + 1] if release in plan.heads]
        return any(heads.get(branch) == at for heads in old for branch, at in branches.items())

    def rows(self, database: str, branches: Mapping[str, str]) -> list[str]:
        """Return what a version table holds when its branches are at these revisions: a hidden branch has a row
        only while the others are not yet at the release it is at."""
        plan = self.databases[database]
        is_complete = any(dict(heads) == dict(branches) for heads in plan.heads.values())
        hidden = plan.hidden if is_complete else ()
        return sorted(revision for branch, revision in branches.items() if branch not in hidden)
