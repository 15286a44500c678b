"""`glance.tables`: rows of glance's tables that are wrong; see `table_rows` for the value's form.

`unfinished`: images whose upload or import has not been touched for LEFT_AFTER_S: id, name, status, age_s.
`without_data`: images that are active and have no place where their data is: id, name.
"""

from __future__ import annotations

from ostler.facts.table_rows import Kind, table_fact

LEFT_AFTER_S = 6 * 3600
"""A large image may be uploaded for hours; nothing is written to its row meanwhile."""

KINDS = {
    "unfinished": Kind(
        ("id", "name", "status", "age_s"),
        f"""SELECT id, COALESCE(name, '') AS name, status,
        TIMESTAMPDIFF(SECOND, COALESCE(updated_at, created_at), UTC_TIMESTAMP()) AS age_s FROM glance.images
        WHERE deleted = 0 AND status IN ('saving', 'uploading', 'importing', 'pending_delete')
        AND COALESCE(updated_at, created_at) < UTC_TIMESTAMP() - INTERVAL {LEFT_AFTER_S} SECOND""",
    ),
    "without_data": Kind(
        ("id", "name"),
        """SELECT i.id AS id, COALESCE(i.name, '') AS name FROM glance.images AS i
        LEFT JOIN glance.image_locations AS l ON l.image_id = i.id AND l.deleted = 0
        WHERE i.deleted = 0 AND i.status = 'active' AND COALESCE(i.size, 0) > 0 AND l.id IS NULL""",
    ),
}

FACT = table_fact("glance.tables", KINDS)
