"""`host.disk`: room on the file systems that hold what Ostler and OpenStack write.

Value: {path: {free_bytes, used_percent, free_inodes}} for each of PATHS that exists; free_bytes is what an
ordinary user may still write; free_inodes is None where the file system has no fixed number of inodes.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult, read
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, integer, text_of

PATHS = ("/", "/opt", "/var/lib", "/var/log")
NOT_KNOWN = "-"
SOME_PATHS_MISSING = 1


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (read("df", "--block-size=1", "--output=file,avail,pcent,iavail", *PATHS),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    lines = text_of(results[0], "free disk space", accept=(0, SOME_PATHS_MISSING)).splitlines()[1:]
    found = {}
    for line in lines:
        words = line.split()
        if len(words) != 4 or words[0] not in PATHS:
            raise ValueError(f"free disk space has a line of another form: {excerpt(line)}")
        path, free, used, inodes = words
        found[path] = {
            "free_bytes": integer(free, f"free bytes of {path}"),
            "used_percent": integer(used.rstrip("%"), f"used percent of {path}"),
            "free_inodes": None if inodes == NOT_KNOWN else integer(inodes, f"free inodes of {path}"),
        }
    if "/" not in found:
        raise ValueError(f"free disk space of / is missing: {excerpt(results[0].stderr) or 'nothing was said'}")
    return found


FACT = HostFact("host.disk", commands, parse)
