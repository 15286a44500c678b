"""What a practice cloud consists of: hosts, addresses, ports, names and directories.

Everything here follows from seven choices (name, release, controllers, computes, spares, subnet, TLS). It is pure data:
it starts nothing and reads no file (`passwords` reads its own when it is asked).
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ostler.errors import InputError
from ostler.practice.passwords import Passwords

Role = Literal["controller", "compute"]

DEFAULT_NAME = "practice"
DEFAULT_RELEASE = "2024.1"
DEFAULT_SUBNET = "10.77.0.0/24"
DATABASE_PORT = 3306
SHARED_ON_HOSTS = "/srv/shared"
DOMAINS = 3
FIRST_CONTROLLER, MOST_CONTROLLERS = 11, 9
FIRST_COMPUTE, MOST_COMPUTES = 21, 200
FIRST_SPARE, MOST_SPARES = 231, 9
GATEWAY, VIP = 1, 250
LONGEST_INTERFACE_NAME = 15
TLS_PORTS_FROM = 10_000

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True)
class Frontend:
    """One API as HAProxy offers it: the same port on the VIP and on every controller's own address."""

    backend: str
    project: str
    port: int
    health_path: str
    is_public: bool = True

    @property
    def tls_port(self) -> int:
        """Where the VIP offers it to users over TLS, in a cloud that has TLS."""
        return TLS_PORTS_FROM + self.port


FRONTENDS = (
    Frontend("keystone", "keystone", 5000, "/v3"),
    Frontend("glance-api", "glance", 9292, "/healthcheck"),
    Frontend("placement-api", "placement", 8778, "/"),
    Frontend("nova-api", "nova", 8774, "/"),
    Frontend("nova-metadata", "nova", 8775, "/", is_public=False),
    Frontend("neutron-api", "neutron", 9696, "/"),
    Frontend("cinder-api", "cinder", 8776, "/"),
)


@dataclass(frozen=True)
class Host:
    """One systemd-nspawn host of a practice cloud."""

    name: str
    role: Role
    address: str
    domain: str


