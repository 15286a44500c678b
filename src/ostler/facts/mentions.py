"""`host.mentions`: options of configuration files that name other hosts in a way in which no address is written anew
when those hosts' places are taken (see configuration.addresses); parameter `names`, joined by colons.

Value: [[file, group, option, name], ...], in the order of files and lines, each once; values are never told. Looked at
are the files of the catalog's projects.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.configuration.addresses import WRITTEN_ANEW, named, rewritten
from ostler.facts.model import FactRequest, HostFact, JsonValue, wanted
from ostler.facts.options import READER
from ostler.facts.output import excerpt, json_of
from ostler.facts.scripts import python

COLUMNS = 4

SCRIPT = (
    READER
    + r"""
import os
rewritten, endings = re.compile(sys.argv[2]), tuple(json.loads(sys.argv[3]))
names = {name: re.compile(text, re.IGNORECASE) for name, text in json.loads(sys.argv[4]).items()}
found = {}
for folder in sys.argv[5:]:
    paths = sorted(os.path.join(at, file) for at, _, files in os.walk(folder) for file in files)
    for path in (path for path in paths if path.endswith(endings) and os.path.isfile(path)):
        for group, option, value, more in options_of(path):
            lines = [value] + [line for line in more if line[0] not in "#;"]
            left = rewritten.sub(" ", "\n".join(lines))
            found.update({(path, group, option, name): None for name in names if names[name].search(left)})
print(json.dumps(list(found)))
"""
)


def mentions_wanted(host: str, names: Iterable[str]) -> FactRequest:
    """Return a request for where a host's configuration names hosts."""
    return wanted("host.mentions", host, names=":".join(names))


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    names = request.param("names").split(":")
    folders = sorted({project.config_dir for project in load_catalog().projects})
    patterns = json.dumps({name: named(name) for name in names})
    return (python("host.mentions", SCRIPT, rewritten(names), json.dumps(WRITTEN_ANEW), patterns, *folders),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_of(results[0], "where hosts are named")
    if not isinstance(answer, list):
        raise ValueError("where hosts are named is told as no list")
    names = request.param("names").split(":")
    for item in answer:
        if not isinstance(item, list) or len(item) != COLUMNS or not all(isinstance(part, str) for part in item):
            raise ValueError("a place where a host is named is not told as file, group, option and name")
        if item[3] not in names:
            raise ValueError(f"a host is named that was not asked about: {excerpt(item[3])}")
    return [[*map(excerpt, item[:3]), item[3]] for item in answer]


FACT = HostFact("host.mentions", commands, parse)
