"""`host.processes`: which code the services' processes really run, and whom they are connected to.

Value: {service: {environment, environments, executables, pids, amqp_connections, database_connections, listening}}
for each service of the catalog whose unit has processes or is known to the host. `environments` are the folders
below /opt/openstack/venvs from which files are mapped into its processes; `environment` is that folder when all its
processes run from the same one, else None. Helpers that load nothing from an environment and are no Python (dnsmasq,
sudo) do not count. Connections are established TCP connections to the ports of AMQP (5672, 5671) and of the
database (3306); `listening` are TCP ports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.deployment.paths import ENVIRONMENTS_DIR
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, excerpt, json_object_of
from ostler.facts.proc_script import READ_PROC
from ostler.facts.scripts import python
from ostler.facts.service_units import SUFFIX, service_units

AMQP_PORTS = (5672, 5671)
DATABASE_PORTS = (3306,)

SCRIPT = (
    READ_PROC
    + """
import json, os, re, subprocess, sys
below, units = sys.argv[2].rstrip("/") + "/", sys.argv[3:]

def sockets(kind):
    found = {}
    for line in lines("/proc/net/" + kind)[1:]:
        local, remote, state, inode = (line.split()[i] for i in (1, 2, 3, 9))
        found["socket:[%s]" % inode] = (int(state, 16), int(local.rpartition(":")[2], 16),
                                        int(remote.rpartition(":")[2], 16))
    return found

def process(pid):
    proc = "/proc/%d/" % pid
    mapped = {line[line.index(below):].split("/")[len(below.split("/")) - 1]
              for line in lines(proc + "maps") if below in line}
    opened = {link(proc + "fd/" + fd) for fd in names(proc + "fd")}
    return {"pid": pid, "exe": link(proc + "exe"), "environments": sorted(below + name for name in mapped),
            "sockets": sorted(name for name in opened if name in known)}

known = dict(sockets("tcp"), **sockets("tcp6"))
shown = subprocess.run(["systemctl", "show", "--property=Id,LoadState,ControlGroup", "--"] + units,
                       stdout=subprocess.PIPE, check=True).stdout.decode()
answer = {}
for block in shown.strip().split("\\n\\n"):
    unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    processes = [process(pid) for pid in pids(unit["ControlGroup"])] if unit.get("ControlGroup") else []
    if processes or unit["LoadState"] != "not-found":
        answer[unit["Id"]] = [p for p in processes if p["exe"]]
used = {name for processes in answer.values() for p in processes for name in p["sockets"]}
print(json.dumps({"units": answer, "sockets": {name: known[name] for name in sorted(used)}}))
"""
)

ESTABLISHED, LISTENING = 1, 10


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    units = sorted({f"{unit}{SUFFIX}" for unit in service_units(cloud).values()})
    return (python("host.processes", SCRIPT, ENVIRONMENTS_DIR, *units),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "the list of processes")
    units = entry(answer, "units", dict, "the list of processes")
    sockets = entry(answer, "sockets", dict, "the list of processes")
    found = {}
    for service, unit in service_units(cloud).items():
        if f"{unit}{SUFFIX}" in units:
            found[service] = _service(units[f"{unit}{SUFFIX}"], sockets, service)
    return found


def _service(processes: object, sockets: Mapping[str, Any], service: str) -> JsonValue:
    if not isinstance(processes, list):
        raise ValueError(f"the processes of {service} are no list")
    counted = [process for process in processes if _counts(process, service)]
    sets = [tuple(_texts(process, "environments", service)) for process in counted]
    uniform = len(set(sets)) == 1 and len(sets[0]) == 1
    ends = _ends(processes, sockets, service)
    return {
        "environment": sets[0][0] if uniform else None,
        "environments": sorted({environment for each in sets for environment in each}),
        "executables": sorted({process["exe"] for process in counted}),
        "pids": sorted(entry(process, "pid", int, f"a process of {service}") for process in processes),
        "amqp_connections": sum(1 for state, _, remote in ends if state == ESTABLISHED and remote in AMQP_PORTS),
        "database_connections": sum(
            1 for state, _, remote in ends if state == ESTABLISHED and remote in DATABASE_PORTS
        ),
        "listening": sorted({local for state, local, _ in ends if state == LISTENING}),
    }


def _counts(process: object, service: str) -> bool:
    """Tell whether a process must run from an environment: it does, or it is a Python that should."""
    what = f"a process of {service}"
    if not isinstance(process, dict):
        raise ValueError(f"{what} is no object")
    program = str(entry(process, "exe", str, what)).rpartition("/")[2]
    return bool(entry(process, "environments", list, what)) or program.startswith(("python", "uwsgi"))


def _texts(process: Mapping[str, Any], key: str, service: str) -> list[str]:
    found = entry(process, key, list, f"a process of {service}")
    if not all(isinstance(item, str) for item in found):
        raise ValueError(f"a process of {service} has an unexpected {key!r}: {excerpt(repr(found))}")
    return [str(item) for item in found]


def _ends(processes: list[Any], sockets: Mapping[str, Any], service: str) -> list[tuple[int, int, int]]:
    """Return (state, local port, remote port) of each socket once, however many processes share it."""
    names = {name for process in processes for name in _texts(process, "sockets", service)}
    found = []
    for name in names:
        end = sockets.get(name)
        if not (isinstance(end, list) and len(end) == 3 and all(isinstance(part, int) for part in end)):
            raise ValueError(f"a socket of {service} is described in another form: {excerpt(repr(end))}")
        found.append((end[0], end[1], end[2]))
    return found


FACT = HostFact("host.processes", commands, parse)
