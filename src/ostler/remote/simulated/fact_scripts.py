"""The fixed scripts with which facts look at a host, answered by a simulated one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ostler.remote.simulated.api_state import servers_on
from ostler.remote.simulated.machine import Machine, Outcome, failed
from ostler.remote.simulated.planes import messaging_hosts_of
from ostler.remote.simulated.services import Answers, identity_of, members, running, unit_text
from ostler.remote.simulated.state import UnitState

ESTABLISHED, LISTENING = 1, 10
AMQP_PORT, DATABASE_PORT = 5672, 3306
GUEST_RUNS, GUEST_OFF = 1, 4


def clock(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    now = machine.state.now + machine.host.clock_offset_s
    return Outcome(0, f"{now:.9f}\n{machine.host.boot_id}\n{machine.host.name}\n6.1.0-41-amd64\n")


def changes(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """A simulated host has been up for a week, and only its units were started since."""
    started = [
        {"at": round(state.started_at), "what": unit}
        for unit, state in sorted(machine.host.units.items())
        if state.started_at is not None
    ]
    found = {"up_since": machine.state.now - 7 * 86400, "packages": [], "files": [], "units": started}
    return Outcome(0, json.dumps(found), seconds=0.05)


def files(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    answer: dict[str, Any] = {}
    for given in arguments:
        for path in machine.files.files_below(given) if given.endswith("/") else [given]:
            there = machine.files.entry(path)
            if there and there.kind == "file":
                answer[path] = {
                    "sha256": hashlib.sha256(there.content).hexdigest(),
                    "mode": f"{there.mode:04o}",
                    "owner": there.owner,
                    "group": there.group,
                    "size": len(there.content),
                }
    return Outcome(0, json.dumps(answer), seconds=0.03)


def connections(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Every address in configuration files, as they are written here: one server each, everything encoded."""
    found: list[dict[str, Any]] = []
    for path in (path for folder in arguments[1:] for path in machine.files.files_below(f"{folder}/")):
        group = "DEFAULT"
        for number, line in enumerate((machine.files.text(path) or "").splitlines(), 1):
            name, _, value = (part.strip() for part in line.partition("="))
            group = line.strip("[]") if line.startswith("[") else group
            url = urlsplit(value)
            if url.scheme.startswith(("mysql", "rabbit")) and path.endswith(".conf"):
                kind, unit = ("database", "mariadb") if url.port == DATABASE_PORT else ("messaging", "rabbitmq-server")
                answer = "answers" if _listens(machine, str(url.hostname), unit) else "refused"
                server = {"host": url.hostname, "port": url.port, "answer": answer}
                place = {"file": path, "line": number, "group": group, "option": name, "kind": kind}
                about = {"scheme": url.scheme, "user": url.username or "", "name": url.path.strip("/")}
                found.append({**place, **about, "servers": [server]})
    return Outcome(0, json.dumps({"found": found, "unread": {}}), seconds=0.1)


def _listens(machine: Machine, address: str, unit: str) -> bool:
    """Whether a server runs at an address; behind the virtual one, any does."""
    state = machine.state
    hosts = tuple(host.name for host in state.hosts.values() if address in (host.address, state.vip))
    return bool(members(machine.world, unit, hosts))


