"""`placement.tables`: rows of placement's tables that are wrong; see `table_rows` for the value's form.

`leaked`: what something that is no server, migration or request for one occupies, for longer than LEAKED_AFTER_S:
consumer (its uuid), provider (names, joined by commas), used (of all classes together), share (the largest part of what
a provider can give that it takes, in percent). Only looked for where nova has one cell.
`closed`: providers with a class of which nothing can be given out: provider, class (its number), total, reserved.
`overfull`: providers of which more is used than there is: provider, class, used, capacity.
`empty`: hypervisors whose provider has no inventory: provider.
`left`: providers without a parent that belong to no hypervisor and give processors: provider, uuid.
`shut`: hypervisors that placement takes for disabled although nova has enabled them: provider.
"""

from __future__ import annotations

from ostler.facts.table_rows import ONE_CELL, Kind, table_fact

LEAKED_AFTER_S = 60
"""A server being built has a request, then a record; between both nothing is without either."""

CAPACITY = "(i.total - i.reserved) * i.allocation_ratio"

KINDS = {
    "leaked": Kind(
        ("consumer", "provider", "used", "share"),
        f"""SELECT a.consumer_id AS consumer, GROUP_CONCAT(DISTINCT r.name SEPARATOR ', ') AS provider,
        SUM(a.used) AS used, ROUND(MAX(100 * a.used / GREATEST({CAPACITY}, 1))) AS share
        FROM placement.allocations AS a JOIN placement.resource_providers AS r ON r.id = a.resource_provider_id
        LEFT JOIN placement.inventories AS i
         ON i.resource_provider_id = a.resource_provider_id AND i.resource_class_id = a.resource_class_id
        WHERE {ONE_CELL} AND a.created_at < UTC_TIMESTAMP() - INTERVAL {LEAKED_AFTER_S} SECOND
        AND NOT EXISTS (SELECT 1 FROM nova.instances AS s WHERE s.uuid = a.consumer_id AND s.deleted = 0)
        AND NOT EXISTS (SELECT 1 FROM nova.migrations AS m WHERE m.uuid = a.consumer_id
         AND m.status NOT IN ('completed', 'confirmed', 'reverted', 'failed', 'error', 'done', 'cancelled'))
        AND NOT EXISTS (SELECT 1 FROM nova_api.build_requests AS b WHERE b.instance_uuid = a.consumer_id)
        GROUP BY a.consumer_id""",
    ),
    "closed": Kind(
        ("provider", "class", "total", "reserved"),
        """SELECT r.name AS provider, i.resource_class_id AS `class`, i.total AS total, i.reserved AS reserved
        FROM placement.inventories AS i JOIN placement.resource_providers AS r ON r.id = i.resource_provider_id
        JOIN nova.compute_nodes AS n ON n.uuid = r.uuid AND n.deleted = 0
        WHERE i.resource_class_id IN (0, 1) AND (i.reserved >= i.total OR i.allocation_ratio <= 0)""",
    ),
    "overfull": Kind(
        ("provider", "class", "used", "capacity"),
        f"""SELECT r.name AS provider, i.resource_class_id AS `class`, SUM(a.used) AS used,
        FLOOR({CAPACITY}) AS capacity
        FROM placement.inventories AS i JOIN placement.resource_providers AS r ON r.id = i.resource_provider_id
        JOIN placement.allocations AS a
         ON a.resource_provider_id = i.resource_provider_id AND a.resource_class_id = i.resource_class_id
        GROUP BY i.id HAVING used > capacity""",
    ),
    "empty": Kind(
        ("provider",),
        """SELECT r.name AS provider FROM placement.resource_providers AS r
        JOIN nova.compute_nodes AS n ON n.uuid = r.uuid AND n.deleted = 0
        LEFT JOIN placement.inventories AS i ON i.resource_provider_id = r.id WHERE i.id IS NULL""",
    ),
    "left": Kind(
        ("provider", "uuid"),
        f"""SELECT r.name AS provider, r.uuid AS uuid FROM placement.resource_providers AS r
        JOIN placement.inventories AS i ON i.resource_provider_id = r.id AND i.resource_class_id = 0
        LEFT JOIN nova.compute_nodes AS n ON n.uuid = r.uuid AND n.deleted = 0
        WHERE {ONE_CELL} AND r.parent_provider_id IS NULL AND n.id IS NULL""",
    ),
    "shut": Kind(
        ("provider",),
        """SELECT r.name AS provider FROM placement.resource_providers AS r
        JOIN placement.resource_provider_traits AS h ON h.resource_provider_id = r.id
        JOIN placement.traits AS t ON t.id = h.trait_id AND t.name = 'COMPUTE_STATUS_DISABLED'
        JOIN nova.compute_nodes AS n ON n.uuid = r.uuid AND n.deleted = 0
        JOIN nova.services AS s ON s.host = n.host AND s.`binary` = 'nova-compute' AND s.deleted = 0
        WHERE NOT s.disabled AND NOT COALESCE(s.forced_down, 0)""",
    ),
}

FACT = table_fact("placement.tables", KINDS)