@dataclass(frozen=True)
class Layout:
    """A practice cloud as asked for. Two clouds side by side need different names and subnets.

    `spares` are hosts that can become its control plane: they have databases, message queue and load balancers of their
    own and nothing of OpenStack. `is_on_spares`: they are its control plane, by now. `has_tls`: its public addresses
    speak TLS, and only they, as in most clouds; services ask each other at the internal ones.

    Raises InputError when a name, count or subnet cannot be used.
    """

    name: str = DEFAULT_NAME
    release: str = DEFAULT_RELEASE
    controllers: int = 3
    computes: int = 2
    subnet: str = DEFAULT_SUBNET
    spares: int = 0
    has_tls: bool = False
    is_on_spares: bool = False
    state_root: Path = Path("/var/lib/ostler")
    cache_dir: Path = Path("/var/cache/ostler")

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError(
                "practice.bad-name",
                f"{self.name!r} cannot name a practice cloud",
                do_next="use lower-case letters, digits and dashes, at most 31, beginning with a letter",
            )
        _demand_count("controllers", self.controllers, least=1, most=MOST_CONTROLLERS)
        _demand_count("computes", self.computes, least=0, most=MOST_COMPUTES)
        _demand_count("spares", self.spares, least=0, most=MOST_SPARES)
        _demand_subnet(self.subnet)

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Controllers first, then computes, each in order of number."""
        return self.controller_hosts + self.compute_hosts

    @property
    def all_hosts(self) -> tuple[Host, ...]:
        """Every host there is, whichever are the control plane."""
        return self.first_controllers + self.compute_hosts + self.spare_hosts

    @property
    def controller_hosts(self) -> tuple[Host, ...]:
        """The control plane."""
        return self.spare_hosts if self.is_on_spares else self.first_controllers

    @property
    def first_controllers(self) -> tuple[Host, ...]:
        """The controllers that the cloud was built with."""
        return self._of_role("controller", "ctl", FIRST_CONTROLLER, self.controllers)

    @property
    def spare_hosts(self) -> tuple[Host, ...]:
        return self._of_role("controller", "new", FIRST_SPARE, self.spares)

    @property
    def on_spares(self) -> Layout:
        """The same cloud with its spare hosts as the control plane."""
        return replace(self, is_on_spares=True)

    @property
    def service_names(self) -> tuple[str, ...]:
        """The names that the controllers' services go by: those of the first ones, whose place others take."""
        return tuple(host.name for host in self.first_controllers[: len(self.controller_hosts)])

    @property
    def cluster_name(self) -> str:
        """What the database cluster of the control plane is called."""
        return f"{self.name}-new" if self.is_on_spares else self.name

    @property
    def compute_hosts(self) -> tuple[Host, ...]:
        return self._of_role("compute", "cmp", FIRST_COMPUTE, self.computes)

    def host(self, name: str) -> Host:
        """The host called `name`. Raises InputError when there is none."""
        for host in self.all_hosts:
            if host.name == name:
                return host
        known = ", ".join(host.name for host in self.all_hosts)
        raise InputError(
            "practice.unknown-host",
            f"practice cloud {self.name} has no host {name!r}",
            do_next=f"use one of: {known}",
        )

    @property
    def vip(self) -> str:
        """The address every API and the database are used at."""
        return self._address(VIP)

    def internal_url(self, backend: str) -> str:
        """Where services reach an API: at the VIP."""
        return f"http://{self.vip}:{_frontend(backend).port}"

    def public_url(self, backend: str) -> str:
        """Where users reach an API: over TLS in a cloud that has it, else where services do."""
        return f"https://{self.vip}:{_frontend(backend).tls_port}" if self.has_tls else self.internal_url(backend)

    @property
    def gateway(self) -> str:
        """The outer machine's own address on the bridge."""
        return self._address(GATEWAY)

    @property
    def prefix_length(self) -> int:
        return ipaddress.ip_network(self.subnet).prefixlen

    @property
    def bridge(self) -> str:
        """The bridge's name: readable, unique for this cloud and short enough for the kernel."""
        plain = f"ost-{self.name}"
        if len(plain) <= LONGEST_INTERFACE_NAME:
            return plain
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:4]
        return f"{plain[: LONGEST_INTERFACE_NAME - 4]}{digest}"

    def machine(self, host: Host) -> str:
        """The name systemd-nspawn knows the host by, unique among all clouds of this machine."""
        return f"{self.name}-{host.name}"

    @property
    def state_dir(self) -> Path:
        return self.state_root / "practice" / self.name

    @property
    def images_dir(self) -> Path:
        """Image layers shared by every practice cloud of this machine; never changed once complete."""
        return self.cache_dir / "images"

    @property
    def environments_dir(self) -> Path:
        """The store of environment archives."""
        return self.cache_dir / "environments"

    @property
    def hosts_dir(self) -> Path:
        """One folder per host below it: its overlay's upper and work folders and its mounted root."""
        return self.state_dir / "hosts"

    @property
    def shared_dir(self) -> Path:
        """What every controller sees as SHARED_ON_HOSTS; stands for the network share a real cloud has."""
        return self.state_dir / "shared"

    @property
    def tls_dir(self) -> Path:
        """Certificates and keys of its public addresses."""
        return self.state_dir / "tls"

    @property
    def private_key(self) -> Path:
        return self.state_dir / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.state_dir / "known_hosts"

    @property
    def cloud_file(self) -> Path:
        return self.state_dir / "cloud.yaml"

    @property
    def onto_file(self) -> Path:
        """The cloud file of the spare hosts, as `ostler upgrade --strategy replace --onto` takes it."""
        return self.state_dir / "new.yaml"

    @property
    def clouds_yaml(self) -> Path:
        """OpenStack credentials of the administrator, 0600."""
        return self.state_dir / "clouds.yaml"

    @property
    def passwords(self) -> Passwords:
        """Every password of this cloud, generated when first asked for."""
        return Passwords(self.state_dir / "passwords.json")

    def _address(self, number: int) -> str:
        return str(ipaddress.ip_network(self.subnet)[number])

    def _of_role(self, role: Role, prefix: str, first: int, count: int) -> tuple[Host, ...]:
        return tuple(
            Host(f"{prefix}{i + 1}", role, self._address(first + i), f"rack{i % DOMAINS + 1}") for i in range(count)
        )


def state_root(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder that holds what Ostler keeps on this machine; OSTLER_STATE_DIR overrides it."""
    return Path(environ.get("OSTLER_STATE_DIR", "/var/lib/ostler")).absolute()


def cache_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of what can be built again; OSTLER_CACHE_DIR overrides it."""
    return Path(environ.get("OSTLER_CACHE_DIR", "/var/cache/ostler")).absolute()


def _frontend(backend: str) -> Frontend:
    return next(frontend for frontend in FRONTENDS if frontend.backend == backend)


def _demand_count(what: str, count: int, least: int, most: int) -> None:
    if not least <= count <= most:
        raise InputError(
            "practice.bad-count",
            f"a practice cloud cannot have {count} {what}",
            do_next=f"choose {least} to {most}",
        )


def _demand_subnet(subnet: str) -> None:
    try:
        network = ipaddress.ip_network(subnet)
    except ValueError as error:
        raise InputError(
            "practice.bad-subnet", f"{subnet!r} is not a subnet: {error}", do_next="give one as 10.77.3.0/24"
        ) from None
    if network.version != 4 or network.prefixlen != 24 or not network.is_private:
        raise InputError(
            "practice.bad-subnet",
            f"{subnet} cannot be used for a practice cloud",
            do_next="give a private IPv4 /24 as 10.77.3.0/24",
        )
