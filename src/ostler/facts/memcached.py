"""`memcached.node`: whether memcached answers on the host's own address or on its loopback.

Value: {up, version: None when it is not up}.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, text_of
from ostler.facts.scripts import python

PORT = 11211
DOWN = "DOWN"

SCRIPT = """
import socket, sys
for host in sys.argv[3:]:
    try:
        with socket.create_connection((host, int(sys.argv[2])), timeout=2) as connection:
            connection.sendall(b"version\\r\\n")
            print(connection.makefile("rb").readline(200).decode(errors="replace"))
            break
    except OSError:
        continue
else:
    print("DOWN")
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    addresses = (cloud.host(str(request.host)).address, "127.0.0.1")
    return (python("memcached.node", SCRIPT, str(PORT), *addresses, timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    words = text_of(results[0], "memcached").split()
    if words == [DOWN]:
        return {"up": False, "version": None}
    if len(words) != 2 or words[0] != "VERSION":
        raise ValueError(f"something else than memcached answers: {excerpt(results[0].stdout) or 'nothing'}")
    return {"up": True, "version": words[1]}


FACT = HostFact("memcached.node", commands, parse)
