"""`haproxy.held`: the APIs whose requests one load balancer holds back now.

Value: {backends: names, sorted; can_hold: whether the load balancer has the map that holding needs}. Without the map
nothing is held.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, text_of
from ostler.facts.scripts import python

HOLD_MAP = "/etc/haproxy/hold.map"
NO_SUCH_MAP = "Unknown map identifier"

SCRIPT = """
import socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(5)
    try:
        connection.connect(sys.argv[2])
        connection.sendall(("show map %s\\n" % sys.argv[3]).encode())
        for block in iter(lambda: connection.recv(65536), b""):
            sys.stdout.buffer.write(block)
    except OSError as error:
        sys.exit("%s: %s" % (sys.argv[2], error.strerror or error))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    """Raises ValueError when the cloud has no load balancer."""
    if cloud.load_balancer is None:
        raise ValueError("the cloud file names no load balancer")
    return (python("haproxy.held", SCRIPT, cloud.load_balancer.socket, HOLD_MAP, timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    text = text_of(results[0], "the load balancer")
    if text.startswith(NO_SUCH_MAP):
        return {"backends": [], "can_hold": False}
    held = sorted(_entry(line) for line in text.splitlines() if line.strip())
    return {"backends": [*held], "can_hold": True}


def _entry(line: str) -> str:
    """Take the key out of `0x55d0c8a2c0a0 nova-api 1`."""
    words = line.split()
    if len(words) < 2 or not words[0].startswith("0x"):
        raise ValueError(f"the load balancer's list of held APIs has a line of another form: {excerpt(line)}")
    return words[1]


FACT = HostFact("haproxy.held", commands, parse)
