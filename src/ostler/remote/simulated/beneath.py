"""What OpenStack stands on, on a simulated host: reach, names, folders, daemons, databases and brokers by themselves.

Nothing here hangs, runs full or is astray; what is stopped or away is gone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ostler.remote.simulated.machine import Machine, Outcome
from ostler.remote.simulated.services import Answers, members

UNITS_AT = {5672: "rabbitmq-server", 4369: "rabbitmq-server", 25672: "rabbitmq-server", 4567: "mariadb"} | {
    11211: "memcached"
}
SENT = 60
PLENTY = 30 * 2**30
DATABASE_PORT = 3306


def _json(told: Any, seconds: float = 0.05) -> Outcome:
    return Outcome(0, json.dumps(told), seconds=seconds)


def reach(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Every host that runs is reached, at the ports where something listens."""
    answers = Answers(machine.world)
    told = zip(arguments[3::3], arguments[4::3], arguments[5::3], strict=True)
    peers = {name: _peer(answers, address, [int(port) for port in ports.split()]) for name, address, ports in told}
    listening = [port for port, unit in UNITS_AT.items() if machine.runs(unit)]
    listening += [port for port in machine.world.blueprint.units_at if answers.of(machine.host, port)]
    if machine.runs("mariadb"):
        listening.append(DATABASE_PORT)
    return _json({"listening": sorted(listening), "peers": peers}, seconds=3.0)


def _peer(answers: Answers, address: str, ports: Sequence[int]) -> dict[str, Any]:
    world, state = answers.world, answers.world.state
    balancers = tuple(name for name, host in state.hosts.items() if host.balancer)
    is_vip = address == state.vip
    there = [host for host in state.hosts.values() if host.address == address and world.is_reachable(host.name)]
    is_there = bool(there or (is_vip and members(world, "haproxy", balancers)))

    def answer(port: int) -> str:
        if not is_there:
            return "silent"
        unit = UNITS_AT.get(port)
        names = tuple(host.name for host in there)
        is_open = is_vip or (members(world, unit, names) if unit else any(answers.of(h, port) for h in there))
        return "open" if is_open else "refused"

    seen = SENT if is_there else 0
    counted = {"sent": SENT, "answered": seen, "heard": seen, "heard_of": seen}
    return {**counted, "ports": {str(port): answer(port) for port in ports}}


def names(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    known = {name: [machine.state.hosts[name].address] for name in arguments[1:] if name in machine.state.hosts}
    return _json({"names": {**{name: [] for name in arguments[1:]}, **known}, "nameservers": {}})


def strain(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    memory = {"total_bytes": 2 * PLENTY, "available_bytes": PLENTY, "swap_bytes": 0, "swap_free_bytes": 0}
    quiet: dict[str, Any] = {"open_files": [], "stopped": [], "waiting_for_disk": [], "conntrack": None}
    return _json({"up_s": 864_000.0, "memory": memory, "stalled": {"memory": 0.0, "io": 0.0}, **quiet})


def folders(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """One file system, on which everybody may do what he needs."""
    host = machine.host
    used = round(100 * (1 - host.free_bytes / host.disk_bytes))
    root = {"kind": "ext4", "free_bytes": host.free_bytes, "used_percent": used, "free_inodes": 2_000_000}
    return _json({"folders": {}, "mounts": {"/": {**root, "is_read_only": False, "hangs": False}}})


def kernel_log(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    counted: dict[str, Any] = {"killed": {}, "io_errors": {}, "links_lost": {}}
    return _json({**counted, "made_read_only": [], "stuck": [], "conntrack_full": 0, "lines": []})


def daemons(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    absent = dict.fromkeys(("libvirt", "ovs_database", "ovs_switch"))
    return _json({"dbus": "answers", **absent, "failed": {}, "stopped": [], "restarting": {}})


def timekeeping(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    keeper = {"is_synchronised": True, "daemon": "chrony", "chrony": {"offset_s": 0.0001, "updated_s_ago": 30.0}}
    return _json({**keeper, "zone": "UTC", "utc_offset_s": 0, "services": {}})


def certificates(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    return _json({})


def refused_logins(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    return _json({"database": {}, "broker": {}})


def broker(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    if not machine.runs("rabbitmq-server"):
        return Outcome(0, "answer gone\nend\n", seconds=0.05)
    lines = ["cookie 0a1b2c3d", "answer answers", f"memory {PLENTY // 300} {PLENTY // 75}"]
    return Outcome(0, "\n".join([*lines, f"disk {PLENTY} {PLENTY // 300}", "connections 60", "end\n"]), seconds=0.1)


def cache(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    if not machine.runs("memcached"):
        return Outcome(0, "refused\n")
    return Outcome(0, "answers\nSTAT max_connections 2048\r\nSTAT curr_connections 60\r\nEND\r\n")


def balancer(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """HAProxy sends requests where it should: to each host's own address, at the port of the API."""
    if arguments[0] != machine.state.socket or not machine.runs("haproxy"):
        return Outcome(0, "no socket\n")
    lines = ["answers", "Maxconn: 4000", "CurrConns: 40", "1", "# be_id be_name srv_id srv_name srv_addr srv_port"]
    for number, (backend, servers) in enumerate(sorted(machine.host.balancer.items())):
        for name in servers:
            host = machine.state.hosts[name]
            lines.append(f"{number} {backend} 1 {name} {host.address} {DATABASE_PORT}")
    return Outcome(0, "\n".join([*lines, ""]))


def addresses(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """What keepalived is told."""
    one = {"interface": "eth0", "router_id": 77, "priority": 100, "addresses": [machine.state.vip]}
    return _json({"instances": {"vip": one} if machine.host.balancer else {}, "links": ["eth0", "lo"]})


def filters(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """nftables has no rules."""
    return _json({"nftables": []})


def ovn(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """OVN is not installed."""
    return _json(None)


def swift(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Swift is not installed."""
    return _json({"servers": {}, "unmounted": [], "rings": {}, "replicated_s_ago": {}})


def ceph(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """There is no client of Ceph."""
    return Outcome(0, "absent\n")
