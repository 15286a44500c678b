"""Rows of databases that say something wrong: about computes, servers, volumes, ports, allocations, quotas."""

from __future__ import annotations

from ostler.practice.faults.database import ASK, EXECUTE, RESTORE, SEE_COUNT
from ostler.practice.faults.fault import At, Default, Fault, Script
from ostler.practice.layout import Role

KEEP_ROWS = f"""kept=$({ASK} -e "$1") || exit
[ -n "$kept" ] || {{ echo "$2" >&2; exit 69; }}
printf '%s\\n' "$kept"
"""
"""A query whose output are the statements that bring its rows back, and what to say when there are none."""

KEEP_DUMP = """kept=$(mariadb-dump --skip-comments --compact --no-create-info --complete-insert --insert-ignore \\
  --hex-blob --skip-lock-tables "$1" "$2" "--where=$3") || exit
case $kept in *INSERT*) ;; *) echo "$4" >&2; exit 69 ;; esac
printf 'USE %s;\\nSET FOREIGN_KEY_CHECKS = 0;\\n%s\\n' "$1" "$kept"
"""

FILL = "there is no such thing in this cloud yet; run `ostler practice fill` first"


BACK = Script(RESTORE, at=At.DATABASE)
"""What was kept is the statements that bring the rows back."""


def _row(
    name: str, keep: Script | None, change: str, see: str, does: str, users_see: str, role: Role,
    default: Default = Default.FIRST, needs: str = "", mend: Script = BACK,
) -> Fault:  # fmt: skip
    """`change` and `see` are statements: one makes the fault, the other gives a number above 0 while it is there."""
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role=role,
        default=default,
        touches=(f"rows of {name}",),
        remember=keep,
        make=Script(EXECUTE, (change,), At.DATABASE),
        see=Script(SEE_COUNT, (see,), At.DATABASE),
        mend=mend,
        needs=needs,
    )


def _added(
    name: str, add: str, remove: str, see: str, does: str, users_see: str, role: Role, default: Default = Default.CLOUD
) -> Fault:
    """Rows that were not there before, so that nothing is to be remembered."""
    mend = Script(EXECUTE, (remove,), At.DATABASE)
    return _row(name, None, add, see, does, users_see, role, default, mend=mend)


def _dump(database: str, table: str, where: str, absent: str) -> Script:
    return Script(KEEP_DUMP, (database, table, where, absent), At.DATABASE)


def _query(query: str, absent: str = FILL) -> Script:
    return Script(KEEP_ROWS, (query, absent), At.DATABASE)


CONTENT = "content, from `ostler practice fill`"

GONE_HOST, GONE_SERVICE = "cmp-old", "6d2b1f0e-93c5-4b0a-8a57-3f1d0c9e7b42"
LEAKED = "b7c1d5a2-4e0f-4d6b-9c38-1a2f6e8d7c53"
LOST_VOLUME, LOST_ATTACHMENT, LOST_SERVER = (
    "e41f7a90-5b2c-4c1d-8f6e-7d3a9b0c2e15",
    "0c9d8e7f-6a5b-4c3d-9e2f-1b0a3c5d7e91",
    "91d3c5b7-a2e4-4f60-8b1d-5e7f9a0c3d26",
)
CLOUD_ADMIN = "(SELECT id FROM keystone.project WHERE name = 'admin' AND is_domain = 0 LIMIT 1)"
VOLUME_QUOTA = f"project_id = {CLOUD_ADMIN} AND resource = 'volumes'"
MISCOUNTED = 100_000

CHOSEN_SERVER = "host = '{host}' AND deleted = 0 AND task_state IS NULL ORDER BY id LIMIT 1"
CHOSEN_PORT = "host = '{host}' AND vif_type = 'ovs' ORDER BY port_id LIMIT 1"
CHOSEN_VOLUME = "deleted = 0 AND status = 'available' AND migration_status IS NULL ORDER BY id LIMIT 1"

