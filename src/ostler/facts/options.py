"""`host.options`: what given options of a configuration file are set to; parameters `path` (absolute), `options`
("section/option" joined by colons), and never one that may hold a secret.

Value: {"section/option": text, or None when it is not set}; of a repeated option the last value counts, as oslo.config
does for options that take one. A file that does not exist sets nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import json_object_of
from ostler.facts.scripts import python

SECRET = re.compile(r"password|secret|token|key|connection|transport_url|credential", re.IGNORECASE)
"""Names of options that are never read."""

READER = """
import json, re, sys

def options_of(path):
    found, group = [], "DEFAULT"
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        lines = []
    for line in lines:
        text = line.strip()
        sign = re.search("[=:]", text)
        if text and line[0].isspace():
            if found:
                found[-1][3].append(text)
        elif text.startswith("[") and text.endswith("]"):
            group = text[1:-1].strip()
        elif sign and sign.start() and text[0] not in "#;":
            value = text[sign.end():].strip()
            if value and value[0] == value[-1] and value[0] in ("'", '"'):
                value = value[1:-1]
            found.append([group, text[:sign.start()].strip(), value, []])
    return found
"""
"""Finds lines as oslo.config does: group, name, the value's first line without quotes around it, and the lines on which
it goes on."""

SCRIPT = (
    READER
    + """
answer = dict.fromkeys(sys.argv[3].split(":"))
for group, name, value, more in options_of(sys.argv[2]):
    if group + "/" + name in answer:
        answer[group + "/" + name] = value
print(json.dumps(answer))
"""
)


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError for a path that is not absolute, or an option that may hold a secret."""
    path, options = request.param("path"), request.param("options")
    if not path.startswith("/") or "\0" in path:
        raise ValueError(f"this is no absolute path: {path!r}")
    secret = [option for option in options.split(":") if SECRET.search(option.rpartition("/")[2])]
    if secret:
        raise ValueError(f"these options may hold secrets and are not read: {', '.join(secret)}")
    return (python("host.options", SCRIPT, path, options),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "the values of options")
    for place, value in answer.items():
        if value is not None and not isinstance(value, str):
            raise ValueError(f"the value of {place} is no text")
    return answer


FACT = HostFact("host.options", commands, parse)
