"""`mariadb.node`: how one database server is, whether it is part of a cluster or not.

Value: {answer, connections, connection_limit, users: {user: connections}, is_read_only, galera, queries, locked}.
`answer` is "answers"; "full": it takes no more connections, not even root's; "silent": it takes a connection and says
nothing; or "gone": nobody takes one. Unless it answers, nothing else is known, and all is None or empty.
`galera` is {cluster, name, members, is_desynced, receive_queue, is_paused}: `cluster` and `name` are the cluster's own
(None without one), `receive_queue` the writes of others that wait here, `is_paused`: flow control holds the cluster
now. `queries`: [{user, schema, seconds, state}] that run for LONG_S or more and wait for no lock, longest first.
`locked`: {schema: {waiting: queries that wait for a lock of a table, longest_s, tables: those in use}}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import NOT_FOUND, TIMED_OUT, excerpt, integer, text_of
from ostler.facts.sql import ask

LONG_S = 30
LOOK_AFTER_S = 3
"""Queries are looked at so many seconds after the rest: by then others have come upon a lock that is held, not least
what is asked of the APIs at the same time."""

NOT_OF_USERS = "'system user', 'event_scheduler'"
QUESTION = f"""
SELECT 'set', 'read_only', @@global.read_only;
SELECT 'set', 'max_connections', @@global.max_connections;
SELECT 'status', VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN
  ('Threads_connected', 'wsrep_cluster_size', 'wsrep_local_recv_queue', 'wsrep_flow_control_active',
   'wsrep_cluster_state_uuid');
SELECT 'set', VARIABLE_NAME, GLOBAL_VALUE FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME IN
  ('WSREP_DESYNC', 'WSREP_CLUSTER_NAME');
DO SLEEP({LOOK_AFTER_S});
SELECT 'user', USER, COUNT(*) FROM information_schema.PROCESSLIST GROUP BY USER;
SELECT IF(STATE LIKE 'Waiting for %lock' OR STATE = 'Waiting for table flush', 'waiting', 'query'),
  COALESCE(DB, ''), TIME, REPLACE(USER, '\\t', ' '), REPLACE(STATE, '\\t', ' ') FROM information_schema.PROCESSLIST
  WHERE COMMAND IN ('Query', 'Execute') AND ID <> CONNECTION_ID() AND USER NOT IN ({NOT_OF_USERS})
  AND (TIME >= {LONG_S} OR STATE LIKE 'Waiting for %') ORDER BY TIME DESC LIMIT 300;
SHOW OPEN TABLES WHERE In_use > 0;
SELECT 'end', '', '';
"""
NO_CLUSTER = {
    "cluster": None,
    "name": None,
    "members": 0,
    "is_desynced": False,
    "receive_queue": 0,
    "is_paused": False,
}
TOO_MANY = "ERROR 1040"
SILENT = ("ERROR 2013",)
GONE = ("ERROR 2002", "ERROR 2003", "ERROR 2026")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(QUESTION, timeout_s=9),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    answer = _answer(results[0])
    if answer != "answers":
        none = dict.fromkeys(("connections", "connection_limit", "is_read_only"))
        return {"answer": answer, **none, "users": {}, "galera": NO_CLUSTER, "queries": [], "locked": {}}
    rows = [line.split("\t") for line in text_of(results[0], "the database server").splitlines() if line]
    if ["end", "", ""] not in rows:
        raise ValueError(f"the database server's answer is cut short: {excerpt(results[0].stdout) or 'nothing'}")
    status = {row[1].lower(): row[2] for row in rows if row[0] in ("status", "set") and len(row) == 3}
    return {
        "answer": answer,
        "connections": integer(_of(status, "threads_connected"), "the number of connections"),
        "connection_limit": integer(_of(status, "max_connections"), "the limit of connections"),
        "users": {
            row[1]: integer(row[2], "connections of a user") for row in rows if row[0] == "user" and len(row) == 3
        },
        "is_read_only": _of(status, "read_only") not in ("0", "OFF"),
        "galera": _galera(status),
        "queries": _queries(rows),
        "locked": _locked(rows),
    }


def _answer(result: CommandResult) -> str:
    if result.exit_code == TIMED_OUT or result.stderr.startswith(SILENT):
        return "silent"
    if result.stderr.startswith(TOO_MANY):
        return "full"
    if result.exit_code != NOT_FOUND and result.stderr.startswith(GONE):
        return "gone"
    return "answers"


def _galera(status: Mapping[str, str]) -> JsonValue:
    members = integer(status.get("wsrep_cluster_size", "0"), "the size of the cluster")
    if members == 0:
        return NO_CLUSTER
    return {
        "cluster": _of(status, "wsrep_cluster_state_uuid"),
        "name": _of(status, "wsrep_cluster_name"),
        "members": members,
        "is_desynced": _of(status, "wsrep_desync") == "ON",
        "receive_queue": integer(_of(status, "wsrep_local_recv_queue"), "the receive queue"),
        "is_paused": status.get("wsrep_flow_control_active", "false") == "true",
    }


def _queries(rows: Sequence[Sequence[str]]) -> list[JsonValue]:
    found = []
    for row in rows:
        if row[0] == "query" and len(row) == 5:
            seconds = integer(row[2], "the time of a query")
            if seconds >= LONG_S:
                found.append({"user": row[3], "schema": row[1], "seconds": seconds, "state": row[4]})
    return found


def _locked(rows: Sequence[Sequence[str]]) -> dict[str, JsonValue]:
    found: dict[str, dict[str, JsonValue]] = {}
    for row in rows:
        if row[0] == "waiting" and len(row) == 5:
            one = found.setdefault(row[1], {"waiting": 0, "longest_s": 0, "tables": []})
            one["waiting"] += 1
            one["longest_s"] = max(one["longest_s"], integer(row[2], "the time of a query"))
    for row in rows:
        if row[0] in found and len(row) == 4:
            found[row[0]]["tables"].append(row[1])
    return found


def _of(status: Mapping[str, str], name: str) -> str:
    if name not in status:
        raise ValueError(f"the database server does not tell {name}")
    return status[name]


FACT = HostFact("mariadb.node", commands, parse)
