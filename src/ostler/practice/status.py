"""How a practice cloud is: its hosts and the infrastructure on them, read side by side over SSH."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from ostler.errors import OutsideError
from ostler.practice import galera, haproxy, hosts, infrastructure, rabbitmq
from ostler.practice.cloud_file import release_now
from ostler.practice.faults.record import FaultRecord
from ostler.practice.layout import Host, Layout
from ostler.practice.reach import PracticeReach


@dataclass(frozen=True)
class HostStatus:
    """How one host is. `system` is systemd's word, or `off`, or `unreachable`."""

    name: str
    role: str
    address: str
    domain: str
    system: str
    failed_units: tuple[str, ...] = ()


@dataclass(frozen=True)
class CloudStatus:
    """How a practice cloud is. Names are host names; a backend's servers map to HAProxy's word for each; `faults` are
    those that were made on purpose, with their places."""

    name: str
    release: str
    subnet: str
    vip: str
    vip_holders: tuple[str, ...]
    hosts: tuple[HostStatus, ...]
    galera_size: int
    galera_synced: tuple[str, ...]
    rabbitmq_running: tuple[str, ...]
    backends: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON document."""
        document: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return document


def read_status(layout: Layout, reach: PracticeReach) -> CloudStatus:
    """Read everything; what does not answer is shown as such and is no error."""
    each = reach.each(layout.all_hosts, lambda host: _host_status(layout, reach, host))
    controllers = (*layout.first_controllers, *layout.spare_hosts)
    alive = [host for host in controllers if each[host.name].system not in ("off", "unreachable")]
    wsrep = reach.each(alive, lambda host: galera.status(reach, host))
    synced = [name for name, said in wsrep.items() if said.get("wsrep_local_state_comment") == "Synced"]
    holders = infrastructure.vip_holders(layout, reach, alive)
    return CloudStatus(
        name=layout.name,
        release=release_now(layout),
        subnet=layout.subnet,
        vip=layout.vip,
        vip_holders=tuple(holders),
        hosts=tuple(each[host.name] for host in layout.all_hosts),
        galera_size=max((int(said.get("wsrep_cluster_size", 0)) for said in wsrep.values()), default=0),
        galera_synced=tuple(synced),
        rabbitmq_running=tuple(sorted(_rabbitmq(reach, alive))),
        backends=haproxy.read_backends(reach, holders[0]) if holders else {},
        faults=tuple(f"{made.fault} on {made.place}" for made in FaultRecord(layout).all()),
    )


def _host_status(layout: Layout, reach: PracticeReach, host: Host) -> HostStatus:
    if not hosts.is_running(layout, host):
        return HostStatus(host.name, host.role, host.address, host.domain, "off")
    script = "systemctl is-system-running; systemctl list-units --failed --plain --no-legend --no-pager"
    try:
        shown = reach.run(host, ["sh", "-c", script], timeout_s=20, check=False).stdout.splitlines()
    except OutsideError:
        return HostStatus(host.name, host.role, host.address, host.domain, "unreachable")
    word, units = (shown[0], shown[1:]) if shown else ("unreachable", [])
    failed = tuple(line.split()[0] for line in units if line.strip())
    return HostStatus(host.name, host.role, host.address, host.domain, word, failed)


def _rabbitmq(reach: PracticeReach, alive: list[Host]) -> set[str]:
    for host in alive:
        if running := rabbitmq.running_nodes(reach, host):
            return running
    return set()