FAULTS = (
    _added(
        "stale-service-record",
        "INSERT INTO nova.services (created_at, updated_at, host, `binary`, topic, report_count, disabled, deleted,"
        " last_seen_up, forced_down, version, uuid)"
        f" SELECT NOW() - INTERVAL 90 DAY, NOW() - INTERVAL 30 DAY, '{GONE_HOST}', 'nova-compute', 'compute', 4711,"
        f" 0, 0, NOW() - INTERVAL 30 DAY, 0, MAX(version), '{GONE_SERVICE}' FROM nova.services WHERE deleted = 0;",
        f"DELETE FROM nova.services WHERE uuid = '{GONE_SERVICE}';",
        f"SELECT COUNT(*) FROM nova.services WHERE uuid = '{GONE_SERVICE}'",
        "adds the record of a compute that was removed a month ago",
        "a compute in the list that is down for ever; some requests wait for it",
        "controller",
    ),
    _row(
        "compute-left-disabled",
        _query(
            "SELECT CONCAT('UPDATE nova.services SET disabled = 0, disabled_reason = ',"
            " IFNULL(QUOTE(disabled_reason), 'NULL'), ' WHERE id = ', id, ';') FROM nova.services"
            " WHERE host = '{host}' AND `binary` = 'nova-compute' AND deleted = 0 AND NOT disabled",
            "its compute service has no record, or is disabled already",
        ),
        "UPDATE nova.services SET disabled = 1, disabled_reason = 'maintenance'"
        " WHERE host = '{host}' AND `binary` = 'nova-compute' AND deleted = 0;",
        "SELECT COUNT(*) FROM nova.services WHERE host = '{host}' AND `binary` = 'nova-compute' AND deleted = 0"
        " AND disabled",
        "leaves a compute disabled, as somebody who forgot the end of a maintenance",
        "new servers go to the other computes, until those are full",
        "compute",
    ),
    _row(
        "cell-mapping-deleted",
        _dump("nova_api", "cell_mappings", "name = 'cell1'", "there is no cell of that name"),
        "SET FOREIGN_KEY_CHECKS = 0; DELETE FROM nova_api.cell_mappings WHERE name = 'cell1';",
        "SELECT COUNT(*) = 0 FROM nova_api.cell_mappings WHERE name = 'cell1'",
        "deletes the record that says where the database and the message queue of cell1 are",
        "no server is found any more, new ones fail",
        "controller", Default.CLOUD,
    ),
    _row(
        "host-mapping-deleted",
        _dump("nova_api", "host_mappings", "host = '{host}'", "it is mapped to no cell already"),
        "DELETE FROM nova_api.host_mappings WHERE host = '{host}';",
        "SELECT COUNT(*) = 0 FROM nova_api.host_mappings WHERE host = '{host}'",
        "deletes the record that says which cell a compute is in",
        "the compute is up, but gets no new servers",
        "compute",
    ),
    _added(
        "allocations-leaked",
        f"INSERT IGNORE INTO placement.projects (external_id) VALUES ('{LEAKED}');"
        f" INSERT IGNORE INTO placement.users (external_id) VALUES ('{LEAKED}');"
        " INSERT IGNORE INTO placement.consumers (created_at, uuid, project_id, user_id, generation)"
        f" SELECT NOW(), '{LEAKED}', p.id, u.id, 1 FROM placement.projects p, placement.users u"
        f" WHERE p.external_id = '{LEAKED}' AND u.external_id = '{LEAKED}';"
        " INSERT INTO placement.allocations (created_at, resource_provider_id, consumer_id, resource_class_id, used)"
        f" SELECT NOW(), i.resource_provider_id, '{LEAKED}', i.resource_class_id,"
        " FLOOR((i.total - i.reserved) * i.allocation_ratio) FROM placement.inventories i"
        " JOIN placement.resource_providers r ON r.id = i.resource_provider_id"
        " WHERE r.name = '{host}' AND i.resource_class_id IN (0, 1);",
        f"DELETE FROM placement.allocations WHERE consumer_id = '{LEAKED}';"
        f" DELETE FROM placement.consumers WHERE uuid = '{LEAKED}';"
        f" DELETE FROM placement.projects WHERE external_id = '{LEAKED}';"
        f" DELETE FROM placement.users WHERE external_id = '{LEAKED}';",
        "SELECT COUNT(*) FROM placement.allocations a JOIN placement.resource_providers r"
        f" ON r.id = a.resource_provider_id WHERE a.consumer_id = '{LEAKED}' AND r.name = '{{host}}'",
        "lets a server that does not exist occupy all processors and memory of a compute in placement",
        "the compute gets no new servers, though it is nearly empty",
        "compute", Default.FIRST,
    ),
    _added(
        "volume-attachment-left",
        "INSERT INTO cinder.volumes (created_at, deleted, id, user_id, project_id, host, size, availability_zone,"
        " status, attach_status, display_name, volume_type_id, bootable, multiattach, shared_targets, use_quota)"
        f" SELECT NOW(), 0, '{LOST_VOLUME}', {CLOUD_ADMIN}, {CLOUD_ADMIN},"
        " (SELECT CONCAT(host, '#fake') FROM cinder.services WHERE `binary` = 'cinder-volume' AND deleted = 0 LIMIT 1),"
        " 1, 'nova', 'in-use', 'attached', 'left-behind', id, 0, 0, 0, 1 FROM cinder.volume_types"
        " WHERE name = '__DEFAULT__' AND deleted = 0;"
        " INSERT INTO cinder.volume_attachment (created_at, deleted, id, volume_id, instance_uuid, mountpoint,"
        " attach_time, attach_mode, attach_status, connection_info, connector)"
        f" VALUES (NOW(), 0, '{LOST_ATTACHMENT}', '{LOST_VOLUME}', '{LOST_SERVER}', '/dev/vdb', NOW(), 'rw',"
        " 'attached', '{}', '{}');",
        f"DELETE FROM cinder.volume_attachment WHERE volume_id = '{LOST_VOLUME}';"
        f" DELETE FROM cinder.volumes WHERE id = '{LOST_VOLUME}';",
        "SELECT COUNT(*) FROM cinder.volume_attachment a JOIN cinder.volumes v ON v.id = a.volume_id"
        f" WHERE a.id = '{LOST_ATTACHMENT}' AND v.status = 'in-use'",
        "adds a volume that is attached to a server that does not exist",
        "the volume can be neither detached nor deleted",
        "controller",
    ),
    _row(
        "quota-miscounted",
        _query(
            "SELECT IFNULL((SELECT CONCAT('UPDATE cinder.quota_usages SET in_use = ', in_use, ' WHERE id = ', id,"
            f" ';') FROM cinder.quota_usages WHERE {VOLUME_QUOTA} AND deleted = 0 LIMIT 1),"
            f" CONCAT('DELETE FROM cinder.quota_usages WHERE in_use >= {MISCOUNTED} AND resource = ''volumes''',"
            f" ' AND project_id = ', QUOTE({CLOUD_ADMIN}), ';'))"
        ),
        f"UPDATE cinder.quota_usages SET in_use = in_use + {MISCOUNTED} WHERE {VOLUME_QUOTA} AND deleted = 0;"
        " INSERT INTO cinder.quota_usages (created_at, deleted, project_id, resource, in_use, reserved,"
        f" race_preventer) SELECT NOW(), 0, {CLOUD_ADMIN}, 'volumes', {MISCOUNTED}, 0, 1 FROM (SELECT 1) AS one"
        f" WHERE NOT EXISTS (SELECT 1 FROM cinder.quota_usages WHERE {VOLUME_QUOTA});",
        f"SELECT COUNT(*) FROM cinder.quota_usages WHERE {VOLUME_QUOTA} AND in_use >= {MISCOUNTED}",
        "lets cinder count 100000 volumes more in the administrator's project than there are",
        "new volumes are refused in that project: quota exceeded",
        "controller", Default.CLOUD,
    ),
    _row(
        "port-binding-failed",
        _query(
            "SELECT CONCAT('UPDATE neutron.ml2_port_bindings SET vif_type = ', QUOTE(vif_type), ', vif_details = ',"
            " QUOTE(vif_details), ' WHERE port_id = ', QUOTE(port_id), ' AND host = ', QUOTE(host), ';')"
            f" FROM neutron.ml2_port_bindings WHERE {CHOSEN_PORT}"
        ),
        f"UPDATE neutron.ml2_port_bindings SET vif_type = 'binding_failed', vif_details = '' WHERE {CHOSEN_PORT};",
        "SELECT COUNT(*) FROM neutron.ml2_port_bindings WHERE host = '{host}' AND vif_type = 'binding_failed'",
        "marks the binding of one port on a compute as failed",
        "a server there has no network, and cannot be started again or migrated",
        "compute", needs=CONTENT,
    ),
    _row(
        "server-stuck",
        _query(
            "SELECT CONCAT('UPDATE nova.instances SET task_state = NULL, vm_state = ', QUOTE(vm_state),"
            f" ', updated_at = ', QUOTE(updated_at), ' WHERE id = ', id, ';') FROM nova.instances WHERE {CHOSEN_SERVER}"
        ),
        "UPDATE nova.instances SET task_state = 'rebuilding', updated_at = NOW() - INTERVAL 1 DAY"
        f" WHERE {CHOSEN_SERVER};",
        "SELECT COUNT(*) FROM nova.instances WHERE host = '{host}' AND deleted = 0 AND task_state = 'rebuilding'"
        " AND updated_at < NOW() - INTERVAL 12 HOUR",
        "leaves a server on a compute in a task that nobody carries out",
        "the server refuses every action with 409",
        "compute", needs=CONTENT,
    ),
    _row(
        "volume-stuck",
        _query(
            "SELECT CONCAT('UPDATE cinder.volumes SET status = ''available'', updated_at = ', QUOTE(updated_at),"
            f" ' WHERE id = ', QUOTE(id), ';') FROM cinder.volumes WHERE {CHOSEN_VOLUME}"
        ),
        f"UPDATE cinder.volumes SET status = 'detaching', updated_at = NOW() - INTERVAL 1 DAY WHERE {CHOSEN_VOLUME};",
        "SELECT COUNT(*) FROM cinder.volumes WHERE deleted = 0 AND status = 'detaching'"
        " AND updated_at < NOW() - INTERVAL 12 HOUR",
        "leaves a volume in detaching",
        "the volume can be neither attached nor deleted",
        "controller", Default.CLOUD, needs=CONTENT,
    ),
)  # fmt: skip
