"""Old records that make the databases of a practice cloud heavy, as years of use would.

In tables whose old records no API shows. Others stay as they are: neutron keeps no deleted records, so that rows there
would be ports and networks of users; nova's share_mapping is dropped and made anew on the way to 2025.1.
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
TABLES = (
    ("nova.instances", "display_name", INSTANCES),
    ("nova.console_auth_tokens", "host", CONSOLE_TOKENS),
    ("cinder.volumes", "display_name", VOLUMES),
    ("glance.images", "name", IMAGES),
)


def add_rows(layout: Layout, reach: PracticeReach, rows: int) -> str:
    """Bring each of these tables to at least `rows` old records; what was done, in words."""
    host = layout.controller_hosts[0]
    added = 0
    for table, column, insert in TABLES:
        count = f"SELECT COUNT(*) FROM {table} WHERE {column} = '{MARK}'"
        argv = ["mariadb", "--batch", "--skip-column-names", "-e", count]
        present = int(reach.run(host, argv).stdout)
        for first, last in chunks(present + 1, rows):
            statement = insert.format(mark=MARK, first=first, last=last)
            # The sequence tables need a database to be in, whichever.
            argv = ["mariadb", table.partition(".")[0]]
            reach.run(host, argv, stdin=statement.encode(), timeout_s=INSERT_TIMEOUT_S)
            added += last - first + 1
    return f"{added} old records added, {rows} in each of {len(TABLES)} tables"


def chunks(first: int, last: int) -> list[tuple[int, int]]:
    """The range from `first` to `last` in pieces small enough for one replicated transaction."""
    return [(start, min(start + ROWS_AT_ONCE - 1, last)) for start in range(first, last + 1, ROWS_AT_ONCE)]
