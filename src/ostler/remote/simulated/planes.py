"""A second control plane beside a simulated cloud's own: which databases and brokers a host belongs to, and the virtual
address going from one to the other."""

from __future__ import annotations

import re

from ostler.remote.simulated.file_system import FileSystem
from ostler.remote.simulated.machine import Machine, World
from ostler.remote.simulated.state import Aside, CloudState, Databases, HostState, Thing

IN_DATABASES = (
    *("servers", "flavors", "server_groups", "volumes", "snapshots", "backups", "volume_types", "images"),
    *("networks", "subnets", "ports", "routers", "floatingips", "security_groups"),
    *("identity-projects", "identity-users"),
)
"""The kinds of objects that lie in databases, and so stay with them."""

GRASTATE = "/var/lib/mysql/grastate.dat"
KEEPALIVED, HAPROXY, MARIADB = "keepalived", "haproxy", "mariadb"
NOVA_CONF, CINDER_CONF = "/etc/nova/nova.conf", "/etc/cinder/cinder.conf"
TWO_HOLD_IT = "TWO HOSTS HOLD THE VIRTUAL ADDRESS"

_HOST = re.compile(r"^host *= *(\S+)", re.MULTILINE)


def aside_of(machine: Machine) -> Aside | None:
    """The control plane a host belongs to that is not the cloud's; None for all others."""
    aside = machine.state.aside
    return aside if aside and machine.host.name in aside.hosts else None


def databases_of(machine: Machine) -> Databases:
    """What the database server of a host holds."""
    return (aside_of(machine) or machine.state).databases


def put_databases(machine: Machine, databases: Databases, things: dict[str, dict[str, Thing]]) -> None:
    """Let the database server of a host hold this."""
    place = aside_of(machine) or machine.state
    place.databases = databases
    place.things.update(things)


def database_hosts_of(machine: Machine) -> tuple[str, ...]:
    return (aside_of(machine) or machine.state).database_hosts


def messaging_hosts_of(machine: Machine) -> tuple[str, ...]:
    return (aside_of(machine) or machine.state).messaging_hosts


def holders(world: World) -> list[str]:
    """The hosts that hold the virtual address: the first where what moves it runs."""
    state = world.state
    found = [name for name in state.balancer_hosts if _balances(world, state.hosts[name])]
    return found[:1]


def is_address_lost(world: World) -> bool:
    """Whether nobody holds the virtual address; asked only of clouds with a second control plane."""
    return world.state.aside is not None and not holders(world)


def _balances(world: World, host: HostState) -> bool:
    units = (host.units.get(unit) for unit in (KEEPALIVED, HAPROXY))
    return world.is_reachable(host.name) and all(unit is not None and unit.runs for unit in units)


def address_moves(machine: Machine) -> None:
    """keepalived was started on a host: if it belongs to the other control plane, that becomes the cloud's."""
    aside = aside_of(machine)
    if aside is None or machine.host.name not in aside.balancer_hosts:
        return
    state = machine.state
    if any((unit := state.hosts[name].units.get(KEEPALIVED)) and unit.runs for name in state.balancer_hosts):
        machine.note(TWO_HOLD_IT)
        return
    _exchange(state, aside)
    machine.note("the virtual address moves here")


def _exchange(state: CloudState, aside: Aside) -> None:
    for name in ("database_hosts", "messaging_hosts", "balancer_hosts", "databases"):
        mine, other = getattr(state, name), getattr(aside, name)
        setattr(state, name, other)
        setattr(aside, name, mine)
    aside.hosts, aside.others = aside.others, aside.hosts
    kept = {kind: state.things.pop(kind, {}) for kind in IN_DATABASES}
    state.things.update(aside.things)
    aside.things = kept


def leaves_cluster(machine: Machine) -> None:
    """A database server stopped: the last one of its cluster may begin it again."""
    names = [name for name in database_hosts_of(machine) if name != machine.host.name]
    others = [machine.state.hosts[name].units.get(MARIADB) for name in names]
    is_last = not any(unit is not None and unit.runs for unit in others)
    machine.files.write(GRASTATE, f"safe_to_bootstrap: {int(is_last)}\n".encode())


def cannot_join(machine: Machine) -> bool:
    """Whether a database server that was stopped finds no cluster to join."""
    if machine.files.text(GRASTATE) is None:
        return False
    others = [machine.state.hosts[name] for name in database_hosts_of(machine) if name != machine.host.name]
    runs = [host for host in others if (unit := host.units.get(MARIADB)) and unit.runs]
    return bool(others) and not runs


def known_as(host: HostState, path: str = NOVA_CONF) -> str:
    """The name that services of a host go by, as a configuration file says."""
    found = _HOST.search(FileSystem(host).text(path) or "")
    return found[1] if found else host.name
