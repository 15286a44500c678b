"""`haproxy.servers`: what one load balancer thinks of the servers behind it.

Value: {backend: {server: {status, sessions, queued, weight, check, changed_s}}}, without HAProxy's own FRONTEND and
BACKEND rows. `status` is UP, DOWN, MAINT, DRAIN or "no check"; a server going up or down counts as what it still is
(`UP 1/3` is UP); `sessions` and `queued` are now; `check` is the last check's result ("L7OK", empty without
checks); `changed_s` is seconds since the status changed.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, integer, text_of
from ostler.facts.scripts import python

SCRIPT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(5)
    try:
        connection.connect(sys.argv[2])
        connection.sendall(b"show stat\\n")
        for block in iter(lambda: connection.recv(65536), b""):
            sys.stdout.buffer.write(block)
    except OSError as error:
        sys.exit("%s: %s" % (sys.argv[2], error.strerror or error))
"""

OWN_ROWS = ("FRONTEND", "BACKEND")
STATUSES = {"UP": "UP", "DOWN": "DOWN", "MAINT": "MAINT", "DRAIN": "DRAIN", "NOLB": "DRAIN", "no": "no check"}
COLUMNS = ("pxname", "svname", "status", "scur", "qcur", "weight")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError when the cloud has no load balancer."""
    if cloud.load_balancer is None:
        raise ValueError("the cloud file names no load balancer")
    return (python("haproxy.servers", SCRIPT, cloud.load_balancer.socket, timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    text = text_of(results[0], "the load balancer")
    if not text.startswith("# pxname,"):
        raise ValueError(f"the load balancer gave no statistics: {excerpt(text) or 'nothing'}")
    found: dict[str, dict[str, JsonValue]] = {}
    for row in csv.DictReader(text[2:].splitlines()):
        if None in map(row.get, COLUMNS):
            raise ValueError(f"the load balancer's statistics are cut short: {excerpt(text)}")
        if row["svname"] not in OWN_ROWS:
            found.setdefault(row["pxname"], {})[row["svname"]] = _server(row)
    return found


def _server(row: Mapping[str, str]) -> JsonValue:
    name = f"{row['pxname']}/{row['svname']}"
    status = STATUSES.get((row["status"].split() or [""])[0])
    if status is None:
        raise ValueError(f"the load balancer calls {name} {excerpt(row['status']) or 'nothing'}")
    return {
        "status": status,
        "sessions": integer(row["scur"], f"the sessions of {name}"),
        "queued": integer(row["qcur"], f"the queue of {name}"),
        "weight": integer(row["weight"], f"the weight of {name}"),
        "check": (row.get("check_status") or "").removeprefix("* "),
        "changed_s": integer(row.get("lastchg") or 0, f"the last change of {name}"),
    }


FACT = HostFact("haproxy.servers", commands, parse)
