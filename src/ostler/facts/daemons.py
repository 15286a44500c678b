"""`host.daemons`: systemd's other units, and the daemons of the host that services stand on.

Value: {failed: {unit: {kind, result}}, stopped: units that start at boot, are made to stay, and do not run, sorted;
restarting: {unit: restarts} of those that systemd started again within RECENT_S; dbus, libvirt, ovs_database,
ovs_switch: one of ANSWERS, None where it is not installed}. Names are without `.service`; the units that `host.units`
tells of are left out. `kind` is systemd's Type, `result` its Result. `silent`: it took a connection and said nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python
from ostler.facts.service_units import unit_names
from ostler.facts.shape import ByName, OneOf, shaped

RECENT_S = 120
LEAST_RESTARTS = 3
ANSWERS = ("answers", "refused", "silent", "missing")

SCRIPT = r"""
import json, os, shutil, socket, subprocess, sys, threading, time

recent_s, least, known = float(sys.argv[2]), int(sys.argv[3]), set(sys.argv[4:])
PROPERTIES = ("Id,LoadState,ActiveState,SubState,Type,Result,ConditionResult,UnitFileState,NRestarts,WantedBy,"
              "RequiredBy,ActiveEnterTimestampMonotonic,InactiveEnterTimestampMonotonic")

def said(argv, seconds):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

def bus():
    path = "/run/dbus/system_bus_socket"
    if not os.path.exists(path):
        return "missing" if os.path.exists("/usr/bin/dbus-daemon") or os.path.exists("/usr/bin/dbus-broker") else None
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(3)
        try:
            connection.connect(path)
            connection.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
            return "answers" if connection.recv(100).startswith(b"OK") else "silent"
        except socket.timeout:
            return "silent"
        except OSError:
            return "refused"

def program(argv, seconds):
    if not shutil.which(argv[0]):
        return None
    try:
        return "answers" if said(argv, seconds)[0] == 0 else "refused"
    except subprocess.TimeoutExpired:
        return "silent"

def libvirt():
    if not any(os.path.exists("/lib/systemd/system/" + name + ".service") for name in ("libvirtd", "virtqemud")):
        return None
    return program(["virsh", "--readonly", "--connect", "qemu:///system", "version"], 5)

def switch(argv):
    units = ("ovs-vswitchd", "openvswitch", "openvswitch-switch")
    is_installed = any(os.path.exists("/lib/systemd/system/" + unit + ".service") for unit in units)
    return program(argv, 5) if is_installed else None

answers = {}
ASKED = {
    "dbus": bus,
    "libvirt": libvirt,
    "ovs_database": lambda: switch(["ovs-vsctl", "--timeout=4", "--no-wait", "get-manager"]),
    "ovs_switch": lambda: switch(["ovs-appctl", "--timeout=4", "--target=ovs-vswitchd", "version"]),
}

def ask(name):
    answers[name] = ASKED[name]()

threads = [threading.Thread(target=ask, args=(name,)) for name in ASKED]
for thread in threads:
    thread.start()
text = said(["systemctl", "show", "--property=" + PROPERTIES, "--", "*.service"], 7)[1]
now, failed, stopped, restarting = time.monotonic() * 1e6, {}, [], {}
for block in text.strip().split("\n\n"):
    unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    name = unit.get("Id", "")[:-8]
    if not name or name in known or unit.get("LoadState") != "loaded":
        continue
    stays = unit.get("Type") not in ("oneshot", "idle") and unit.get("ConditionResult") != "no"
    ended = float(unit.get("InactiveEnterTimestampMonotonic") or 0)
    if unit["ActiveState"] == "failed":
        failed[name] = {"kind": unit.get("Type", ""), "result": unit.get("Result", "")}
    elif unit["ActiveState"] == "inactive" and stays and ended and unit.get("UnitFileState") == "enabled":
        if "multi-user.target" in (unit.get("WantedBy", "") + unit.get("RequiredBy", "")):
            stopped.append(name)
    began = float(unit.get("ActiveEnterTimestampMonotonic") or 0)
    if int(unit.get("NRestarts") or 0) >= least and stays:
        if unit["SubState"] == "auto-restart" or now - max(began, ended) < recent_s * 1e6:
            restarting[name] = int(unit["NRestarts"])
for thread in threads:
    thread.join()
print(json.dumps(dict(answers, failed=failed, stopped=sorted(stopped), restarting=restarting)))
"""

ASKED = ("dbus", "libvirt", "ovs_database", "ovs_switch")
SHAPE = {"failed": ByName({"kind": str, "result": str}), "stopped": [str], "restarting": ByName(int)}


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.daemons", SCRIPT, str(RECENT_S), str(LEAST_RESTARTS), *unit_names(cloud), timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "what runs on the host"
    answer = json_object_of(results[0], what)
    told = shaped(answer, SHAPE, what)
    for name in ASKED:
        word = entry(answer, name, (str, type(None)), what)
        told[name] = None if word is None else shaped(word, OneOf(ANSWERS), f"{what}, {name}")
    return told


FACT = HostFact("host.daemons", commands, parse)
