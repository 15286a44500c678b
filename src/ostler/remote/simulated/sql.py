"""The database server of a simulated host: it knows the statements that Ostler uses, by what is typical of each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from ostler.remote.simulated.api_state import busy_servers, busy_volumes
from ostler.remote.simulated.api_storage import volume_records
from ostler.remote.simulated.machine import Machine, Outcome, failed
from ostler.remote.simulated.planes import database_hosts_of, databases_of
from ostler.remote.simulated.services import age_of, identity_of, members

VERSION = "10.11.14-MariaDB-0+deb12u2"
ROWS, BYTES = 1000, 2_000_000
SPEED_US = {"cpu": 30_000, "rows": 40_000}
_STRUCTURE = re.compile(r"'revision', '(\w+)', version_num FROM")
_MIGRATED = re.compile(r"'migrated', '(\w+)', CONCAT")
_VARIABLE = re.compile(r"SHOW GLOBAL VARIABLES WHERE Variable_name = '(\w+)'", re.IGNORECASE)
_SET = re.compile(r"SET GLOBAL (\w+) = (\w+)", re.IGNORECASE)
_OBJECT = re.compile(r"SELECT '(\w+)', SUBSTRING_INDEX")
_TIMED = re.compile(r"SELECT '(\w+)', TIMESTAMPDIFF\(MICROSECOND")
_KIND = re.compile(r"SELECT '(\w+)', CONCAT\('\['")
_SCHEMAS = re.compile(r"table_schema IN \(([^)]*)\)", re.IGNORECASE)

Rows = list[tuple[object, ...]]


def mariadb(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Answer the statements given with --execute or -e."""
    if not machine.runs("mariadb"):
        return failed("ERROR 2002 (HY000): Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)")
    statement = _statement(arguments)
    if statement is None:
        return failed("a simulated database server takes statements as an argument only")
    if statement.startswith("UPDATE "):
        return _mend(machine, statement)
    if found := _SET.search(statement):
        return _set(machine, found[1], found[2])
    for mark, answer in _ANSWERS:
        if mark in statement:
            return Outcome(0, _printed(answer(machine, statement)), seconds=0.03)
    return failed(f"ERROR 1064 (42000): a simulated database server does not know: {statement[:80]}")


def _statement(arguments: Sequence[str]) -> str | None:
    for place, word in enumerate(arguments):
        if word in ("-e", "--execute") and place + 1 < len(arguments):
            return arguments[place + 1]
    return None


def _printed(rows: Rows) -> str:
    return "".join("\t".join("NULL" if cell is None else str(cell) for cell in row) + "\n" for row in rows)


def _set(machine: Machine, name: str, value: str) -> Outcome:
    shown = {"1": "ON", "0": "OFF"}.get(value, value)
    if machine.host.variables.get(name) != shown:
        machine.host.variables[name] = shown
        machine.note(f"set global {name} = {shown}")
    return Outcome(seconds=0.02)


def _galera(machine: Machine, statement: str) -> Rows:
    size = len(members(machine.world, "mariadb", database_hosts_of(machine)))
    return [
        ("wsrep_cluster_size", size),
        ("wsrep_cluster_status", "Primary"),
        ("wsrep_local_state_comment", "Synced"),
        ("wsrep_ready", "ON"),
        ("version", machine.host.variables.get("version", VERSION)),
    ]


def _schema(machine: Machine, statement: str) -> Rows:
    schema = databases_of(machine).schema
    asked = [name for name in _STRUCTURE.findall(statement) if name in schema]
    rows: Rows = [("database", name, "") for name in asked]
    blueprint = machine.world.blueprint
    migrated = {name: blueprint.is_migrated(name, schema[name]) for name in asked}
    rows += [("revision", n, row) for n in asked if not migrated[n] for row in blueprint.rows(n, schema[n])]
    for name in _MIGRATED.findall(statement):
        rows += [("migrated", name, f"{branch} {at}") for branch, at in schema.get(name, {}).items() if migrated[name]]
    return rows


def _sizes(machine: Machine, statement: str) -> Rows:
    asked = _SCHEMAS.search(statement)
    names = re.findall(r"'(\w+)'", asked[1]) if asked else []
    return [(name, 40, ROWS, BYTES) for name in names if name in databases_of(machine).schema]


def _speed(machine: Machine, statement: str) -> Rows:
    """Every round takes the same time here."""
    return [(kind, SPEED_US[kind]) for kind in _TIMED.findall(statement)]


def _rows_in_the_way(machine: Machine, statement: str) -> Rows:
    stuck = databases_of(machine).in_the_way
    return [("rows_in_the_way", sum(rows for word, rows in stuck.items() if word in statement))]


def _mend(machine: Machine, statement: str) -> Outcome:
    stuck = databases_of(machine).in_the_way
    for word in [word for word, rows in stuck.items() if rows and word in statement]:
        machine.note(f"{stuck.pop(word)} rows of {word} mended")
    return Outcome(seconds=0.1)


