"""What the Ansible inventories of two deployment projects have in common: groups, members, variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ostler.cloud.model import Access, Host, Role
from ostler.cloud.names import LOGIN, is_address, is_name
from ostler.errors import InputError


@dataclass(frozen=True)
class InventoryHost:
    """A host as an inventory names it, with its own variables."""

    name: str
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Inventory:
    """Hosts by name; groups with their own hosts, their child groups and their variables."""

    hosts: Mapping[str, InventoryHost]
    groups: Mapping[str, tuple[str, ...]]
    children: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, Mapping[str, str]]

    def members(self, group: str) -> tuple[str, ...]:
        """The hosts of a group and of the groups below it, each once; a group that is not there has none."""
        found: dict[str, None] = {}
        waiting, seen = [group], set()
        while waiting:
            name = waiting.pop(0)
            if name in seen:
                continue
            seen.add(name)
            found.update(dict.fromkeys(self.groups.get(name, ())))
            waiting.extend(self.children.get(name, ()))
        return tuple(found)

    def variable(self, host: str, name: str) -> str | None:
        """A variable of a host: its own, or that of a group it is in, or that of all."""
        own = self.hosts[host].variables.get(name)
        if own is not None:
            return own
        holding = (g for g, values in self.variables.items() if name in values and host in self.members(g))
        group = next(holding, "all")
        return self.variables.get(group, {}).get(name)


def hosts_of(inventory: Inventory, roles: Mapping[str, Role], path: Path) -> dict[str, Host]:
    """The hosts that are in one of the groups `roles` names, with the roles that follow.

    Raises InputError `cloud.bad-inventory` for a name or an address that cannot be one.
    """
    found: dict[str, list[Role]] = {}
    for group, role in roles.items():
        for name in inventory.members(group):
            given = found.setdefault(name, [])
            if role not in given:
                given.append(role)
    return {name: _host(inventory, name, tuple(given), path) for name, given in found.items()}


def access_of(inventory: Inventory, hosts: Iterable[str]) -> Access:
    """How the hosts are reached: what the inventory says of the first that says something."""
    names = list(hosts)

    def first(*variables: str) -> str | None:
        values = (inventory.variable(host, variable) for host in names for variable in variables)
        return next((value for value in values if value), None)

    user, port, key = first("ansible_user", "ansible_ssh_user"), first("ansible_port"), first(_KEY)
    return Access(
        user=user if user and LOGIN.fullmatch(user) else Access.user,
        port=int(port) if port and port.isdigit() and 0 < int(port) < 65536 else Access.port,
        key=Path(key).expanduser() if key and "{{" not in key else None,
    )


def bad_inventory(path: Path, problem: str) -> InputError:
    """The error that says an inventory cannot be used."""
    return InputError(
        "cloud.bad-inventory",
        f"the inventory {path} cannot be used: {problem}",
        source=str(path),
        do_next="name the inventory the cloud was deployed with, or answer the questions of: ostler init",
    )


_KEY = "ansible_ssh_private_key_file"


def _host(inventory: Inventory, name: str, roles: tuple[Role, ...], path: Path) -> Host:
    if not is_name(name):
        raise bad_inventory(path, f"{name!r} cannot be the name of a host")
    address = inventory.variable(name, "ansible_host") or name
    if not is_address(address):
        raise bad_inventory(path, f"{address!r} cannot be the address of {name}")
    domain = inventory.hosts[name].variables.get("physical_host")
    return Host(name, address, roles, domain if domain and domain != name and is_name(domain) else None)
