"""The hosts of a simulated cloud as they are when everything runs: environments, links, units, configuration."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ostler.catalog import catalog_of, projects_of
from ostler.catalog.project import Project
from ostler.catalog.service import Service
from ostler.cloud.model import Cloud, Host
from ostler.deployment.paths import current_link, environment_path
from ostler.deployment.venv import HostFacts, service_files, services_on
from ostler.execution.simulation.archives import archive_of
from ostler.remote.simulated.file_system import FileSystem
from ostler.remote.simulated.management import place_environment
from ostler.remote.simulated.services import VENDOR_DIR
from ostler.remote.simulated.state import BalancerServer, Entry, HostState

OPTIONAL_SERVICES = (
    *("neutron-openvswitch-agent", "nova-metadata"),
    *("nova-consoleauth", "nova-placement-api", "glance-registry"),
)
"""Of the services only some clouds have, those a simulated one has."""

ON_CONTROLLERS = ("mariadb", "rabbitmq-server", "memcached", "haproxy", "keepalived")

SECRET = "0123456789abcdef"
"""What stands for every password in the configuration of a simulated cloud."""


FIRST_UID = 64000
KEYS = ("/etc/keystone/fernet-keys", "/etc/keystone/credential-keys")


def host_state(cloud: Cloud, host: Host) -> HostState:
    """Return one host at the cloud's release, nothing started yet."""
    state = spare_state(cloud, host)
    files = FileSystem(state)
    _add_users(state, cloud.release)
    for project, service in services_of(cloud, host):
        _place_service(files, cloud, host, project, service)
    for project in {project.name: project for project, _ in services_of(cloud, host)}.values():
        place_environment(files, _environment(cloud, project), json.loads(archive_of(project, cloud.release)))
        for path in project.config_files:
            owner = "root"
            files.write(path, config_text(cloud, host, project).encode(), 0o640, owner, project.user)
    if "controller" in host.roles:
        for folder in KEYS:
            files.put(folder, Entry("folder", mode=0o700, owner="keystone", group="keystone"))
            for number in (0, 1):
                files.write(f"{folder}/{number}", f"{SECRET} {number}".encode(), 0o600, "keystone", "keystone")
    return state


def spare_state(cloud: Cloud, host: Host) -> HostState:
    """Return a host with what a control plane stands on and nothing of OpenStack, nothing started yet; `cloud` is the
    one whose control plane it is, or may become."""
    state = HostState(host.name, host.address, host.roles, boot_id=f"00000000-0000-4000-8000-{_number(host):012d}")
    files = FileSystem(state)
    if "controller" in host.roles:
        for unit in ON_CONTROLLERS:
            files.write(f"{VENDOR_DIR}/{unit}.service", f"[Service]\nExecStart=/usr/sbin/{unit}\n".encode())
        state.variables["log_bin_trust_function_creators"] = "OFF"
        state.balancer = _backends(cloud)
    return state


def _add_users(state: HostState, release: str) -> None:
    for number, project in enumerate(projects_of(release)):
        state.accounts[project.user] = {
            "uid": FIRST_UID + number,
            "gid": FIRST_UID + number,
            "group": project.user,
            "home": f"/var/lib/{project.name}",
            "shell": "/usr/sbin/nologin",
        }


def services_of(cloud: Cloud, host: Host) -> tuple[tuple[Project, Service], ...]:
    """Return what a host runs at the cloud's release, in the order it is started."""
    catalog = catalog_of(cloud.release)
    return tuple(
        pair
        for role in ("controller", "compute")
        if role in host.roles
        for pair in services_on(catalog, cloud.release, role, OPTIONAL_SERVICES)
    )


def units_of(cloud: Cloud, host: Host) -> Iterable[str]:
    """Return the units (without .service) that run on a host, in the order they are started."""
    infrastructure = ON_CONTROLLERS if "controller" in host.roles else ()
    return (*infrastructure, *(service.unit.removesuffix(".service") for _, service in services_of(cloud, host)))


def config_text(cloud: Cloud, host: Host, project: Project) -> str:
    """Return a configuration file as an operator might have written it."""
    vip = cloud.load_balancer.vip if cloud.load_balancer else host.address
    broker = cloud.host(cloud.messaging.hosts[0]).address if cloud.messaging.hosts else host.address
    lines = [
        f"# {project.name} on {host.name}; edited by hand",
        "[DEFAULT]",
        f"host = {host.name}",
        f"transport_url = rabbit://openstack:{SECRET}@{broker}:5672/",
        "debug = false",
        "",
        "[database]",
        f"connection = mysql+pymysql://{project.name}:{SECRET}@{vip}:3306/{project.name}?charset=utf8mb4",
        "",
        "[keystone_authtoken]",
        f"www_authenticate_uri = http://{vip}:5000/v3",
        f"password = {SECRET}",
    ]
    return "\n".join(lines) + "\n"


def _place_service(files: FileSystem, cloud: Cloud, host: Host, project: Project, service: Service) -> None:
    made = service_files(project, service.name, cloud.release, HostFacts(host.address))
    for path, text in made.texts.items():
        files.write(path, text.encode())
    for path, target in made.links.items():
        files.put(path, Entry("link", target=target, mode=0o777))
    files.put(current_link(service.name), Entry("link", target=_environment(cloud, project), mode=0o777))


def _environment(cloud: Cloud, project: Project) -> str:
    return environment_path(project.name, project.version(cloud.release))


def _backends(cloud: Cloud) -> dict[str, dict[str, BalancerServer]]:
    names = [host.name for host in cloud.hosts_with("controller")]
    backends = {
        service.api.backend
        for project in projects_of(cloud.release)
        for service in project.services(cloud.release, "controller", optional=True)
        if service.api and (not service.is_optional or service.name in OPTIONAL_SERVICES)
    }
    return {backend: {name: BalancerServer() for name in names} for backend in sorted(backends)}


def _number(host: Host) -> int:
    return int(host.address.rpartition(".")[2])