def environments(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    current, folder, manifest = arguments
    found: dict[str, Any] = {"links": {}, "present": {}}
    for service in machine.files.names(current):
        there = machine.files.link(f"{current}/{service}")
        if there and there.kind == "link":
            found["links"][service] = machine.files.resolve(f"{current}/{service}")
    for name in machine.files.names(folder):
        text = machine.files.text(f"{folder}/{name}/{manifest}")
        if text is not None:
            made = json.loads(text)
            found["present"][name] = {key: made.get(key) for key in ("project", "version", "release", "address")}
    return Outcome(0, json.dumps(found), seconds=0.03)


def processes(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    units: dict[str, list[dict[str, Any]]] = {}
    sockets: dict[str, list[int]] = {}
    for name in arguments[1:]:
        unit = name.removesuffix(".service")
        state = machine.host.units.get(unit)
        if state and state.runs:
            units[name] = [_process(machine, unit, state, sockets)]
        elif unit_text(machine, unit) is not None:
            units[name] = []
    return Outcome(0, json.dumps({"units": units, "sockets": sockets}), seconds=0.05)


def _process(machine: Machine, unit: str, state: UnitState, sockets: dict[str, list[int]]) -> dict[str, Any]:
    ends: list[list[int]] = []
    runs = running(machine.world, machine.host, unit)
    if runs:
        service = runs[1]
        if service.port:
            ends.append([LISTENING, service.port, 0])
        if service.uses_amqp and members(machine.world, "rabbitmq-server", machine.state.messaging_hosts):
            ends.append([ESTABLISHED, 40000, AMQP_PORT])
        if service.uses_database and members(machine.world, "mariadb", machine.state.database_hosts):
            ends.append([ESTABLISHED, 40001, DATABASE_PORT])
    names = [f"socket:[{state.main_pid * 10 + place}]" for place in range(len(ends))]
    sockets.update(zip(names, ends, strict=True))
    has_code = state.environment is not None
    return {
        "pid": state.main_pid,
        "exe": "/usr/bin/python3.11" if has_code else f"/usr/sbin/{unit}",
        "environments": [state.environment] if has_code else [],
        "sockets": names,
    }


def answers(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    wanted, asked = json.loads(arguments[2]), Answers(machine.world)
    found = {backend: {"status": asked.of(machine.host, port), "seconds": 0.01} for backend, port, _ in wanted}
    return Outcome(0, json.dumps(found), seconds=0.05)


def rabbitmq(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    if not machine.runs("rabbitmq-server"):
        return failed(f"Error: unable to perform an operation on node 'rabbit@{machine.host.name}'.", 69)
    nodes = members(machine.world, "rabbitmq-server", messaging_hosts_of(machine))
    lines = ["version 3.10.8", *(f"running rabbit@{node}" for node in nodes), "queues 42", "leaderless 0", "end"]
    return Outcome(0, "".join(f"{line}\n" for line in lines), seconds=0.1)


def guests(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    if "compute" not in machine.host.roles:
        return failed(f"neither libvirt nor {arguments[0]} is there")
    found = {
        server["id"]: [server["name"], GUEST_RUNS if server["status"] == "ACTIVE" else GUEST_OFF]
        for server in servers_on(machine.state, machine.host.name)
    }
    return Outcome(0, "file\n" + json.dumps(found))


def libvirt(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """A simulated compute has the libvirt of Debian 12, which nothing here uses."""
    if "compute" not in machine.host.roles:
        return failed("virsh is not installed here")
    return Outcome(0, "Using library: libvirt 9.0.0\n\nRunning against daemon: 9.0.0\n")


def log_errors(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """No service of a simulated cloud logs errors."""
    return Outcome(0, json.dumps({"read": len(arguments) - 1, "groups": [], "problems": []}), seconds=0.1)


def live_logs(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Nor do its journal, its databases and its brokers hold any."""
    return Outcome(0, json.dumps({"zone_s": 0, "now": machine.state.now, "problems": []}) + "\n", seconds=0.1)


def purge_queues(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    if not machine.runs("rabbitmq-server"):
        return failed("Error: unable to perform an operation on this node.", 69)
    machine.note("purge the queues")
    return Outcome(seconds=1.0)


def service_states(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Processes here neither hang nor run out of anything."""
    answer = {}
    for name in arguments:
        unit = name.removesuffix(".service")
        state = machine.host.units.get(unit, UnitState())
        if state.active != "inactive" or unit_text(machine, unit) is not None:
            answer[name] = {
                "load": "loaded",
                "active": state.active,
                "result": "exit-code" if state.active == "failed" else "success",
                "exit_status": int(state.active == "failed"),
                "restarts": state.restarts,
                "changed": False,
                "memory_limit": None,
                "processes": int(state.runs),
                "frozen": 0,
                "queued": 0,
                "files_left": 16000 if state.runs else None,
            }
    return Outcome(0, json.dumps(answer), seconds=0.05)


def settings(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """What simulated services are configured with differs on no host and is never wrong, so nothing is told of it."""
    return Outcome(0, "{}", seconds=0.1)


def logins(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Configuration files here name no users."""
    return Outcome(0, "[]", seconds=0.1)


def keys(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Every keystone has the same keys."""
    same = {"0": "0123456789abcdef", "1": "fedcba9876543210"}
    found = {
        purpose: {"folder": f"/etc/keystone/{folder}", "exists": True, "readable": True, "keys": same}
        for purpose, folder in (("tokens", "fernet-keys"), ("credentials", "credential-keys"))
    }
    return Outcome(0, json.dumps(found), seconds=0.03)


def endpoints(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """One public endpoint of each type of service, at the virtual address."""
    if not machine.runs("mariadb"):
        return failed("the database does not answer")
    vip = arguments[2]
    found = [
        {
            "id": f"endpoint-{kind}",
            "type": kind,
            "interface": "public",
            "url": f"http://{vip}:{port}",
            "host": vip,
            "port": port,
            "known": port,
            "answer": "300",
            "at_vip": "300",
        }
        for kind, port in json.loads(arguments[1]).items()
    ]
    return Outcome(0, json.dumps(found), seconds=0.1)


def image_files(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Images here have no files."""
    if not machine.runs("mariadb"):
        return failed("the database does not answer")
    return Outcome(0, json.dumps({"images": [], "stores": {}}), seconds=0.1)


def identity(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    found = {"folder": "/var/lib/nova", "uuid": identity_of(machine.host.name), "host": machine.host.name}
    return Outcome(0, json.dumps(found), seconds=0.03)
