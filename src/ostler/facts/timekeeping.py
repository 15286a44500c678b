"""`host.timekeeping`: who keeps a host's clock, and whether its services go by the same one.

Value: {is_synchronised: what the kernel was told of its clock; daemon: the unit that keeps it, or None; chrony:
{offset_s, updated_s_ago}, or None; zone: such as "UTC"; utc_offset_s; services: {log file: seconds its service's clock
is ahead}}. `services` come from log files written within RECENT_S: a service writes its own time into a line, and the
kernel notes when it was written; a file whose last line has no time is left out, as are differences of whole half
hours, which are time zones.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.shape import MAYBE_NUMBER, MAYBE_TEXT, NUMBER, ByName, shaped

RECENT_S = 900

SCRIPT = r"""
import ctypes, json, os, re, subprocess, sys, time

recent_s, logs = float(sys.argv[2]), sys.argv[3:]

def said(*argv):
    try:
        return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=3).stdout.decode()
    except (OSError, subprocess.TimeoutExpired, UnicodeError):
        return ""

def is_synchronised():
    told = ctypes.create_string_buffer(256)  # struct timex with modes = 0: nothing is set
    return ctypes.CDLL(None, use_errno=True).ntp_adjtime(told) in range(5)

def daemon():
    names = ("chrony", "chronyd", "systemd-timesyncd", "ntpsec", "ntp", "ntpd", "openntpd")
    states = said("systemctl", "is-active", "--", *(name + ".service" for name in names)).split()
    return next((name for name, state in zip(names, states) if state == "active"), None)

def chrony():
    words = said("chronyc", "-n", "-c", "tracking").strip().split(",")
    try:
        return {"offset_s": float(words[4]), "updated_s_ago": max(0.0, time.time() - float(words[3]))}
    except (IndexError, ValueError):
        return None

LINE = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{3})\d* ")

def ahead(path):
    with open(path, "rb") as file:
        seen = os.fstat(file.fileno())
        if time.time() - seen.st_mtime > recent_s:
            return None
        file.seek(max(0, seen.st_size - 65536))
        lines = file.read(65536).decode("utf-8", "replace").splitlines()
    match = LINE.match(lines[-1]) if lines else None
    if match is None:
        return None
    written = time.mktime(time.strptime(match.group(1) + match.group(2), "%Y-%m-%d%H:%M:%S"))
    off = written + int(match.group(3)) / 1000 - seen.st_mtime
    is_zone = abs(off) > 1000 and abs(off / 1800 - round(off / 1800)) * 1800 < 3
    return None if is_zone else round(off, 3)

services = {}
for path in logs:
    try:
        off = ahead(path)
    except (OSError, ValueError, OverflowError):
        continue
    if off is not None:
        services[path] = off
local = time.localtime()
print(json.dumps({"is_synchronised": is_synchronised(), "daemon": daemon(), "chrony": chrony(), "zone": local.tm_zone,
                  "utc_offset_s": local.tm_gmtoff, "services": services}))
"""

SHAPE = {
    "is_synchronised": bool,
    "daemon": MAYBE_TEXT,
    "zone": str,
    "utc_offset_s": int,
    "services": ByName(NUMBER),
}
CHRONY = {"offset_s": NUMBER, "updated_s_ago": MAYBE_NUMBER}


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.timekeeping", SCRIPT, str(RECENT_S), *log_files(), timeout_s=10),)


def log_files() -> list[str]:
    """Return the log file of every service of the catalog, each once."""
    found = {
        service.log_file: None
        for project in load_catalog().projects
        for release in project.releases
        for service in project.services(release, optional=True)
        if service.log_file
    }
    return list(found)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "how the host keeps time"
    answer = json_object_of(results[0], what)
    told = shaped(answer, SHAPE, what)
    told["chrony"] = None if answer.get("chrony") is None else shaped(answer["chrony"], CHRONY, f"{what}, chrony")
    return told


FACT = HostFact("host.timekeeping", commands, parse)
