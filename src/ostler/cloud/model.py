"""One cloud as its operator describes it: hosts, roles, failure domains, and how to get in.

Frozen data. No secret is in it; it points to where secrets are.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from ostler.errors import InputError

Role = Literal["controller", "compute", "network", "storage"]
ROLES: tuple[Role, ...] = ("controller", "compute", "network", "storage")

DeploymentKind = Literal["venv", "apt", "dnf", "container"]
DEPLOYMENT_KINDS: tuple[DeploymentKind, ...] = ("venv", "apt", "dnf", "container")

DEFAULT_SOCKET = "/run/haproxy/admin.sock"
DEFAULT_STORE = Path("~/.cache/ostler/environments")


@dataclass(frozen=True)
class Host:
    """One host. `address` is what SSH connects to; `domain` is its failure domain (None: its own); `known_as` is the
    name that its services go by in OpenStack's records, where it took the place of another host (None: its own)."""

    name: str
    address: str
    roles: tuple[Role, ...]
    domain: str | None = None
    known_as: str | None = None

    @property
    def service_name(self) -> str:
        """The name that its services go by."""
        return self.known_as or self.name


@dataclass(frozen=True)
class Access:
    """How hosts are reached by SSH.

    `key` is a private key's file (None: the agent's keys and those of ~/.ssh); `known_hosts` holds the
    hosts' keys (None: ~/.ssh/known_hosts); `proxy_jump` is a host to go through, as ssh -J takes it.
    """

    user: str = "root"
    port: int = 22
    key: Path | None = None
    known_hosts: Path | None = None
    proxy_jump: str | None = None


@dataclass(frozen=True)
class Api:
    """Which entry of which clouds.yaml has the administrator's credentials."""

    clouds_yaml: Path
    cloud: str


@dataclass(frozen=True)
class LoadBalancer:
    """What stands before the APIs. `socket` is HAProxy's runtime socket on each of `hosts`; `vip` the address
    clients use."""

    hosts: tuple[str, ...]
    vip: str
    kind: Literal["haproxy"] = "haproxy"
    socket: str = DEFAULT_SOCKET


@dataclass(frozen=True)
class Databases:
    """Where the databases are; no hosts: Ostler does not look after them. `is_galera`: the hosts form one
    Galera cluster."""

    hosts: tuple[str, ...] = ()
    kind: Literal["mariadb", "mysql"] = "mariadb"
    is_galera: bool = False


@dataclass(frozen=True)
class Messaging:
    """Where the message brokers are; no hosts: Ostler does not look after them."""

    hosts: tuple[str, ...] = ()
    kind: Literal["rabbitmq"] = "rabbitmq"


@dataclass(frozen=True)
class EnvironmentsStore:
    """The folder on this machine that holds the archives of virtual environments."""

    path: Path = field(default_factory=lambda: DEFAULT_STORE.expanduser())


@dataclass(frozen=True)
class Policy:
    """What the operator demands of changes to this cloud. `demands_rehearsal`: an upgrade is refused that was not
    rehearsed; a rehearsal is too old after `rehearsal_days`."""

    demands_rehearsal: bool = False
    rehearsal_days: int = 30


@dataclass(frozen=True)
class Cloud:
    """One cloud. `hosts` is by name, in the file's order; `api` is None when Ostler has no credentials for it,
    `load_balancer` when clients reach the APIs directly.

    `release` is what the operator says the cloud is at; what really runs is for facts to find out.
    """

    name: str
    release: str
    deployment: DeploymentKind
    hosts: Mapping[str, Host]
    access: Access = field(default_factory=Access)
    api: Api | None = None
    load_balancer: LoadBalancer | None = None
    databases: Databases = field(default_factory=Databases)
    messaging: Messaging = field(default_factory=Messaging)
    environments: EnvironmentsStore = field(default_factory=EnvironmentsStore)
    policy: Policy = field(default_factory=Policy)

    def host(self, name: str) -> Host:
        """The host called `name`. Raises InputError `cloud.unknown-host`, naming the nearest, when there is
        none."""
        found = self.hosts.get(name)
        if found is not None:
            return found
        near = difflib.get_close_matches(name, self.hosts, n=1)
        raise InputError(
            "cloud.unknown-host",
            f"cloud {self.name} has no host {name!r}",
            found=name,
            expected=", ".join(self.hosts),
            do_next=f"did you mean {near[0]}?" if near else "use one of the hosts of the cloud file",
        )

    def hosts_with(self, role: Role) -> tuple[Host, ...]:
        """The hosts that have a role, in the cloud file's order."""
        return tuple(host for host in self.hosts.values() if role in host.roles)

    def host_of_services(self, name: str) -> str | None:
        """The host whose services go by a name; None when there is none. Of two it is the one that has a part in the
        cloud: the other's place was taken."""
        return self._by_service_name.get(name)

    @cached_property
    def _by_service_name(self) -> Mapping[str, str]:
        return {host.service_name: host.name for host in sorted(self.hosts.values(), key=lambda host: bool(host.roles))}

    def domain_of(self, host: str) -> str:
        """The failure domain of a host: the one given, or the host by itself."""
        return self.host(host).domain or host

    def digest(self) -> str:
        """A SHA-256 that changes when the cloud changes: its name, hosts, roles and parts.

        How to get in (`access`, `api`, `environments`) does not count, nor does the stated release: a plan
        stays the same plan when it is carried out from another machine. Nor does `policy`: it is for plans that are
        still to be made.
        """
        told = {
            "name": self.name,
            "deployment": self.deployment,
            "hosts": [_told_host(host) for host in self.hosts.values()],
            "load_balancer": _told(self.load_balancer),
            "databases": _told(self.databases),
            "messaging": _told(self.messaging),
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _told_host(host: Host) -> dict[str, object]:
    """Without the name of its services where it is its own: digests of clouds from before there were others stay."""
    told = dataclasses.asdict(host)
    return {key: value for key, value in told.items() if key != "known_as" or value is not None}


def _told(part: LoadBalancer | Databases | Messaging | None) -> dict[str, object] | None:
    return None if part is None else dataclasses.asdict(part)
