"""`keepalived.config`: what a host's keepalived.conf says of virtual addresses. Passwords in it are not read.

Value: {instances: {name: {interface, router_id, priority, addresses}}, links: the host's interfaces, sorted}; None for
an interface, id or priority that is not given. Without the file there are no instances.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python
from ostler.facts.shape import MAYBE_TEXT, MAYBE_WHOLE, ByName, shaped

PATH = "/etc/keepalived/keepalived.conf"

SCRIPT = r"""
import glob, json, os, re, sys

def words(path, depth=0):
    try:
        with open(path, errors="replace") as file:
            lines = file.read(1 << 20).splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        parts = re.sub(r"[#!].*", "", line).replace("{", " { ").replace("}", " } ").split()
        if parts[:1] == ["include"] and len(parts) > 1 and depth < 3:
            for other in sorted(glob.glob(os.path.join(os.path.dirname(path), parts[1]))):
                found += words(other, depth + 1)
        else:
            found += parts
    return found

said = words(sys.argv[2])
instances, at = {}, 0
while at < len(said) - 2:
    if said[at] != "vrrp_instance":
        at += 1
        continue
    one = instances[said[at + 1]] = {"interface": None, "router_id": None, "priority": None, "addresses": []}
    at, depth, block = at + 3, 1, ""
    while at < len(said) and depth:
        word, following = said[at], said[at + 1] if at + 1 < len(said) else ""
        if word == "{":
            depth += 1
            block = said[at - 1]
        elif word == "}":
            depth -= 1
        elif depth == 1 and word == "interface":
            one["interface"] = following
        elif depth == 1 and word in ("virtual_router_id", "priority") and following.isdigit():
            one["router_id" if word != "priority" else word] = int(following)
        elif depth == 2 and block.startswith("virtual_ipaddress") and re.match(r"[0-9a-f.:]+(/\d+)?$", word):
            one["addresses"].append(word.partition("/")[0])
        at += 1
print(json.dumps({"instances": instances, "links": sorted(os.listdir("/sys/class/net"))}))
"""

INSTANCE = {"interface": MAYBE_TEXT, "router_id": MAYBE_WHOLE, "priority": MAYBE_WHOLE, "addresses": [str]}


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("keepalived.config", SCRIPT, PATH, timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the configuration of keepalived"
    return shaped(json_object_of(results[0], what), {"instances": ByName(INSTANCE), "links": [str]}, what)


FACT = HostFact("keepalived.config", commands, parse)
