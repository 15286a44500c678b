"""`host.changed_recently`: what changed on a host in the last day, for whoever asks why it worked until then.

Value: {up_since, packages, files, units}. `up_since` is when the host was started, in seconds since the epoch by its
own clock. The others are lists of {at, what}, the newest first and at most MOST of each, `at` in seconds since the
epoch: packages that were installed, upgraded or removed (dpkg's and dnf's logs), files below the folders of
configuration whose content was last changed then, and units of ours that were started. Names only:
nothing of a file's content is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, excerpt, json_object_of, number
from ostler.facts.scripts import python
from ostler.facts.service_units import unit_names

WITHIN_S = 86_400
MOST = 20
KINDS = ("packages", "files", "units")

FOLDERS = (
    "/etc/nova", "/etc/neutron", "/etc/cinder", "/etc/glance", "/etc/keystone", "/etc/placement", "/etc/haproxy",
    "/etc/keepalived", "/etc/rabbitmq", "/etc/mysql", "/etc/my.cnf.d", "/etc/libvirt", "/etc/openvswitch", "/etc/kolla",
    "/etc/systemd/system", "/etc/hosts", "/etc/resolv.conf", "/etc/memcached.conf", "/etc/chrony",
)  # fmt: skip
"""Where configuration lies that can stop a service."""

SCRIPT = r"""
import json, os, re, subprocess, sys, time
within, most = float(sys.argv[2]), int(sys.argv[3])
cut = sys.argv.index("--")
folders, units = sys.argv[4:cut], sys.argv[cut + 1:]
now = time.time()
since = now - within
found = {"packages": [], "files": [], "units": []}
started = now - time.clock_gettime(time.CLOCK_MONOTONIC)

def note(kind, at, what):
    if since <= at <= now + 60:
        found[kind].append({"at": round(at, 3), "what": what})

def packages(path):
    try:
        with open(path, errors="replace") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 300000))
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        dpkg = re.match(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (install|upgrade|remove|purge) (\S+) (\S+) (\S+)", line)
        dnf = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\S* \S+ (Installed|Upgraded?|Removed|Erase): (\S+)", line)
        if dpkg or dnf:
            words = (dpkg or dnf).groups()
            at = time.mktime(time.strptime(words[0].replace("T", " "), "%Y-%m-%d %H:%M:%S"))
            note("packages", at, " ".join(words[1:]))

def files():
    for folder in folders:
        if os.path.isfile(folder):
            note("files", os.stat(folder).st_mtime, folder)
        for place, below, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                try:
                    note("files", os.lstat(path).st_mtime, path)
                except OSError:
                    pass

def show():
    asked = ["systemctl", "show", "--property=Id,ActiveState,ExecMainStartTimestampMonotonic"]
    out = subprocess.run(asked + units, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=5).stdout
    for block in out.decode("utf-8", "replace").split("\n\n"):
        unit = dict(line.partition("=")[::2] for line in block.splitlines())
        at = int(unit.get("ExecMainStartTimestampMonotonic") or 0)
        if at and unit.get("ActiveState") in ("active", "activating", "failed"):
            note("units", started + at / 1e6, unit.get("Id", ""))
    own = subprocess.run(["systemctl", "show", "--property=UserspaceTimestampMonotonic"], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, timeout=5).stdout.decode().partition("=")[2].strip()
    return started + int(own or 0) / 1e6

packages("/var/log/dpkg.log")
packages("/var/log/dnf.rpm.log")
files()
try:
    found["up_since"] = round(show(), 3)
except (OSError, ValueError, subprocess.SubprocessError):
    found["up_since"] = round(started, 3)
for kind in ("packages", "files", "units"):
    found[kind] = sorted(found[kind], key=lambda each: -each["at"])[:most]
print(json.dumps(found))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    arguments = (str(WITHIN_S), str(MOST), *FOLDERS, "--", *(f"{unit}.service" for unit in unit_names(cloud)))
    return (python("host.changed_recently", SCRIPT, *arguments, timeout_s=8),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "what changed")
    return {
        "up_since": number(entry(answer, "up_since", (int, float), "what changed"), "the time of the start"),
        **{kind: [_change(each) for each in entry(answer, kind, list, "what changed")[:MOST]] for kind in KINDS},
    }


def _change(raw: Any) -> JsonValue:
    return {
        "at": number(entry(raw, "at", (int, float), "a change"), "the time of a change"),
        "what": excerpt(entry(raw, "what", str, "a change")),
    }


FACT = HostFact("host.changed_recently", commands, parse)
