"""`galera.node`: how one database server sees its Galera cluster.

Value: {size: members, state: "Synced" and others, status: "Primary" and others, ready, version}. Without Galera
`size` is 0, `state` and `status` are None, and `ready` is false.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import integer, rows_of
from ostler.facts.sql import ask

QUESTION = """
SHOW GLOBAL STATUS WHERE Variable_name IN
  ('wsrep_cluster_size', 'wsrep_local_state_comment', 'wsrep_cluster_status', 'wsrep_ready');
SELECT 'version', VERSION();
"""


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(QUESTION, timeout_s=10),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    said = dict(rows_of(results[0], "the database server", 2))
    if "version" not in said:
        raise ValueError("the database server does not tell its version")
    size = integer(said.get("wsrep_cluster_size", "0"), "the size of the Galera cluster")
    return {
        "size": size,
        "state": said.get("wsrep_local_state_comment") if size else None,
        "status": said.get("wsrep_cluster_status") if size else None,
        "ready": bool(size) and said.get("wsrep_ready") == "ON",
        "version": said["version"],
    }


FACT = HostFact("galera.node", commands, parse)
