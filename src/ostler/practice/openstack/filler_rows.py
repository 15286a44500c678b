"""Records that make the databases of a practice cloud heavy, as years of use would.

Old ones, in tables whose old records no API shows. neutron keeps no deleted records: ports that make its database heavy
are there, on a network of their own, and whoever lists all ports gets them. Other tables stay as they are: nova's
share_mapping is dropped and made anew on the way to 2025.1.
"""

from __future__ import annotations

from ostler.practice.layout import Layout
from ostler.practice.reach import PracticeReach

MARK = "ostler-filler"
ROWS_AT_ONCE = 20_000
INSERT_TIMEOUT_S = 600

INSTANCES = """
INSERT INTO nova.instances (created_at, updated_at, deleted_at, deleted, uuid, display_name, hostname, user_id,
    project_id, vm_state, power_state, memory_mb, vcpus, root_gb, ephemeral_gb, launched_at, terminated_at, cleaned)
SELECT NOW() - INTERVAL 400 DAY, NOW() - INTERVAL 300 DAY, NOW() - INTERVAL 300 DAY, 1000000000 + seq, UUID(),
    '{mark}', CONCAT('old-', seq), MD5('user'), MD5('project'), 'deleted', 0, 64, 1, 1, 0,
    NOW() - INTERVAL 400 DAY, NOW() - INTERVAL 300 DAY, 1
FROM seq_{first}_to_{last};
"""
CONSOLE_TOKENS = """
INSERT INTO nova.console_auth_tokens (created_at, token_hash, console_type, host, port, instance_uuid, expires)
SELECT NOW() - INTERVAL 300 DAY, SHA2(UUID(), 256), 'novnc', '{mark}', 5900,
    (SELECT uuid FROM nova.instances WHERE display_name = '{mark}' LIMIT 1),
    UNIX_TIMESTAMP(NOW() - INTERVAL 299 DAY)
FROM seq_{first}_to_{last};
"""
"""Of a host that is no more, so that no nova-compute clears them away."""
VOLUMES = """
INSERT INTO cinder.volumes (created_at, updated_at, deleted_at, deleted, id, user_id, project_id, size, status,
    attach_status, display_name, volume_type_id, use_quota)
SELECT NOW() - INTERVAL 400 DAY, NOW() - INTERVAL 300 DAY, NOW() - INTERVAL 300 DAY, 1, UUID(), MD5('user'),
    MD5('project'), 1, 'deleted', 'detached', '{mark}', (SELECT id FROM cinder.volume_types LIMIT 1), 1
FROM seq_{first}_to_{last};
"""
IMAGES = """
INSERT INTO glance.images (created_at, updated_at, deleted_at, deleted, id, name, status, min_disk, min_ram,
    protected, visibility, os_hidden)
SELECT NOW() - INTERVAL 400 DAY, NOW() - INTERVAL 300 DAY, NOW() - INTERVAL 300 DAY, 1, UUID(), '{mark}', 'deleted',
    0, 0, 0, 'private', 0
FROM seq_{first}_to_{last};
"""
PORTS = """
SET @base = (SELECT COALESCE(MAX(id), 0) FROM neutron.standardattributes);
START TRANSACTION;
INSERT INTO neutron.standardattributes (id, resource_type, description, revision_number, created_at, updated_at)
SELECT @base + seq, 'ports', '{mark}', 1, NOW() - INTERVAL 400 DAY, NOW() - INTERVAL 300 DAY
FROM seq_{first}_to_{last};
INSERT INTO neutron.ports (id, project_id, name, network_id, mac_address, admin_state_up, status, device_id,
    device_owner, standard_attr_id, ip_allocation)
SELECT UUID(), MD5(CONCAT('project', attribute.id % 1000)), '{mark}', network.id, INSERT(INSERT(INSERT(INSERT(INSERT(
    LOWER(CONCAT('fa', LPAD(HEX(attribute.id), 10, '0'))), 11, 0, ':'), 9, 0, ':'), 7, 0, ':'), 5, 0, ':'), 3, 0, ':'),
    0, 'DOWN', '', '', attribute.id, 'none'
FROM neutron.standardattributes AS attribute
JOIN (SELECT id FROM neutron.networks WHERE name = '{mark}' LIMIT 1) AS network
WHERE attribute.id > @base AND attribute.description = '{mark}';
INSERT INTO neutron.ml2_port_bindings (port_id, host, vnic_type, profile, vif_type, vif_details, status)
SELECT id, '', 'normal', '', 'unbound', '', 'ACTIVE' FROM neutron.ports
WHERE standard_attr_id > @base AND name = '{mark}';
COMMIT;
"""
"""A port is three records. Down, without an address, bound to no host: no agent has anything to do for them. They
belong to a thousand projects: nova lists all ports of the project whose server it builds, to see whether its quota is
met."""

TABLES = (
    ("nova.instances", "display_name", INSTANCES),
    ("nova.console_auth_tokens", "host", CONSOLE_TOKENS),
    ("cinder.volumes", "display_name", VOLUMES),
    ("glance.images", "name", IMAGES),
)


def add_rows(layout: Layout, reach: PracticeReach, rows: int) -> str:
    """Bring each of these tables to at least `rows` old records; what was done, in words."""
    added = sum(_bring(layout, reach, table, column, insert, rows) for table, column, insert in TABLES)
    return f"{added} old records added, {rows} in each of {len(TABLES)} tables"


def add_ports(layout: Layout, reach: PracticeReach, ports: int) -> str:
    """Bring the network that is called as these records are marked to at least `ports` ports; what was done, in
    words."""
    return f"{_bring(layout, reach, 'neutron.ports', 'name', PORTS, ports)} ports added, {ports} on the network {MARK}"


def _bring(layout: Layout, reach: PracticeReach, table: str, column: str, insert: str, rows: int) -> int:
    """Bring one table to so many records of ours; how many were added."""
    host = layout.controller_hosts[0]
    count = f"SELECT COUNT(*) FROM {table} WHERE {column} = '{MARK}'"
    present = int(reach.run(host, ["mariadb", "--batch", "--skip-column-names", "-e", count]).stdout)
    for first, last in chunks(present + 1, rows):
        statement = insert.format(mark=MARK, first=first, last=last)
        # The sequence tables need a database to be in, whichever.
        argv = ["mariadb", table.partition(".")[0]]
        reach.run(host, argv, stdin=statement.encode(), timeout_s=INSERT_TIMEOUT_S)
    return max(0, rows - present)


def chunks(first: int, last: int) -> list[tuple[int, int]]:
    """The range from `first` to `last` in pieces small enough for one replicated transaction."""
    return [(start, min(start + ROWS_AT_ONCE - 1, last)) for start in range(first, last + 1, ROWS_AT_ONCE)]
