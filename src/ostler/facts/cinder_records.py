"""What cinder's own tables say of work in progress, read by SQL: `cinder.busy`.

`cinder.busy`: {backend: volumes and snapshots that cinder-volume works on there}; others are absent. A backend is
called as in cinder's service list ("ctl1@lvm"); "" stands for volumes that have none yet. What was not touched for
STALE_AFTER_S is left over (rule cinder.volume-stuck) and not counted. Backups are cinder-backup's.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import integer, rows_of
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


def busy_commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (ask(BUSY),)


def parse_busy(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    rows = rows_of(results[0], "cinder's work in progress", 2)
    return {backend: integer(count, f"the busy volumes of {backend or 'no backend'}") for backend, count in rows}


BUSY_FACT = HostFact("cinder.busy", busy_commands, parse_busy, database_hosts)
