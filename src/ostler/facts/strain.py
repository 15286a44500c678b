"""`host.strain`: what a host runs short of, and processes that stand still.

Value: {up_s: seconds since the host began (a container: since it did); memory: {total_bytes, available_bytes,
swap_bytes, swap_free_bytes}; stalled: {memory, io}: percent of the last minute in which every process waited for it
(None: the kernel does not say); conntrack: {used, limit}, or None; open_files: [{unit, pid, open, limit}] of processes
that have at least NEARLY of what they may; stopped: [{unit, pid, name}] of processes that were stopped by a signal and
belong to a unit; waiting_for_disk: names of processes that waited for a disk all the while, sorted}.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.shape import MAYBE_NUMBER, NOTHING, NUMBER, shaped

NEARLY = 0.8

SCRIPT = r"""
import json, os, sys, time
nearly = float(sys.argv[2])

def text(path):
    try:
        with open(path, errors="replace") as file:
            return file.read(1 << 20)
    except OSError:
        return ""

def stat(pid):
    told = text("/proc/%s/stat" % pid)
    name, _, rest = told.partition("(")[2].rpartition(")")
    return name, rest.split()

def unit(pid):
    for line in text("/proc/%s/cgroup" % pid).splitlines():
        for part in reversed(line.split("/")):
            if part.endswith(".service"):
                return part[:-8]
    return ""

def stalled(what):
    for line in text("/proc/pressure/" + what).splitlines():
        if line.startswith("full"):
            return float(line.split("avg60=")[1].split()[0])
    return None

def number(path):
    told = text(path).strip()
    return int(told) if told.isdigit() else None

def in_disk_wait(pids):
    return {pid for pid in pids if (stat(pid)[1] or [""])[0] == "D"}

pids = [name for name in os.listdir("/proc") if name.isdigit()]
waiting, open_files, stopped = in_disk_wait(pids), [], []
for pid in pids:
    name, rest = stat(pid)
    if rest and rest[0] in "Tt" and unit(pid):
        stopped.append({"unit": unit(pid), "pid": int(pid), "name": name})
    limit = [line.split() for line in text("/proc/%s/limits" % pid).splitlines() if line.startswith("Max open files")]
    if limit and limit[0][3].isdigit():
        try:
            used = len(os.listdir("/proc/%s/fd" % pid))
        except OSError:
            continue
        if used >= nearly * int(limit[0][3]):
            open_files.append({"unit": unit(pid), "pid": int(pid), "open": used, "limit": int(limit[0][3])})
for _ in range(3):
    if waiting:
        time.sleep(0.3)
        waiting &= in_disk_wait(waiting)
memory = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in text("/proc/meminfo").splitlines()}
used, limit = (number("/proc/sys/net/netfilter/nf_conntrack_" + name) for name in ("count", "max"))
began = int(stat(1)[1][19]) / os.sysconf("SC_CLK_TCK")
print(json.dumps({
    "up_s": max(0.0, float(text("/proc/uptime").split()[0]) - began),
    "memory": {"total_bytes": memory["MemTotal"], "available_bytes": memory["MemAvailable"],
               "swap_bytes": memory["SwapTotal"], "swap_free_bytes": memory["SwapFree"]},
    "stalled": {"memory": stalled("memory"), "io": stalled("io")},
    "conntrack": {"used": used, "limit": limit} if used is not None and limit else None,
    "open_files": open_files, "stopped": stopped,
    "waiting_for_disk": sorted({stat(pid)[0] for pid in waiting} - {""})}))
"""

SHAPE = {
    "up_s": NUMBER,
    "memory": {"total_bytes": int, "available_bytes": int, "swap_bytes": int, "swap_free_bytes": int},
    "stalled": {"memory": MAYBE_NUMBER, "io": MAYBE_NUMBER},
    "conntrack": (dict, NOTHING),
    "open_files": [{"unit": str, "pid": int, "open": int, "limit": int}],
    "stopped": [{"unit": str, "pid": int, "name": str}],
    "waiting_for_disk": [str],
}


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.strain", SCRIPT, str(NEARLY), timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "what the host runs short of"
    told = shaped(json_object_of(results[0], what), SHAPE, what)
    if told["conntrack"] is not None:
        told["conntrack"] = shaped(told["conntrack"], {"used": int, "limit": int}, what)
    return told


FACT = HostFact("host.strain", commands, parse)
