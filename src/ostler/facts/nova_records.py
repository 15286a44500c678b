"""What nova's own tables say of services and of work in progress, read by SQL: it also works while nova does not.

`nova.services`: {"binary@host": {id, version, disabled, disabled_reason, deleted, age_s, up, cell}}. `age_s` is seconds
since the last report (None: never), `up` that it is below SERVICE_DOWN_S and the record not deleted, `cell` the
database it is in. The APIs (nova-osapi_compute, nova-metadata) write theirs once, when they start, and never again.
Of several records for one service the one not deleted counts, then the newest.
`nova.busy`: {compute host: servers with a task state, being built, or migrating from or to it}; others are absent.
`nova.hostless`: {count: servers being built that have no host yet, in_cells, requests, stale_requests}; requests
older than STALE_AFTER_S are left over and not in `count`.
`nova.cells`: {uuid: name, "" when it has none}, of every cell that is mapped but cell0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import entry, excerpt, integer, rows_of, text_of
from ostler.facts.sql import ask, database_hosts

CELLS = ("nova_cell0", "nova")
SERVICE_DOWN_S = 60
STALE_AFTER_S = 3600

MIGRATING = ("accepted", "queued", "preparing", "pre-migrating", "migrating", "post-migrating", "running", "reverting")

# JSON_OBJECT: a disabled_reason is free text and may hold tabs and line ends.
SERVICES = """SELECT JSON_OBJECT('cell', '{cell}', 'id', id, 'binary', `binary`, 'host', host, 'version', version,
 'disabled', disabled, 'disabled_reason', disabled_reason, 'deleted', deleted, 'age_s',
 TIMESTAMPDIFF(MICROSECOND, COALESCE(last_seen_up, updated_at, created_at), UTC_TIMESTAMP(6)) / 1000000)
 FROM {cell}.services WHERE host IS NOT NULL AND `binary` IS NOT NULL;"""

BUSY = f"""SELECT host, COUNT(DISTINCT uuid) FROM (
 SELECT host AS host, uuid AS uuid FROM nova.instances
  WHERE deleted = 0 AND host IS NOT NULL AND (task_state IS NOT NULL OR vm_state = 'building')
 UNION ALL SELECT source_compute, instance_uuid FROM nova.migrations WHERE status IN {MIGRATING!r}
 UNION ALL SELECT dest_compute, instance_uuid FROM nova.migrations WHERE status IN {MIGRATING!r}
 ) AS work WHERE host IS NOT NULL GROUP BY host;"""

HOSTLESS = f"""SELECT 'in_cells', COUNT(*) FROM nova.instances
  WHERE deleted = 0 AND host IS NULL AND vm_state = 'building';
SELECT 'requests', COUNT(*) FROM nova_api.build_requests
  WHERE created_at > UTC_TIMESTAMP() - INTERVAL {STALE_AFTER_S} SECOND;
SELECT 'stale_requests', COUNT(*) FROM nova_api.build_requests
  WHERE created_at <= UTC_TIMESTAMP() - INTERVAL {STALE_AFTER_S} SECOND;"""


CELL0 = "00000000-0000-0000-0000-000000000000"
CELL_MAPPINGS = f"SELECT uuid, COALESCE(name, '') FROM nova_api.cell_mappings WHERE uuid <> '{CELL0}';"


def services_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(" ".join(SERVICES.format(cell=cell) for cell in CELLS)),)


def parse_services(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    records = [_record(line) for line in text_of(results[0], "nova's service records").splitlines() if line]
    records.sort(key=lambda record: (not record["deleted"], record["id"]))
    return {f"{record.pop('binary')}@{record.pop('host')}": record for record in records}


def _record(line: str) -> dict[str, Any]:
    what = "a service record of nova"
    try:
        row = json.loads(line)
    except ValueError:
        raise ValueError(f"{what} is no JSON: {excerpt(line)}") from None
    age_s = entry(row, "age_s", (int, float, type(None)), what)
    deleted = bool(entry(row, "deleted", int, what))
    return {
        "binary": entry(row, "binary", str, what),
        "host": entry(row, "host", str, what),
        "id": entry(row, "id", int, what),
        "version": entry(row, "version", (int, type(None)), what) or 0,
        "disabled": bool(entry(row, "disabled", (int, type(None)), what)),
        "disabled_reason": entry(row, "disabled_reason", (str, type(None)), what),
        "deleted": deleted,
        "age_s": None if age_s is None else round(age_s, 1),
        "up": not deleted and age_s is not None and age_s < SERVICE_DOWN_S,
        "cell": entry(row, "cell", str, what),
    }


def busy_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(BUSY),)


def parse_busy(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    rows = rows_of(results[0], "nova's work in progress", 2)
    return {host: integer(count, f"the busy servers of {host}") for host, count in rows}


def hostless_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(HOSTLESS),)


def parse_hostless(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    what = "the servers without host"
    counts: dict[str, Any] = {name: integer(count, what) for name, count in rows_of(results[0], what, 2)}
    parts = {name: entry(counts, name, int, what) for name in ("in_cells", "requests", "stale_requests")}
    return {"count": parts["in_cells"] + parts["requests"], **parts}


def cells_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(CELL_MAPPINGS),)


def parse_cells(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    return dict(rows_of(results[0], "the list of nova's cells", 2))


SERVICES_FACT = HostFact("nova.services", services_commands, parse_services, database_hosts)
BUSY_FACT = HostFact("nova.busy", busy_commands, parse_busy, database_hosts)
HOSTLESS_FACT = HostFact("nova.hostless", hostless_commands, parse_hostless, database_hosts)
CELLS_FACT = HostFact("nova.cells", cells_commands, parse_cells, database_hosts)
