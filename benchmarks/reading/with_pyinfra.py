"""Reads the same commands' output with pyinfra's API, first and again. Started by reading_hosts.py, in its own venv."""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path

from pyinfra.api import Config, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.facts import FactBase, get_facts


class Output(FactBase):
    """What a command prints, whatever it ends with."""

    def command(self, argv):
        return f"{shlex.join(argv)} || true"

    def process(self, output):
        return "\n".join(output)


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text())
    hosts = [
        (
            name,
            {
                "ssh_hostname": address,
                "ssh_port": job["port"],
                "ssh_user": "root",
                "ssh_key": job["key"],
                "ssh_known_hosts_file": job["known_hosts"],
                "ssh_strict_host_key_checking": "yes",
            },
        )
        for name, address in job["hosts"].items()
    ]
    state = State(Inventory((hosts, {})), Config(PARALLEL=job["forks"]))
    for number in range(1 + job["again"]):
        started = time.perf_counter()
        if number == 0:
            connect_all(state)
        read, wrong = 0, []
        for argv in job["commands"]:
            values = get_facts(state, Output, kwargs={"argv": argv})
            read += len(values)
            wrong += [f"{host}: {argv[0]}" for host, value in values.items() if value is None]
        seconds = time.perf_counter() - started
        print(json.dumps({"seconds": seconds, "values": read, "wrong": wrong}), flush=True)
    disconnect_all(state)


if __name__ == "__main__":
    main()
