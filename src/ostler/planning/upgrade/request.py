"""What the operator asked for, and everything an upgrade's stages are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any, Literal

from ostler.catalog.catalog import Catalog
from ostler.catalog.command import ProjectCommand
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.catalog.service import Role, Service
from ostler.catalog.status_check import StatusCheck
from ostler.cloud.model import Cloud, Host
from ostler.deployment.paths import environment_path
from ostler.deployment.venv import services_on
from ostler.environments.old_releases import has_code
from ostler.facts.model import Snapshot
from ostler.planning.upgrade.rehearsals import Rehearsals

Strategy = Literal["rolling", "fast-forward", "replace"]
"""How a cloud is upgraded: `rolling`, over one hop, while it serves; `fast-forward`, over one hop or several, while no
OpenStack service runs and the servers go on; `replace`, as that, on a new control plane in the old one's place."""

ROLES: tuple[Role, ...] = ("controller", "compute")
"""The roles whose hosts run services of the catalog, in the order they are upgraded."""


@dataclass(frozen=True)
class TargetEnvironment:
    """An archive of the environment store: `address` says what it was made of, `sha256` is the archive's;
    sizes in bytes; `interpreter` is the program it runs with where that is not the host's own (empty: it is)."""

    project: str
    version: str
    address: str
    sha256: str
    size_bytes: int
    unpacked_bytes: int
    interpreter: str = ""


@dataclass(frozen=True)
class UpgradeRequest:
    """`accept` are codes of warnings the operator takes on; `batch` computes are upgraded side by side (at most
    `per_domain` of one failure domain); `no_overlap` are projects whose old and new code must not run side by side,
    whatever the catalog says; `reload_balancers` lets HAProxy take up a changed configuration first; `strategy` is how;
    `label` marks what the run lends (so that it is found again)."""

    target: str
    accept: tuple[str, ...] = ()
    accepted_by: str = ""
    batch: int = 10
    per_domain: int = 0
    no_overlap: tuple[str, ...] = ()
    reload_balancers: bool = False
    strategy: Strategy = "rolling"
    label: str = "ostler upgrade"
    backup_folder: str = "/var/lib/ostler/protect"


