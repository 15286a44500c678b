"""`nova.identity`: by what a compute knows itself: the file compute_id, which nova-compute writes once and must find.

Value: {folder, uuid, host}: `folder` is nova's state folder; `uuid` what the file says, None when there is no such
file, "" when it holds none; `host` the name under which the compute reports: the option host, or the machine's own
name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python

CONFIG = "/etc/nova/nova.conf"

SCRIPT = r"""
import configparser, json, os, socket, sys
config = configparser.RawConfigParser(strict=False, allow_no_value=True)
try:
    config.read(sys.argv[2], encoding="utf-8")
except (configparser.Error, UnicodeError):
    pass
folder = config.defaults().get("state_path") or "/var/lib/nova"
uuid = None
try:
    with open(os.path.join(folder, "compute_id"), errors="replace") as file:
        uuid = file.read(200).strip()
except FileNotFoundError:
    pass
host = config.defaults().get("host") or socket.gethostname()
print(json.dumps({"folder": folder, "uuid": uuid, "host": host}))
"""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (python("nova.identity", SCRIPT, CONFIG, timeout_s=5),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "a compute's identity"
    answer = json_object_of(results[0], what)
    uuid = entry(answer, "uuid", (str, type(None)), what)
    if uuid is not None and not _UUID.fullmatch(uuid):
        uuid = ""
    return {"folder": entry(answer, "folder", str, what), "uuid": uuid, "host": entry(answer, "host", str, what)}


FACT = HostFact("nova.identity", commands, parse)
