"""`host.environments`: the software environments on a host, and which one each service's link leads to.

Value: {links: {service: resolved path}, present: {"nova-29.4.0": {project, version, release, digest}}}. A folder
without a readable manifest (unpacking was interrupted) is not present. What a running process uses is told by
`host.processes`, not here.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.deployment.paths import CURRENT_DIR, ENVIRONMENTS_DIR, MANIFEST_NAME
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python

SCRIPT = """
import json, os, sys
current, environments, manifest = sys.argv[2:5]

def names(folder):
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

def read(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None

links = {name: os.path.realpath(os.path.join(current, name)) for name in names(current)
         if os.path.islink(os.path.join(current, name))}
found = {name: read(os.path.join(environments, name, manifest)) for name in names(environments)}
keys = ("project", "version", "release", "address")
print(json.dumps({"links": links, "present": {name: {key: made.get(key) for key in keys}
                                              for name, made in found.items() if isinstance(made, dict)}}))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("host.environments", SCRIPT, CURRENT_DIR, ENVIRONMENTS_DIR, MANIFEST_NAME),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the list of environments"
    answer = json_object_of(results[0], what)
    links = entry(answer, "links", dict, what)
    present = entry(answer, "present", dict, what)
    for service in links:
        entry(links, service, str, "the links to environments")
    return {
        "links": links,
        "present": {
            name: {
                "project": entry(made, "project", str, f"the manifest of {name}"),
                "version": entry(made, "version", str, f"the manifest of {name}"),
                "release": entry(made, "release", str, f"the manifest of {name}"),
                "digest": entry(made, "address", str, f"the manifest of {name}"),
            }
            for name, made in present.items()
        },
    }


FACT = HostFact("host.environments", commands, parse)
