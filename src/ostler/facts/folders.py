"""`host.folders`: whether services may use the folders and files they need, and the room where these are.

Value: {folders: {path: {user, needs, is_allowed, mount}}, mounts: {mount point: {kind, free_bytes, used_percent,
free_inodes, is_read_only, hangs}}}. `needs` is "write" (a folder) or "read"; `is_allowed` is what the kernel says to
that user, and None when it did not answer in time. `free_bytes` is what an ordinary user may still write;
`free_inodes` is None where their number is not fixed; all figures of a file system that does not answer (`hangs`) are
None.

Looked at are /var/lib, /var/log and the configuration file of each project that has a unit on the host, of the
databases and brokers, glance's folder of images, and the root; what is not there is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.service_units import SUFFIX, bare
from ostler.facts.shape import MAYBE_WHOLE, NOTHING, ByName, OneOf, shaped

LIMIT_S = 4.0

SCRIPT = r"""
import json, os, pwd, re, select, signal, subprocess, sys, time

limit, wanted = float(sys.argv[2]), json.loads(sys.argv[3])
units = sorted({unit for each in wanted for unit in each["units"]})
shown = subprocess.run(["systemctl", "show", "--property=Id,LoadState,User", "--"] + units, stdout=subprocess.PIPE,
                       timeout=5, check=True).stdout.decode()
users = {}
for block in shown.strip().split("\n\n"):
    unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    if unit.get("LoadState") == "loaded":
        users[unit["Id"]] = unit.get("User") or "root"

def stores(path):
    try:
        with open(path, errors="replace") as file:
            lines = file.read(1 << 20).splitlines()
    except OSError:
        return []
    found = [re.match(r"\s*filesystem_store_datadir\s*=\s*(/\S+)", line) for line in lines]
    return [match.group(1) for match in found if match]

folders = {"/": ["", "write"]}
for each in wanted:
    mine = [users[unit] for unit in each["units"] if unit in users]
    if not mine:
        continue
    user = ([name for name in mine if name != "root"] + [each["user"]])[0]
    paths = [(path, "write") for path in each["write"]] + [(path, "read") for path in each["read"]]
    for path in each["read"]:
        paths += [(store, "write") for store in stores(path)]
    for path, needs in paths:
        folders.setdefault(path.rstrip("/"), [user, needs])

def in_child(work):
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:
        work(lambda *told: os.write(writing, (json.dumps(told) + "\n").encode()))
    finally:
        os._exit(0)

def may(user, paths):
    def work(tell):
        known = pwd.getpwnam(user)
        os.initgroups(user, known.pw_gid)
        os.setgid(known.pw_gid)
        os.setuid(known.pw_uid)
        for path, needs in paths:
            mode = (os.W_OK if needs == "write" else os.R_OK) | (os.X_OK if is_folder.get(path) else 0)
            tell("allowed", path, os.access(path, mode))
    return work

