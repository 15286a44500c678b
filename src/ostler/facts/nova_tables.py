"""`nova.tables`: rows of nova's tables that are wrong, or show what is; see `table_rows` for the value's form.

`cells`: every mapped cell: uuid, name ("" when it has none), disabled (0 or 1), place (host:port/name of its database;
None for a template).
`unmapped`: hosts with a nova-compute that is mapped to no cell, by host.
`left_mappings`: hosts mapped to a cell that have no nova-compute, by host.
`nodes`: hypervisors: host, node (its name), uuid, provider (its name in placement, None when there is none), same_name
(how many hypervisors are called so).
`homeless`: servers on a host that has no nova-compute record: uuid, name, host.
`lost`: servers that are mapped to no cell and not being built any more: uuid.
`left_requests`: requests to build a server that are older than LEFT_AFTER_S: uuid, age_s.
"""

from __future__ import annotations

from ostler.facts.table_rows import Kind, table_fact

LEFT_AFTER_S = 3600

KINDS = {
    "cells": Kind(
        ("uuid", "name", "disabled", "place"),
        """SELECT uuid, COALESCE(name, '') AS name, COALESCE(disabled, 0) AS disabled,
        IF(database_connection LIKE '%{%', NULL,
         SUBSTRING_INDEX(SUBSTRING_INDEX(database_connection, '@', -1), '?', 1)) AS place
        FROM nova_api.cell_mappings""",
    ),
    "unmapped": Kind(
        ("host",),
        """SELECT s.host AS host FROM nova.services AS s LEFT JOIN nova_api.host_mappings AS m ON m.host = s.host
        WHERE s.`binary` = 'nova-compute' AND s.deleted = 0 AND m.id IS NULL""",
    ),
    "left_mappings": Kind(
        ("host",),
        """SELECT m.host AS host FROM nova_api.host_mappings AS m
        JOIN nova_api.cell_mappings AS c ON c.id = m.cell_id
        LEFT JOIN nova.services AS s ON s.host = m.host AND s.`binary` = 'nova-compute' AND s.deleted = 0
        WHERE s.id IS NULL AND (SELECT COUNT(*) FROM nova_api.cell_mappings) <= 2""",
    ),
    "nodes": Kind(
        ("host", "node", "uuid", "provider", "same_name"),
        """SELECT n.host AS host, n.hypervisor_hostname AS node, n.uuid AS uuid, p.name AS provider,
        (SELECT COUNT(*) FROM nova.compute_nodes AS o WHERE o.deleted = 0
         AND o.hypervisor_hostname = n.hypervisor_hostname) AS same_name
        FROM nova.compute_nodes AS n LEFT JOIN placement.resource_providers AS p ON p.uuid = n.uuid
        WHERE n.deleted = 0""",
    ),
    "homeless": Kind(
        ("uuid", "name", "host"),
        """SELECT i.uuid AS uuid, i.display_name AS name, i.host AS host FROM nova.instances AS i
        LEFT JOIN nova.services AS s ON s.host = i.host AND s.`binary` = 'nova-compute' AND s.deleted = 0
        WHERE i.deleted = 0 AND i.host IS NOT NULL AND s.id IS NULL""",
    ),
    "lost": Kind(
        ("uuid",),
        f"""SELECT m.instance_uuid AS uuid FROM nova_api.instance_mappings AS m
        LEFT JOIN nova_api.build_requests AS b ON b.instance_uuid = m.instance_uuid
        WHERE m.cell_id IS NULL AND b.id IS NULL AND NOT COALESCE(m.queued_for_delete, 0)
        AND m.created_at < UTC_TIMESTAMP() - INTERVAL {LEFT_AFTER_S} SECOND""",
    ),
    "left_requests": Kind(
        ("uuid", "age_s"),
        f"""SELECT instance_uuid AS uuid, TIMESTAMPDIFF(SECOND, created_at, UTC_TIMESTAMP()) AS age_s
        FROM nova_api.build_requests WHERE created_at < UTC_TIMESTAMP() - INTERVAL {LEFT_AFTER_S} SECOND""",
    ),
}

FACT = table_fact("nova.tables", KINDS)
