"""`host.names`: whether a host can turn the names of the cloud's hosts into addresses, and who would tell it.

Value: {names: {host: addresses, sorted; empty when the name is not known or LIMIT_S were not enough}, nameservers:
{address: whether it answered a question, whatever the answer}}. Loopback addresses that hosts give to their own name
are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.shape import ByName, shaped

LIMIT_S = 4.0

SCRIPT = r"""
import json, os, socket, struct, sys, threading, time

limit, wanted = float(sys.argv[2]), sys.argv[3:]
names, servers = {name: [] for name in wanted}, {}

def look_up(name):
    try:
        found = {info[4][0] for info in socket.getaddrinfo(name, None, 0, socket.SOCK_STREAM)}
        names[name] = sorted(each for each in found if not each.startswith("127.") and each != "::1")
    except (OSError, UnicodeError):
        pass

def ask(server):
    labels = b"".join(struct.pack("B", len(part)) + part for part in socket.gethostname().encode().split(b"."))
    question = os.urandom(2) + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as connection:
            connection.settimeout(limit / 3)
            connection.connect((server, 53))
            for _ in range(2):
                connection.send(question)
                try:
                    if connection.recv(512)[:2] == question[:2]:
                        servers[server] = True
                        return
                except socket.timeout:
                    continue
    except (OSError, ValueError):
        pass

try:
    with open("/etc/resolv.conf", errors="replace") as file:
        for line in file:
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver":
                servers[words[1]] = False
except OSError:
    pass
threads = [threading.Thread(target=look_up, args=(name,), daemon=True) for name in wanted]
threads += [threading.Thread(target=ask, args=(server,), daemon=True) for server in list(servers)[:3]]
for thread in threads:
    thread.start()
until = time.monotonic() + limit
for thread in threads:
    thread.join(max(0, until - time.monotonic()))
sys.stdout.write(json.dumps({"names": dict(names), "nameservers": dict(servers)}))
sys.stdout.flush()
os._exit(0)
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.names", SCRIPT, str(LIMIT_S), *cloud.hosts, timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the names of hosts"
    return shaped(json_object_of(results[0], what), {"names": ByName([str]), "nameservers": ByName(bool)}, what)


FACT = HostFact("host.names", commands, parse)
