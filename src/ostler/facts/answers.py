"""`host.answers`: whether each API answers on the host's own address, beside the load balancer; parameter `backends`,
the names of those to ask joined by colons (left out: all).

Value: {backend: {status, seconds}} for each API that the host's roles have in the cloud's release. `status` is the
HTTP status of its health path asked without a token, 0 when there was no answer within LIMIT_S; `seconds` is how
long it took. One that hangs makes all wait, so a step asks only for its own: while requests to neutron are held, nova's
API hangs with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ostler.catalog import Api
from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, json_object_of
from ostler.facts.scripts import python
from ostler.facts.service_units import apis_by_backend, expected_services

LIMIT_S = 5.0

SCRIPT = """
import json, socket, sys, threading, time
host, limit, wanted = sys.argv[2], float(sys.argv[3]), json.loads(sys.argv[4])
answer = {}

def ask(api, port, path):
    began, status = time.monotonic(), 0
    try:
        with socket.create_connection((host, port), timeout=limit) as connection:
            request = "GET %s HTTP/1.1\\r\\nHost: %s:%d\\r\\nConnection: close\\r\\n\\r\\n" % (path, host, port)
            connection.sendall(request.encode())
            answered = connection.makefile("rb")
            words = answered.readline(200).split()
            status = int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") else 0
            answered.read(1 << 20)  # a client that leaves early is an error in the API's log
    except (OSError, ValueError):
        pass
    answer[api] = {"status": status, "seconds": round(time.monotonic() - began, 3)}

threads = [threading.Thread(target=ask, args=each) for each in wanted]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps(answer))
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    asked = dict(request.params).get("backends")
    known = apis_of(cloud, str(request.host))
    if asked is not None:
        # A host may have those of a later release already, and of past ones some that only some clouds run.
        known = {**apis_by_backend(cloud), **known}
    wanted = [
        [backend, api.port, api.health_path]
        for backend, api in known.items()
        if asked is None or backend in asked.split(":")
    ]
    address = cloud.host(str(request.host)).address
    return (python("host.answers", SCRIPT, address, str(LIMIT_S), json.dumps(wanted), timeout_s=LIMIT_S * 3),)


def apis_of(cloud: Cloud, host: str) -> Mapping[str, Api]:
    """Return the APIs a host has in the cloud's release, by backend name."""
    return {service.api.backend: service.api for _, service in expected_services(cloud, host) if service.api}


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = json_object_of(results[0], "what the APIs answer")
    return {
        backend: {
            "status": entry(seen, "status", int, f"the answer of {backend}"),
            "seconds": entry(seen, "seconds", (int, float), f"the answer of {backend}"),
        }
        for backend, seen in answer.items()
    }


FACT = HostFact("host.answers", commands, parse)
