"""`host.set_options`: which options a configuration file sets; parameters `path` (absolute) and `values`, the names
(joined by colons) of options whose values are told, in whichever group they stand; never one that may hold a secret.

Value: [[group, name, value or None], ...] in the order of the file; the value is None where it is not told, and where
it goes on over several lines. A file that does not exist sets nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.options import READER, SECRET
from ostler.facts.output import json_of
from ostler.facts.scripts import python

MOST = 20_000
"""Options in one file, beyond which it is no configuration file."""

SCRIPT = (
    READER
    + """
told = sys.argv[3].split(":")
print(json.dumps([
    [group, name, value if not more and name.replace("-", "_") in told else None]
    for group, name, value, more in options_of(sys.argv[2])
]))
"""
)


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError for a path that is not absolute, or an option that may hold a secret."""
    path, values = request.param("path"), request.param("values")
    if not path.startswith("/") or "\0" in path:
        raise ValueError(f"this is no absolute path: {path!r}")
    secret = [name for name in values.split(":") if SECRET.search(name)]
    if secret:
        raise ValueError(f"these options may hold secrets and are not read: {', '.join(secret)}")
    return (python("host.set_options", SCRIPT, path, values),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_of(results[0], "the options of a file")
    if not isinstance(answer, list):
        raise ValueError("the options of a file are told as no list")
    if len(answer) > MOST:
        raise ValueError(f"the file sets {len(answer)} options: it is no configuration file")
    for item in answer:
        if not isinstance(item, list) or len(item) != 3 or not all(isinstance(part, str) for part in item[:2]):
            raise ValueError("an option is not told as group, name and value")
        if item[2] is not None and not isinstance(item[2], str):
            raise ValueError(f"the value of {item[0]}/{item[1]} is no text")
    return answer


FACT = HostFact("host.set_options", commands, parse)
