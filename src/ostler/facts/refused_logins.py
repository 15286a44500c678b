"""`host.refused_logins`: whom a host's database server and message broker refused within the last LOOK_BACK_S.

Value: {database: {user: times}, broker: {user: times}}: wrong passwords and unknown users, as the servers' own logs
tell (journal, or files that were written to of late). A service that is refused tries again every few seconds: so
short a look does not tell of what was mended since.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.shape import ByName, shaped

LOOK_BACK_S = 20

SCRIPT = r"""
import glob, json, os, re, subprocess, sys, time

look_back, now = int(sys.argv[2]), time.time()
FILES = {
    "database": ("/var/log/mysql/error.log", "/var/log/mariadb/*.log", "/var/log/kolla/mariadb/*.log"),
    "broker": ("/var/log/rabbitmq/*.log", "/var/log/kolla/rabbitmq/*.log"),
}
UNITS = {"database": ("mariadb.service", "mysql.service"), "broker": ("rabbitmq-server.service",)}
REFUSED = {
    "database": re.compile(r"Access denied for user '([^']*)'"),
    "broker": re.compile(r"login refused: user '([^']*)'"),
}
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T]+(\d{1,2}:\d\d:\d\d)")

def journal(units):
    argv = ["journalctl", "--since=-%ds" % look_back, "--output=cat", "--no-pager", "--quiet", "--lines=5000"]
    argv += ["--unit=" + unit for unit in units]
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=4)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.decode("utf-8", "replace").splitlines()

def files(patterns):
    for path in [path for pattern in patterns for path in glob.glob(pattern)]:
        try:
            seen = os.stat(path)
            if now - seen.st_mtime > look_back:
                continue
            with open(path, "rb") as file:
                file.seek(max(0, seen.st_size - (1 << 20)))
                lines = file.read(1 << 20).decode("utf-8", "replace").splitlines()
        except OSError:
            continue
        for line in lines:
            at = MOMENT.match(line)
            if at:
                try:
                    when = time.mktime(time.strptime(at.group(1) + at.group(2), "%Y-%m-%d%H:%M:%S"))
                except (ValueError, OverflowError):
                    continue
                if now - when <= look_back:
                    yield line

answer = {}
for kind in UNITS:
    counted = answer[kind] = {}
    for line in [*journal(UNITS[kind]), *files(FILES[kind])]:
        seen = REFUSED[kind].search(line)
        if seen:
            counted[seen.group(1)[:80]] = counted.get(seen.group(1)[:80], 0) + 1
print(json.dumps(answer))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.refused_logins", SCRIPT, str(LOOK_BACK_S), timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the logins that were refused"
    shape = {"database": ByName(int), "broker": ByName(int)}
    return shaped(json_object_of(results[0], what), shape, what)


FACT = HostFact("host.refused_logins", commands, parse)
