"""Reads OpenStack-Ansible's dynamic inventory (JSON) as a cloud.

The JSON is what `dynamic_inventory.py --list` prints and what lies in /etc/openstack_deploy/openstack_inventory.json.
A service container is a host of its own, whose failure domain is the machine it stands on (`physical_host`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ostler.cloud.inventory import Inventory, InventoryHost, access_of, bad_inventory, hosts_of
from ostler.cloud.model import Api, Cloud, Databases, LoadBalancer, Messaging, Role

ROLES: dict[str, Role] = {
    "keystone_all": "controller",
    "glance_api": "controller",
    "placement_all": "controller",
    "nova_conductor": "controller",
    "nova_scheduler": "controller",
    "nova_api_os_compute": "controller",
    "nova_api_metadata": "controller",
    "neutron_server": "controller",
    "cinder_api": "controller",
    "cinder_scheduler": "controller",
    "cinder_volume": "storage",
    "neutron_l3_agent": "network",
    "neutron_dhcp_agent": "network",
    "galera_all": "controller",
    "rabbitmq_all": "controller",
    "haproxy_all": "controller",
    "nova_compute": "compute",
}
SOCKET = "/var/run/haproxy.stat"
CREDENTIALS = Api(Path("/root/.config/openstack/clouds.yaml"), "default")


def cloud_from_osa(path: Path, *, name: str, release: str, vip: str | None = None) -> Cloud:
    """The cloud that the inventory at `path` describes; `vip` is read from it when None is given.

    Raises InputError `cloud.bad-inventory` when it cannot be read or names no host of nova's or keystone's.
    """
    inventory = read_json(path)
    hosts = hosts_of(inventory, ROLES, path)
    if not any("controller" in host.roles for host in hosts.values()):
        raise bad_inventory(path, "no host is in keystone_all or another group of controller services")
    balancers = inventory.members("haproxy_all")
    databases = inventory.members("galera_all")
    address = vip or inventory.variables.get("all", {}).get("internal_lb_vip_address")
    return Cloud(
        name=name,
        release=release,
        deployment="venv",
        hosts=hosts,
        access=access_of(inventory, tuple(hosts)),
        api=CREDENTIALS,
        load_balancer=LoadBalancer(balancers, address, socket=SOCKET) if balancers and address else None,
        databases=Databases(databases, is_galera=len(databases) > 1),
        messaging=Messaging(inventory.members("rabbitmq_all")),
    )


def read_json(path: Path) -> Inventory:
    """The groups, hosts and variables of an inventory in Ansible's JSON format.

    Raises InputError `cloud.bad-inventory` when it is not such a file.
    """
    try:
        raw = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise bad_inventory(path, getattr(error, "strerror", None) or str(error)) from None
    if not isinstance(raw, dict) or not isinstance(raw.get("_meta"), dict):
        raise bad_inventory(path, "it is not an inventory in JSON: there is no _meta")
    groups = {name: value for name, value in raw.items() if name != "_meta" and isinstance(value, dict)}
    named = {name: _names(value, "hosts") for name, value in groups.items()}
    variables = raw["_meta"].get("hostvars") or {}
    names = dict.fromkeys([*variables, *(host for hosts in named.values() for host in hosts)])
    return Inventory(
        hosts={name: InventoryHost(name, _addressed(_texts(variables.get(name)))) for name in names},
        groups=named,
        children={name: _names(value, "children") for name, value in groups.items()},
        variables={name: _texts(value.get("vars")) for name, value in groups.items()},
    )


def _names(group: dict[str, Any], key: str) -> tuple[str, ...]:
    listed = group.get(key) or []
    return tuple(str(name) for name in listed)


def _texts(values: Any) -> dict[str, str]:
    """The variables that are plain values, as text."""
    if not isinstance(values, dict):
        return {}
    return {str(k): str(v) for k, v in values.items() if isinstance(v, str | int) and not isinstance(v, bool)}


def _addressed(variables: dict[str, str]) -> dict[str, str]:
    """Older inventories call the address of a container by another name."""
    address = variables.get("ansible_host") or variables.get("ansible_ssh_host") or variables.get("container_address")
    return {**variables, "ansible_host": address} if address else variables
