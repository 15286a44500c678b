"""What cinder's own tables say of services and of work in progress, read by SQL: `cinder.services`, `cinder.busy`.

`cinder.services`: {"binary@host": {version, rpc_version, deleted, up}}; `host` is cinder's own, with the backend
("ctl1@lvm"). `version` is that of the objects the service knew when it last started and `rpc_version` that of its
messages, both as text (None: it never said). `up` says that it reported within SERVICE_DOWN_S. Of several records for
one service the one not deleted counts, then the newest.
`cinder.busy`: {backend: volumes and snapshots that cinder-volume works on there}; others are absent. A backend is
called as in cinder's service list ("ctl1@lvm"); "" stands for volumes that have none yet. What was not touched for
STALE_AFTER_S is left over (rule cinder.volume-stuck) and not counted. Backups are cinder-backup's.
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

STALE_AFTER_S = 6 * 3600
"""A large image may be copied for hours; nothing is written to the volume's row meanwhile."""

# Not "reserved": the volumes of a shelved server stay so.
WORKED_ON = ("creating", "downloading", "uploading", "deleting", "attaching", "detaching", "extending", "retyping")
MIGRATING = ("starting", "migrating", "completing")

BUSY = f"""SELECT COALESCE(SUBSTRING_INDEX(host, '#', 1), ''), COUNT(*) FROM (
 SELECT host AS host, COALESCE(updated_at, created_at) AS touched_at FROM cinder.volumes
  WHERE deleted = 0 AND (status IN {WORKED_ON!r} OR migration_status IN {MIGRATING!r})
 UNION ALL SELECT v.host, COALESCE(s.updated_at, s.created_at)
  FROM cinder.snapshots AS s JOIN cinder.volumes AS v ON v.id = s.volume_id
  WHERE s.deleted = 0 AND s.status IN ('creating', 'deleting')
 ) AS volume_work WHERE touched_at > UTC_TIMESTAMP() - INTERVAL {STALE_AFTER_S} SECOND GROUP BY 1;"""


SERVICE_DOWN_S = 60

SERVICES = """SELECT JSON_OBJECT('id', id, 'binary', `binary`, 'host', host, 'objects', object_current_version,
 'rpc', rpc_current_version, 'deleted', deleted + 0, 'age_s',
 TIMESTAMPDIFF(SECOND, COALESCE(updated_at, created_at), UTC_TIMESTAMP())) AS volume_service
 FROM cinder.services WHERE host IS NOT NULL AND `binary` IS NOT NULL;"""


def services_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(SERVICES),)


def parse_services(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    lines = text_of(results[0], "cinder's service records").splitlines()
    records = sorted((_record(line) for line in lines if line), key=lambda row: (not row[1]["deleted"], row[2]))
    return {key: record for key, record, _ in records}


def _record(line: str) -> tuple[str, dict[str, Any], int]:
    what = "a service record of cinder"
    try:
        row = json.loads(line)
    except ValueError:
        raise ValueError(f"{what} is no JSON: {excerpt(line)}") from None
    age_s = entry(row, "age_s", (int, type(None)), what)
    deleted = bool(entry(row, "deleted", (int, type(None)), what))
    record = {
        "version": entry(row, "objects", (str, type(None)), what),
        "rpc_version": entry(row, "rpc", (str, type(None)), what),
        "deleted": deleted,
        "up": not deleted and age_s is not None and age_s < SERVICE_DOWN_S,
    }
    return f"{entry(row, 'binary', str, what)}@{entry(row, 'host', str, what)}", record, entry(row, "id", int, what)


def busy_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(BUSY),)


def parse_busy(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    rows = rows_of(results[0], "cinder's work in progress", 2)
    return {backend: integer(count, f"the busy volumes of {backend or 'no backend'}") for backend, count in rows}


SERVICES_FACT = HostFact("cinder.services", services_commands, parse_services, database_hosts)
BUSY_FACT = HostFact("cinder.busy", busy_commands, parse_busy, database_hosts)
