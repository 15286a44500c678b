"""Reads a Kolla-Ansible inventory (the `multinode` file) as a cloud.

Groups become roles; `[group:children]`, `[group:vars]`, host ranges (`compute[01:20]`) and the variables
ansible_host, ansible_user, ansible_port and ansible_ssh_private_key_file are understood. What is not in an
inventory (the address of the APIs, the release) is asked for by `ostler init`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from ostler.cloud.inventory import Inventory, InventoryHost, access_of, bad_inventory, hosts_of
from ostler.cloud.model import Api, Cloud, Databases, LoadBalancer, Messaging, Role

ROLES: dict[str, Role] = {"control": "controller", "network": "network", "compute": "compute", "storage": "storage"}
SOCKET = "/var/lib/kolla/haproxy/haproxy.sock"
CREDENTIALS = Api(Path("/etc/kolla/clouds.yaml"), "kolla-admin")

_SECTION = re.compile(r"\[([^\]:]+)(?::(children|vars))?\]")
_RANGE = re.compile(r"\[(\d+):(\d+)\]")
MOST_IN_A_RANGE = 10_000


@dataclass
class _Group:
    hosts: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


def cloud_from_kolla(path: Path, *, name: str, release: str, vip: str | None) -> Cloud:
    """The cloud that the inventory at `path` describes; `vip` None: there is no load balancer.

    Raises InputError `cloud.bad-inventory` when it cannot be read, has no host in the group `control`, or
    has a name that cannot be a host's.
    """
    inventory = read_ini(path)
    hosts = hosts_of(inventory, ROLES, path)
    if not any("controller" in host.roles for host in hosts.values()):
        raise bad_inventory(path, "no host is in the group control")
    controllers = tuple(host.name for host in hosts.values() if "controller" in host.roles)

    def members(*groups: str) -> tuple[str, ...]:
        found = (host for group in groups for host in inventory.members(group))
        return tuple(dict.fromkeys(host for host in found if host in hosts)) or controllers

    databases = members("mariadb")
    return Cloud(
        name=name,
        release=release,
        deployment="container",
        hosts=hosts,
        access=access_of(inventory, tuple(hosts)),
        api=CREDENTIALS,
        load_balancer=LoadBalancer(members("loadbalancer", "haproxy"), vip, socket=SOCKET) if vip else None,
        databases=Databases(databases, is_galera=len(databases) > 1),
        messaging=Messaging(members("rabbitmq")),
    )


def read_ini(path: Path) -> Inventory:
    """The groups, hosts and variables of an inventory in Ansible's INI format.

    Raises InputError `cloud.bad-inventory`, naming the line, for what it does not understand.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise bad_inventory(path, getattr(error, "strerror", None) or str(error)) from None
    groups: dict[str, _Group] = {"ungrouped": _Group()}
    hosts: dict[str, dict[str, str]] = {}
    group, kind = groups["ungrouped"], ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        section = _SECTION.fullmatch(line)
        if section:
            group, kind = groups.setdefault(section[1], _Group()), section[2] or ""
        elif kind == "children":
            group.children.append(line.split()[0])
        elif kind == "vars":
            key, _, value = line.partition("=")
            group.variables[key.strip()] = value.strip().strip("'\"")
        else:
            _add_hosts(line, number, path, group, hosts)
    return Inventory(
        hosts={name: InventoryHost(name, variables) for name, variables in hosts.items()},
        groups={name: tuple(g.hosts) for name, g in groups.items()},
        children={name: tuple(g.children) for name, g in groups.items()},
        variables={name: g.variables for name, g in groups.items()},
    )


def _add_hosts(line: str, number: int, path: Path, group: _Group, hosts: dict[str, dict[str, str]]) -> None:
    try:
        pattern, *words = shlex.split(line, comments=True)
    except ValueError as error:
        raise bad_inventory(path, f"line {number}: {error}") from None
    if any("=" not in word for word in words):
        raise bad_inventory(path, f"line {number}: after a host's name only key=value may come, found {line!r}")
    for name in _expand(pattern, number, path):
        known = hosts.setdefault(name, {})
        for word in words:
            key, _, value = word.partition("=")
            known[key] = value
        if name not in group.hosts:
            group.hosts.append(name)


def _expand(pattern: str, number: int, path: Path) -> list[str]:
    found = _RANGE.search(pattern)
    if found is None:
        return [pattern]
    first, last = int(found[1]), int(found[2])
    if not 0 <= last - first < MOST_IN_A_RANGE:
        raise bad_inventory(path, f"line {number}: {found[0]} is not a range of hosts")
    width = len(found[1])
    return [pattern.replace(found[0], f"{i:0{width}d}", 1) for i in range(first, last + 1)]