def _variable(machine: Machine, statement: str) -> Rows:
    found = _VARIABLE.search(statement)
    name = found[1] if found else ""
    return [(name, machine.host.variables[name])] if name in machine.host.variables else []


def _roles(machine: Machine, statement: str) -> Rows:
    return list(databases_of(machine).roles)


def _services(machine: Machine, statement: str) -> Rows:
    rows: Rows = []
    for record in databases_of(machine).records:
        shown = {
            "cell": "nova",
            "id": record.id,
            "binary": record.binary,
            "host": record.host,
            "version": record.version,
            "disabled": int(record.disabled),
            "disabled_reason": record.disabled_reason,
            "deleted": record.id if record.deleted else 0,
            "age_s": round(age_of(machine.world, record), 3),
        }
        rows.append((json.dumps(shown),))
    return rows


def _busy(machine: Machine, statement: str) -> Rows:
    return [(host, count) for host, count in sorted(busy_servers(machine.state).items()) if host]


def _hostless(machine: Machine, statement: str) -> Rows:
    return [("in_cells", busy_servers(machine.state).get("", 0)), ("requests", 0), ("stale_requests", 0)]


def _cells(machine: Machine, statement: str) -> Rows:
    return [("5e11a000-0000-4000-8000-000000000001", "cell1")]


def _busy_volumes(machine: Machine, statement: str) -> Rows:
    return sorted(busy_volumes(machine.state).items())


def _volume_services(machine: Machine, statement: str) -> Rows:
    return [(json.dumps(record),) for record in volume_records(machine.world)]


def _table_rows(machine: Machine, statement: str) -> Rows:
    """Nothing is wrong in the tables; of what is always told there is what there should be."""
    told = {"cells": _mapped_cells(), "nodes": _nodes(machine)}
    if "keystone.service" in statement:
        told["services"] = _listed(machine)
    return [(kind, json.dumps(told.get(kind, []))) for kind in _KIND.findall(statement)]


def _mapped_cells() -> list[dict[str, object]]:
    names = {"00000000-0000-0000-0000-000000000000": "cell0", "5e11a000-0000-4000-8000-000000000001": "cell1"}
    return [{"uuid": uuid, "name": name, "disabled": 0, "place": None} for uuid, name in names.items()]


def _listed(machine: Machine) -> list[dict[str, object]]:
    kinds = {s.service_type for e in machine.world.blueprint.editions for s in e.services if s.service_type}
    return [{"type": kind, "name": kind, "enabled": 1, "endpoints": 1} for kind in sorted(kinds)]


def _nodes(machine: Machine) -> list[dict[str, object]]:
    computes = (name for name, host in machine.state.hosts.items() if "compute" in host.roles)
    return [
        {"host": name, "node": name, "uuid": identity_of(name), "provider": name, "same_name": 1} for name in computes
    ]


def _server(machine: Machine, statement: str) -> Rows:
    """A server with room, whose queries end and wait for nothing."""
    size = len(members(machine.world, "mariadb", database_hosts_of(machine)))
    status = {"THREADS_CONNECTED": 60, "WSREP_CLUSTER_SIZE": size, "WSREP_CLUSTER_STATE_UUID": "5e11a000"}
    status |= {"WSREP_FLOW_CONTROL_ACTIVE": "false", "WSREP_LOCAL_RECV_QUEUE": 0}
    variables = {"read_only": machine.host.variables.get("read_only", "OFF"), "max_connections": 1000}
    variables |= {"WSREP_DESYNC": "OFF", "WSREP_CLUSTER_NAME": "simulated"}
    rows: Rows = [("status", name, value) for name, value in status.items()]
    return [*rows, *(("set", name, value) for name, value in variables.items()), ("end", "", "")]


def _objects(machine: Machine, statement: str) -> Rows:
    stored = databases_of(machine).objects
    asked = dict.fromkeys(_OBJECT.findall(statement))
    return [(name, version, count) for name in asked for version, count in sorted(stored.get(name, {}).items())]


_ANSWERS: Sequence[tuple[str, Callable[[Machine, str], Rows]]] = (
    ("roles_mapping", _roles),
    ("group_concat_max_len", _table_rows),
    ("'wsrep_local_recv_queue'", _server),
    ("wsrep_cluster_size", _galera),
    ("'revision', '", _schema),
    ("SUM(table_rows)", _sizes),
    ("@ostler_began", _speed),
    ("'rows_in_the_way'", _rows_in_the_way),
    ("SHOW GLOBAL VARIABLES WHERE", _variable),
    ("JSON_OBJECT('cell'", _services),
    ("DISTINCT uuid", _busy),
    ("'in_cells'", _hostless),
    ("cell_mappings", _cells),
    ("volume_work", _busy_volumes),
    ("AS volume_service", _volume_services),
    ("nova_object.version", _objects),
)
