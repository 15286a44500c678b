"""HAProxy's runtime socket and memcached on a simulated host, as socat and the facts' scripts talk to them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ostler.remote.simulated.machine import Machine, Outcome, World, failed
from ostler.remote.simulated.planes import is_address_lost
from ostler.remote.simulated.services import Answers, members
from ostler.remote.simulated.state import BalancerServer

_SET = re.compile(r"set server (\S+)/(\S+) (state|health) (\S+)")
_MAP = re.compile(r"(show|add|del) map (\S+)(?: (\S+))?(?: \S+)?")
CHECK_EVERY_S = 2.0
HOLD_MAP = "/etc/haproxy/hold.map"
COLUMNS = "# pxname,svname,qcur,qmax,scur,smax,status,weight,lastchg,check_status"


def socat(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Carry words to a socket of this host and bring back what it says."""
    address = arguments[-1]
    words = stdin.decode(errors="replace").strip()
    if address.startswith("UNIX-CONNECT:"):
        return _haproxy(machine, address.partition(":")[2], words)
    if address.startswith("TCP:") and address.endswith(":11211"):
        if not machine.runs("memcached"):
            return failed(f"socat: {address}: Connection refused")
        if "flush_all" in words:
            machine.note("flush memcached")
        return Outcome(0, "OK\r\n")
    return failed(f"socat: {address}: No such address on a simulated host")


def statistics(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """What the fact haproxy.servers asks."""
    return _haproxy(machine, arguments[0], "show stat")


def held(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """What the fact haproxy.held asks."""
    return _haproxy(machine, arguments[0], f"show map {arguments[1]}")


def memcached(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """What the fact memcached.node asks."""
    return Outcome(0, "VERSION 1.6.18\n\n" if machine.runs("memcached") else "DOWN\n")


def _haproxy(machine: Machine, socket: str, words: str) -> Outcome:
    if socket != machine.state.socket or not machine.runs("haproxy"):
        return failed(f"{socket}: No such file or directory")
    if words == "show stat":
        return Outcome(0, _statistics(machine))
    if found := _SET.fullmatch(words):
        return Outcome(0, _set_server(machine, *found.groups()))
    if found := _MAP.fullmatch(words):
        return Outcome(0, _hold_map(machine, found[1], found[2], found[3] or ""))
    return Outcome(0, "Unknown command. Please enter one of the following commands only :\n")


def _set_server(machine: Machine, backend: str, server: str, what: str, value: str) -> str:
    known = machine.host.balancer.get(backend, {}).get(server)
    if known is None:
        return "No such backend.\n" if backend not in machine.host.balancer else "No such server.\n"
    if what == "state" and value not in ("ready", "drain", "maint"):
        return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"
    if what == "health":
        known.until = 0.0
    if what == "state" and known.state == "maint" != value:
        known.until = machine.state.now + CHECK_EVERY_S
    if what == "state" and known.state != value:
        known.state, known.changed_at = value, machine.state.now
        machine.note(f"balancer: {backend}/{server} {value}")
    return "\n"


def _hold_map(machine: Machine, verb: str, path: str, key: str) -> str:
    if path != HOLD_MAP:
        return "Unknown map identifier. Please use #<id> or <file>.\n"
    if verb == "show":
        return "".join(f"0x55d0c8a2c{place:03x} {name} 1\n" for place, name in enumerate(machine.host.held)) + "\n"
    if (key in machine.host.held) == (verb == "add"):
        return "\n" if verb == "add" else "Key not found.\n"
    (machine.host.held.append if verb == "add" else machine.host.held.remove)(key)
    machine.note(f"balancer: {'hold' if verb == 'add' else 'release'} {key}")
    return "\n"


def _statistics(machine: Machine) -> str:
    lines, answers = [COLUMNS], Answers(machine.world)
    for backend, servers in machine.host.balancer.items():
        lines.append(f"{backend},FRONTEND,,,0,1,OPEN,,,")
        for name, server in servers.items():
            status = _status(answers, backend, name, server)
            check = "L7OK" if status in ("UP", "DRAIN") else "" if status == "MAINT" else "L4CON"
            changed = int(max(0.0, machine.state.now - server.changed_at))
            lines.append(f"{backend},{name},0,0,0,3,{status},1,{changed},{check}")
        lines.append(f"{backend},BACKEND,0,0,0,3,UP,{len(servers)},0,")
    return "\n".join(lines) + "\n\n"


def _status(answers: Answers, backend: str, name: str, server: BalancerServer) -> str:
    if server.state != "ready":
        return {"maint": "MAINT", "drain": "DRAIN"}[server.state]
    is_trusted = answers.world.state.now < server.until
    return "UP" if is_trusted or 0 < _backend_status(answers, backend, name) < 500 else "DOWN"


def _backend_status(answers: Answers, backend: str, host: str) -> int:
    """Return what a backend's port on a host answers: 0 when the host cannot be reached or nothing listens."""
    world = answers.world
    if host not in world.state.hosts or not world.is_reachable(host):
        return 0
    ports = world.blueprint.ports_of.get(backend, ())
    return answers.of(world.state.hosts[host], min(ports)) if ports else 0


def through_vip(world: World, service_type: str) -> int:
    """Return what an unlucky client is answered through the virtual address: 503 when no server is up behind it, 0
    when no load balancer holds the address, or requests are held."""
    holders = members(world, "haproxy", world.state.balancer_hosts)
    backends = world.blueprint.backends_of.get(service_type, ())
    if not holders or is_address_lost(world):
        return 0
    balancer = world.state.hosts[holders[0]]
    asked = Answers(world)
    for backend in sorted(backends):
        if backend in balancer.held:
            return 0
        answers = [
            _backend_status(asked, backend, name)
            for name, server in balancer.balancer.get(backend, {}).items()
            if _status(asked, backend, name, server) == "UP"
        ]
        if answers:
            return next((answer for answer in answers if answer != 200), 200)
    return 503