def measure(mounts):
    def work(tell):
        for mount in mounts:
            try:
                seen = os.statvfs(mount)
            except OSError:
                continue
            used = seen.f_blocks - seen.f_bfree
            tell("mount", mount, {
                "free_bytes": seen.f_bavail * seen.f_frsize,
                "used_percent": -(-100 * used // (used + seen.f_bavail)) if used + seen.f_bavail else 0,
                "free_inodes": seen.f_favail if seen.f_files else None,
                "is_read_only": bool(seen.f_flag & os.ST_RDONLY), "hangs": False})
    return work

def look(paths):
    def work(tell):
        for path in paths:
            if os.path.exists(path):
                tell("there", path, os.path.isdir(path))
    return work

def ask(works):
    children, told, until = {}, [], time.monotonic() + limit / 2
    for work in works:
        pid, reading = in_child(work)
        children[reading] = [pid, b""]
    while children and time.monotonic() < until:
        for reading in select.select(list(children), [], [], max(0, until - time.monotonic()))[0]:
            data = os.read(reading, 65536)
            children[reading][1] += data
            if not data:
                pid, text = children.pop(reading)
                told += text.splitlines()
                os.waitpid(pid, 0)
    for pid, text in children.values():
        told += text.splitlines()
        os.kill(pid, signal.SIGKILL)
    return [json.loads(line.decode()) for line in told]

kinds = {}
with open("/proc/self/mountinfo", errors="replace") as file:
    for line in file:
        left, _, right = line.partition(" - ")
        kinds[left.split()[4].replace("\\040", " ")] = right.split()[0]

def mount_of(path):
    while path not in kinds and path != "/":
        path = os.path.dirname(path)
    return path

mounts = {mount_of(path) for path in folders}
answers = ask([look([path for path in folders if mount_of(path) == mount]) for mount in mounts])
is_folder = {path: folder for _, path, folder in answers}
by_user = {}
for path in is_folder:
    user, needs = folders[path]
    if user:
        by_user.setdefault(user, []).append((path, needs))
known = [user for user in by_user if user in {entry.pw_name for entry in pwd.getpwall()}]
answers = ask([may(user, by_user[user]) for user in known] + [measure([mount]) for mount in mounts])
allowed = {path: yes for kind, path, yes in answers if kind == "allowed"}
found = {mount: seen for kind, mount, seen in answers if kind == "mount"}
nothing = {"free_bytes": None, "used_percent": None, "free_inodes": None, "is_read_only": None, "hangs": True}
print(json.dumps({
    "folders": {path: {"user": folders[path][0], "needs": folders[path][1], "mount": mount_of(path),
                       "is_allowed": allowed.get(path)} for path in is_folder if folders[path][0]},
    "mounts": {mount: dict(found.get(mount, nothing), kind=kinds.get(mount, "")) for mount in mounts}}))
"""

MOUNT = {
    "kind": str,
    "free_bytes": MAYBE_WHOLE,
    "used_percent": MAYBE_WHOLE,
    "free_inodes": MAYBE_WHOLE,
    "is_read_only": (bool, NOTHING),
    "hangs": bool,
}
FOLDER = {"user": str, "needs": OneOf(("write", "read")), "is_allowed": (bool, NOTHING), "mount": str}

INFRASTRUCTURE = (
    {"user": "mysql", "units": ["mariadb.service", "mysql.service"], "write": ["/var/lib/mysql"], "read": []},
    {
        "user": "rabbitmq",
        "units": ["rabbitmq-server.service"],
        "write": ["/var/lib/rabbitmq/mnesia", "/var/log/rabbitmq"],
        "read": ["/etc/rabbitmq/rabbitmq.conf"],
    },
)
MORE: Mapping[str, Mapping[str, Sequence[str]]] = {
    "nova": {"write": ["/var/lib/nova/instances"], "read": []},
    "glance": {"write": ["/var/lib/glance/images"], "read": ["/etc/glance/glance-api.conf"]},
    "keystone": {"write": [], "read": ["/etc/keystone/fernet-keys"]},
}
"""What a project needs besides its folders below /var/lib and /var/log and its own configuration file."""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.folders", SCRIPT, str(LIMIT_S), json.dumps(needs()), timeout_s=10),)


def needs() -> list[dict[str, JsonValue]]:
    """Return for each project and part of the infrastructure: its units, its usual user, and the paths it needs."""
    found: list[dict[str, JsonValue]] = [*INFRASTRUCTURE]
    for project in load_catalog().projects:
        units = {bare(s.unit) for release in project.releases for s in project.services(release, optional=True)}
        more = MORE.get(project.name, {"write": [], "read": []})
        found.append(
            {
                "user": project.name,
                "units": sorted(f"{unit}{SUFFIX}" for unit in units),
                "write": [f"/var/lib/{project.name}", f"/var/log/{project.name}", *more["write"]],
                "read": [f"/etc/{project.name}/{project.name}.conf", *more["read"]],
            }
        )
    return found


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the folders of services"
    return shaped(json_object_of(results[0], what), {"folders": ByName(FOLDER), "mounts": ByName(MOUNT)}, what)


FACT = HostFact("host.folders", commands, parse)