@dataclass(frozen=True)
class Scene:
    """All that stages are planned from: the catalog, one hop (or several as one), the cloud and what was read of it.
    `stands_for` are hosts of a new control plane, each with the one whose place it takes and whose configuration it
    gets; `stood_at` are the releases at which databases of projects stand when the hop begins, where that is not its
    source: there was no code of that; `ran` are optional services that the cloud had, whatever units are there now."""

    catalog: Catalog
    hop: Hop
    cloud: Cloud
    snapshot: Snapshot
    request: UpgradeRequest
    environments: Mapping[str, TargetEnvironment] = field(default_factory=dict)
    rehearsals: Rehearsals = field(default_factory=Rehearsals)
    stands_for: Mapping[str, str] = field(default_factory=dict)
    stood_at: Mapping[str, str] = field(default_factory=dict)
    ran: frozenset[str] = frozenset()

    @property
    def source(self) -> str:
        return self.hop.source.id

    @property
    def target(self) -> str:
        return self.hop.target.id

    @property
    def is_rolling(self) -> bool:
        """Whether services of both releases run side by side for a while."""
        return self.request.strategy == "rolling"

    @property
    def way_back(self) -> str:
        """On what old code runs again when services that were stopped are taken back."""
        return "on the old databases, untouched" if self.stands_for else "on the restored databases"

    def known_as(self, host: str) -> str:
        """The host whose configuration a host's services have."""
        return self.stands_for.get(host, host)

    def recorded_as(self, host: str) -> str:
        """The name of a host in the records of its services, without the domain."""
        return self.cloud.host(host).service_name.split(".", 1)[0]

    @cached_property
    def controllers(self) -> tuple[Host, ...]:
        return self.cloud.hosts_with("controller")

    @cached_property
    def computes(self) -> tuple[Host, ...]:
        return self.cloud.hosts_with("compute")

    @property
    def first(self) -> str:
        """The controller on which commands for the whole cloud are run."""
        return self.controllers[0].name

    @property
    def database_host(self) -> str:
        """The host on which statements to the databases are made; the first controller where the cloud file names none
        (such a plan is refused)."""
        return next(iter(self.cloud.databases.hosts), self.first)

    @cached_property
    def optional(self) -> frozenset[str]:
        """The optional services that some host of this cloud has a unit of."""
        optional = {
            service.name: service.unit.removesuffix(".service")
            for project in self.catalog.projects
            for release in (self.source, self.target)
            if release in project.releases
            for service in project.services(release, optional=True)
            if service.is_optional
        }
        units = {unit for host in self.cloud.hosts for unit in self.snapshot.known("host.units", host) or {}}
        return self.ran | {name for name, unit in optional.items() if unit in units}

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        """The projects that are upgraded, in the default order: those of which there is code of the target."""
        names = dict.fromkeys(turn.project for turn in self.catalog.order.default)
        return tuple(filter(self._has_target, map(self.catalog.project, names)))

    def _has_target(self, project: Project) -> bool:
        return has_code(project, self.target)

    def heads_before(self, project: Project, database: str) -> Mapping[str, str]:
        """The revisions of a database when the hop begins, by branch; none where there is no such database yet."""
        release = self.stood_at.get(project.name, self.source)
        return project.heads(database, release) if release in project.releases else {}

    @cached_property
    def projects_with_databases(self) -> tuple[Project, ...]:
        """The projects whose databases are there; all where nobody could look."""
        there = self.snapshot.known("databases.schema")
        return tuple(
            project
            for project in self.projects
            if there is None or any(database.name in there for database in project.databases)
        )

    @cached_property
    def options(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        """What was read of configuration files, by host and path: values by "section/option"."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for request, values in self.snapshot.values.items():
            if request.fact == "host.options" and isinstance(values, Mapping):
                found.setdefault((str(request.host), request.param("path")), {}).update(values)
        return found

    @cached_property
    def nova_records(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of nova's service records that are not deleted, sorted, by "binary@host" without the domain."""
        found: dict[str, list[str]] = {}
        for key, record in sorted((self.snapshot.known("nova.services") or {}).items()):
            if not record.get("deleted"):
                found.setdefault(key.split(".", 1)[0], []).append(key)
        return {name: tuple(keys) for name, keys in found.items()}

    @cached_property
    def oldest_compute(self) -> float:
        """The lowest version that a record of nova-compute says which is not deleted; infinity where none is known."""
        records = (self.snapshot.known("nova.services") or {}).items()
        found = (r["version"] for key, r in records if key.startswith("nova-compute@") and not r.get("deleted"))
        return min(found, default=inf)

    @cached_property
    def compute_records(self) -> Mapping[str, Mapping[str, Any]]:
        """nova's records of nova-compute ({id, service_host, status}) by host without the domain."""
        found: dict[str, Mapping[str, Any]] = {}
        for key, record in (self.snapshot.known("api.compute_services") or {}).items():
            binary, _, service_host = key.partition("@")
            if binary == "nova-compute":
                found.setdefault(service_host.split(".", 1)[0], {**record, "service_host": service_host})
        return found

    @cached_property
    def volume_records(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """cinder's records of cinder-volume by host without the domain, then by backend ("ctl1@lvm"), sorted."""
        found: dict[str, dict[str, Mapping[str, Any]]] = {}
        for key, record in sorted((self.snapshot.known("api.volume_services") or {}).items()):
            binary, _, backend = key.partition("@")
            if binary == "cinder-volume":
                found.setdefault(backend.partition("@")[0].split(".", 1)[0], {})[backend] = record
        return found

    def services(self, host: Host, release: str) -> tuple[tuple[Project, Service], ...]:
        """What a host runs in a release, by its roles."""
        roles = tuple(role for role in ROLES if role in host.roles)
        if (roles, release) not in self._services:
            self._services[roles, release] = tuple(
                pair for role in roles for pair in services_on(self.catalog, release, role, self.optional)
            )
        return self._services[roles, release]

    @cached_property
    def _services(self) -> dict[tuple[tuple[Role, ...], str], tuple[tuple[Project, Service], ...]]:
        return {}

    def projects_on(self, host: Host) -> tuple[Project, ...]:
        """The projects a host has services of, in the default order."""
        here = {project.name for project, _ in self.services(host, self.target)}
        return tuple(project for project in self.projects if project.name in here)

    def old_environment(self, project: Project, host: str, service: str) -> str:
        """Where a service's code lies now, by its link; the catalog's newest version when that is unknown."""
        environments = self.snapshot.known("host.environments", host) or {}
        linked = environments.get("links", {}).get(service)
        return str(linked) if linked else environment_path(project.name, project.version(self.source))

    def new_environment(self, project: Project) -> str:
        """Where the target's code is placed."""
        made = self.environments.get(project.name)
        return environment_path(project.name, made.version if made else project.version(self.target))

    def program(self, project: Project, code: str) -> str:
        """The environment that management commands of a release run from."""
        if code == "target":
            return self.new_environment(project)
        service = project.services(self.source, "controller")[0].name
        return self.old_environment(project, self.first, service)

    def estimate_s(self, project: Project, release: str, command: ProjectCommand, guess_s: float) -> float:
        """Seconds that a command takes with the code of a release: as rehearsed, else as guessed."""
        rehearsed = self.rehearsals.seconds(project.name, release, command)
        return guess_s if rehearsed is None else round(rehearsed, 1)


def unit_of(service: Service) -> str:
    """A service's unit without `.service`, as facts name it."""
    return service.unit.removesuffix(".service")


def checked_projects(scene: Scene) -> list[tuple[Project, StatusCheck]]:
    """The projects whose target code can check the cloud: not those that are no part of it yet."""
    standing = (project for project in scene.projects if scene.source in project.releases)
    checks = [(project, project.status_check(scene.target)) for project in standing]
    return [(project, check) for project, check in checks if check is not None]
