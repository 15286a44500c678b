"""`cinder.tables`: rows of cinder's tables that are wrong, or show what is; see `table_rows` for the value's form.

`services`: record (binary@host), binary, host (of cinder-volume with its backend), disabled (0 or 1), reason, age_s
since the last report.
`quotas`: projects that are taken to have more than they have: project, resource (volumes or snapshots), counted, there.
Looked at are only counts that were not touched for SETTLED_S and of which nothing is reserved.
`reservations`: of quota, left over after they expired: project, resource, amount, all of one kind together.
`nowhere`: volumes of a backend that no cinder-volume serves: volume, name, host.
`attachments`: attachments that were never finished, older than LEFT_AFTER_S: attachment, volume, server, status, age_s.
`unattached`: volumes in use without an attachment: volume, name.
"""

from __future__ import annotations

from ostler.facts.table_rows import Kind, table_fact

SETTLED_S = 60
LEFT_AFTER_S = 3600


def _miscounted(resource: str, of: str) -> str:
    return f"""SELECT q.project_id AS project, q.resource AS resource, q.in_use AS counted, ({of}) AS there
    FROM cinder.quota_usages AS q WHERE q.resource = '{resource}' AND COALESCE(q.deleted, 0) = 0 AND q.reserved = 0
    AND COALESCE(q.updated_at, q.created_at) < UTC_TIMESTAMP() - INTERVAL {SETTLED_S} SECOND
    HAVING counted > there"""


KINDS = {
    "services": Kind(
        ("record", "binary", "host", "disabled", "reason", "age_s"),
        """SELECT CONCAT(`binary`, '@', host) AS record, `binary`, host,
        COALESCE(disabled, 0) AS disabled, disabled_reason AS reason,
        TIMESTAMPDIFF(SECOND, COALESCE(updated_at, created_at), UTC_TIMESTAMP()) AS age_s
        FROM cinder.services WHERE COALESCE(deleted, 0) = 0 AND host IS NOT NULL AND `binary` IS NOT NULL""",
    ),
    "quotas": Kind(
        ("project", "resource", "counted", "there"),
        "SELECT * FROM (("
        + _miscounted(
            "volumes", "SELECT COUNT(*) FROM cinder.volumes AS v WHERE v.project_id = q.project_id AND v.deleted = 0"
        )
        + ") UNION ALL ("
        + _miscounted(
            "snapshots",
            "SELECT COUNT(*) FROM cinder.snapshots AS s WHERE s.project_id = q.project_id AND s.deleted = 0",
        )
        + ")) AS miscounted",
    ),
    "reservations": Kind(
        ("project", "resource", "amount"),
        """SELECT project_id AS project, resource, SUM(delta) AS amount FROM cinder.reservations
        WHERE deleted = 0 AND delta > 0 AND expire < UTC_TIMESTAMP() GROUP BY project_id, resource""",
    ),
    "nowhere": Kind(
        ("volume", "name", "host"),
        """SELECT v.id AS volume, v.display_name AS name, v.host AS host FROM cinder.volumes AS v
        LEFT JOIN cinder.services AS s ON s.`binary` = 'cinder-volume' AND s.deleted = 0
         AND s.host = SUBSTRING_INDEX(v.host, '#', 1)
        WHERE v.deleted = 0 AND v.host IS NOT NULL AND s.id IS NULL AND v.cluster_name IS NULL""",
    ),
    "attachments": Kind(
        ("attachment", "volume", "server", "status", "age_s"),
        f"""SELECT id AS attachment, volume_id AS volume, instance_uuid AS server, attach_status AS status,
        TIMESTAMPDIFF(SECOND, COALESCE(updated_at, created_at), UTC_TIMESTAMP()) AS age_s
        FROM cinder.volume_attachment WHERE deleted = 0 AND attach_status IN ('attaching', 'detaching',
        'error_attaching', 'error_detaching')
        AND COALESCE(updated_at, created_at) < UTC_TIMESTAMP() - INTERVAL {LEFT_AFTER_S} SECOND""",
    ),
    "unattached": Kind(
        ("volume", "name"),
        """SELECT v.id AS volume, v.display_name AS name FROM cinder.volumes AS v
        LEFT JOIN cinder.volume_attachment AS a ON a.volume_id = v.id AND a.deleted = 0
        WHERE v.deleted = 0 AND v.status = 'in-use' AND a.id IS NULL""",
    ),
}

FACT = table_fact("cinder.tables", KINDS)
