"""The ``venv`` deployment kind: which files make a host run a service of a release from its environment.

Used for practice hosts and for planning upgrades of real ones alike. Everything is text and data: a unit
finds its environment through the service's own link (`paths.current_link`), so that switching the link and
starting the unit again is all it takes to run other code; files that belong to the code rather than to the
operator (paste pipelines, rootwrap) are linked through it too, and so change with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ostler.catalog.catalog import Catalog
from ostler.catalog.project import Project
from ostler.catalog.service import EntryPoint, Role, Service
from ostler.commands import Command
from ostler.deployment.paths import current_link, environment_path
from ostler.deployment.units import daemon_unit, wsgi_unit
from ostler.deployment.uwsgi import ini_path, uwsgi_ini

UNIT_DIR = "/etc/systemd/system"

CODE_FILES: Mapping[str, tuple[str, ...]] = {
    "glance-api": ("glance-api-paste.ini",),
    "nova-api": ("api-paste.ini",),
    "neutron-server": ("api-paste.ini",),
    "neutron-api": ("api-paste.ini",),
    "cinder-api": ("api-paste.ini", "resource_filters.json"),
    "cinder-volume": ("rootwrap.conf",),
}
"""Files in a project's configuration folder that its wheel brings, by the service that owns them."""

UNPACK_TIMEOUT_S = 600
UNPACK_SCRIPT = """set -eu
partial="$1.partial"
rm -rf -- "$partial"
mkdir -p -- "$partial"
tar --extract --zstd --file="$2" --directory="$partial" --strip-components=4 --no-same-owner
rm -rf -- "$1"
mv -- "$partial" "$1"
"""


@dataclass(frozen=True)
class HostFacts:
    """What the files of a host depend on: the address its APIs listen at, and how many processes an API has, and
    threads in each, by service name, where that differs from the default."""

    address: str
    processes: Mapping[str, int] = field(default_factory=dict)
    threads: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ServiceFiles:
    """What one service needs on a host beside its environment, configuration and data.

    `texts` are whole files by path, `links` symbolic links by path; `unit` is the unit's name.
    """

    unit: str
    texts: Mapping[str, str]
    links: Mapping[str, str]


def services_on(
    catalog: Catalog, release: str, role: Role, also: Collection[str] = ()
) -> tuple[tuple[Project, Service], ...]:
    """The services a host of `role` runs in `release`, in the order projects and services are started.

    `also` names the optional ones this cloud has.
    """
    return tuple(
        (project, service)
        for project in catalog.projects
        if release in project.releases
        for service in project.services(release, role, optional=True)
        if not service.is_optional or service.name in also
    )


def unit_names(catalog: Catalog, release: str, role: Role, also: Collection[str] = ()) -> tuple[str, ...]:
    """The systemd units of a host of `role` in `release`."""
    return tuple(service.unit for _, service in services_on(catalog, release, role, also))


def service_files(project: Project, service_name: str, release: str, facts: HostFacts) -> ServiceFiles:
    """The files one service needs on a host. Raises InputError for a service the release does not have."""
    service = project.service(service_name, release)
    entry = project.entry_point(service_name, release)
    unit = f"{UNIT_DIR}/{service.unit}"
    if service.kind == "wsgi":
        processes, threads = facts.processes.get(service.name), facts.threads.get(service.name)
        texts = {
            unit: wsgi_unit(project, service, entry),
            ini_path(service.name): uwsgi_ini(service, entry, facts.address, processes, threads),
        }
    else:
        texts = {unit: daemon_unit(project, service, entry)}
    return ServiceFiles(service.unit, texts, code_links(project, service.name))


def code_links(project: Project, service: str) -> Mapping[str, str]:
    """Links in the project's configuration folder to files that must switch with the service's code."""
    shipped = f"{current_link(service)}/etc/{project.name}"
    return {f"{project.config_dir}/{name}": f"{shipped}/{name}" for name in CODE_FILES.get(service, ())}


def program(project: Project, version: str, entry_or_name: EntryPoint | str) -> str:
    """The full path of a program of one version of a project, whatever the links say."""
    name = entry_or_name if isinstance(entry_or_name, str) else entry_or_name.target
    return f"{environment_path(project.name, version)}/bin/{name}"


def unpack_command(environment: str, archive: str = "-") -> Command:
    """Unpack an archive to the environment's path, whole or not at all; `-` reads it from standard input.

    What was at the path before is replaced.
    """
    return Command(("sh", "-c", UNPACK_SCRIPT, "sh", environment, archive), timeout_s=UNPACK_TIMEOUT_S)
