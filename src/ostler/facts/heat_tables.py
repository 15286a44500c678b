"""`heat.tables`: rows of heat's tables that are wrong, or show what is; see `table_rows` for the value's form. In a
cloud without heat's database there are none.

`engines`: hosts from which heat-engine reported within FORGOTTEN_DAYS: host, alive (workers whose last report is
younger than three of their intervals), silent (workers whose is not, and that did not end in peace), age_s since the
last report.
`stuck`: stacks of users (no nested ones) in progress for longer than their own time limit, or heat's usual one, and
LONGER_S: stack, name, action, age_s.

Columns: heat/db/models.py, Service and Stack; a worker that ends in peace sets deleted_at (heat/engine/service.py);
stack_action_timeout is 3600 seconds, a stack's own `timeout` is in minutes (2026-11-27).
"""

from __future__ import annotations

from ostler.facts.table_rows import Kind, table_fact

FORGOTTEN_DAYS = 7
LONGER_S = 3600

_REPORTED = "COALESCE(s.updated_at, s.created_at)"
_IS_LATE = f"TIMESTAMPDIFF(SECOND, {_REPORTED}, UTC_TIMESTAMP()) > 3 * s.report_interval"
_BEGAN = "COALESCE(t.updated_at, t.created_at)"
_ALLOWED_S = f"COALESCE(t.timeout, 60) * 60 + {LONGER_S}"

KINDS = {
    "engines": Kind(
        ("host", "alive", "silent", "age_s"),
        f"""SELECT s.host AS host, CAST(SUM(s.deleted_at IS NULL AND NOT ({_IS_LATE})) AS SIGNED) AS alive,
        CAST(SUM(s.deleted_at IS NULL AND {_IS_LATE}) AS SIGNED) AS silent,
        MIN(TIMESTAMPDIFF(SECOND, {_REPORTED}, UTC_TIMESTAMP())) AS age_s FROM heat.service AS s
        WHERE {_REPORTED} > UTC_TIMESTAMP() - INTERVAL {FORGOTTEN_DAYS} DAY GROUP BY s.host""",
    ),
    "stuck": Kind(
        ("stack", "name", "action", "age_s"),
        f"""SELECT t.id AS stack, t.name AS name, t.action AS action,
        TIMESTAMPDIFF(SECOND, {_BEGAN}, UTC_TIMESTAMP()) AS age_s FROM heat.stack AS t
        WHERE t.deleted_at IS NULL AND t.owner_id IS NULL AND t.status = 'IN_PROGRESS'
        AND TIMESTAMPDIFF(SECOND, {_BEGAN}, UTC_TIMESTAMP()) > {_ALLOWED_S}""",
    ),
}

FACT = table_fact("heat.tables", KINDS, is_optional=True)
