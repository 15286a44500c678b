"""Reads facts with Ostler: once over new connections, then again over the same ones. Started by reading_hosts.py."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ostler.cloud.file import read_cloud_file
from ostler.execution.connecting import connect_hosts
from ostler.execution.reading import read_facts
from ostler.facts.model import FactRequest, Unknown


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text())
    cloud = read_cloud_file(Path(job["cloud_file"]))
    requests = [
        FactRequest(fact, host, tuple(tuple(pair) for pair in params))
        for host in cloud.hosts
        for fact, params in job["facts"]
    ]
    transport = connect_hosts(cloud)
    for _ in range(1 + job["again"]):
        started = time.perf_counter()
        values = read_facts(cloud, transport, None, requests)
        seconds = time.perf_counter() - started
        unknown = [f"{request}: {value.reason}" for request, value in values.items() if isinstance(value, Unknown)]
        print(json.dumps({"seconds": seconds, "values": len(values), "wrong": unknown}), flush=True)
    transport.close()


if __name__ == "__main__":
    main()
