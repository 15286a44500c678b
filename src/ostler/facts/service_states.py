"""`host.service_states`: how the processes of each unit are, whatever systemd calls the unit.

Value: {unit without .service: {load, active, result, exit_status, restarts, changed, memory_limit, processes, frozen,
queued, files_left}} for each unit the host has. `load` is systemd's word (loaded, masked, bad-setting, …), `result`
how it ended last ("success", "exit-code", "oom-kill", …) with `exit_status`; `changed` that its file is another one
now than the one systemd has read. `memory_limit` is the least of the limits on its memory, in bytes, None when there
is none. `frozen` counts its processes that are stopped (state T: SIGSTOP, or a debugger); `queued` the connections at
its listening sockets that no process has taken yet; `files_left` is how many more files that process may open that
has the fewest left, None when no process runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_object_of
from ostler.facts.proc_script import READ_PROC
from ostler.facts.scripts import python
from ostler.facts.service_units import SUFFIX, bare, unit_names

SCRIPT = (
    READ_PROC
    + """
import json, os, subprocess, sys
WANTED = "Id,LoadState,ActiveState,Result,ExecMainStatus,NRestarts,NeedDaemonReload,LimitAS,MemoryMax,ControlGroup"

def listening():
    found = {}
    for kind in ("tcp", "tcp6"):
        for line in lines("/proc/net/" + kind)[1:]:
            words = line.split()
            if words[3] == "0A":
                found["socket:[%s]" % words[9]] = int(words[4].partition(":")[2], 16)
    return found

def number(text):
    return int(text) if text.isdigit() and int(text) < 1 << 62 else None

queues = listening()
answer = {}
shown = subprocess.run(["systemctl", "show", "--property=" + WANTED, "--"] + sys.argv[2:],
                       stdout=subprocess.PIPE, check=True, timeout=8).stdout.decode()
for block in shown.strip().split("\\n\\n"):
    unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    if unit["LoadState"] == "not-found" and unit["ActiveState"] == "inactive":
        continue
    frozen, processes, sockets, left = 0, 0, set(), []
    for pid in pids(unit["ControlGroup"]) if unit.get("ControlGroup") else []:
        stat = " ".join(lines("/proc/%d/stat" % pid)).rpartition(")")[2].split()
        if not stat:
            continue
        processes += 1
        frozen += stat[0] in "Tt"
        files = names("/proc/%d/fd" % pid)
        sockets |= {link("/proc/%d/fd/%s" % (pid, name)) for name in files}
        for line in lines("/proc/%d/limits" % pid):
            if line.startswith("Max open files") and line.split()[3].isdigit():
                left.append(int(line.split()[3]) - len(files))
    limits = [each for each in (number(unit.get("LimitAS", "")), number(unit.get("MemoryMax", ""))) if each]
    answer[unit["Id"]] = {
        "load": unit["LoadState"], "active": unit["ActiveState"], "result": unit.get("Result", ""),
        "exit_status": number(unit.get("ExecMainStatus", "")) or 0,
        "restarts": number(unit.get("NRestarts", "")) or 0, "changed": unit.get("NeedDaemonReload") == "yes",
        "memory_limit": min(limits) if limits else None, "processes": processes, "frozen": frozen,
        "queued": sum(queues[name] for name in sockets if name in queues), "files_left": min(left) if left else None}
print(json.dumps(answer))
"""
)

COUNTS = ("exit_status", "restarts", "processes", "frozen", "queued")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.service_states", SCRIPT, *(f"{unit}{SUFFIX}" for unit in unit_names(cloud)), timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "the states of services")
    return {bare(unit): _state(seen, f"the state of {bare(unit)}") for unit, seen in answer.items()}


def _state(seen: JsonValue, what: str) -> JsonValue:
    texts = {key: entry(seen, key, str, what) for key in ("load", "active", "result")}
    counts = {key: entry(seen, key, int, what) for key in COUNTS}
    rest = {key: entry(seen, key, (int, type(None)), what) for key in ("memory_limit", "files_left")}
    return {**texts, **counts, **rest, "changed": entry(seen, "changed", bool, what)}


FACT = HostFact("host.service_states", commands, parse)
