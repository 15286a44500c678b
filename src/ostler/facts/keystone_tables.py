"""`keystone.tables`: rows of keystone's tables that are wrong, or show what is; see `table_rows` for the value's form.

`service_users`: users called as the catalog's projects are, with a role in a project: name, enabled (0 or 1), roles
(names, joined by commas).
`services`: what the catalog in keystone lists: type, name, enabled (0 or 1), endpoints (how many are enabled and
public).
`twice`: several enabled endpoints of one service, interface and region: type, interface, region, count.
`shut_projects`: projects that are disabled and in which a service user has a role: name.
`shut_domains`: domains that are disabled and hold a service user: name.
`assignments`: roles of users and groups that do not exist: actor, project, count. Users from outside (LDAP,
federation) are known by their mapping.
"""

from __future__ import annotations

from ostler.catalog import load_catalog
from ostler.facts.sql import identifier
from ostler.facts.table_rows import Kind, table_fact


def _names() -> str:
    names = [name for name in load_catalog().project_names if name != "keystone"]
    return ", ".join(f"'{identifier(name)}'" for name in names)


OF_USERS = """FROM keystone.local_user AS l JOIN keystone.user AS u ON u.id = l.user_id
 JOIN keystone.assignment AS a ON a.actor_id = u.id AND a.type = 'UserProject'"""

KINDS = {
    "service_users": Kind(
        ("name", "enabled", "roles"),
        f"""SELECT l.name AS name, COALESCE(u.enabled, 1) AS enabled,
        COALESCE(GROUP_CONCAT(DISTINCT r.name SEPARATOR ','), '') AS roles {OF_USERS}
        JOIN keystone.role AS r ON r.id = a.role_id WHERE l.name IN ({_names()}) GROUP BY u.id""",
    ),
    "services": Kind(
        ("type", "name", "enabled", "endpoints"),
        """SELECT s.type AS type, COALESCE(JSON_VALUE(s.extra, '$.name'), '') AS name, s.enabled AS enabled,
        (SELECT COUNT(*) FROM keystone.endpoint AS e WHERE e.service_id = s.id AND e.enabled
         AND e.interface = 'public') AS endpoints FROM keystone.service AS s""",
    ),
    "twice": Kind(
        ("type", "interface", "region", "count"),
        """SELECT s.type AS type, e.interface AS interface, COALESCE(e.region_id, '') AS region, COUNT(*) AS `count`
        FROM keystone.endpoint AS e JOIN keystone.service AS s ON s.id = e.service_id
        WHERE e.enabled AND s.enabled GROUP BY e.service_id, e.interface, e.region_id HAVING COUNT(*) > 1""",
    ),
    "shut_projects": Kind(
        ("name",),
        f"""SELECT DISTINCT p.name AS name {OF_USERS} JOIN keystone.project AS p ON p.id = a.target_id
        WHERE l.name IN ({_names()}) AND p.enabled = 0""",
    ),
    "shut_domains": Kind(
        ("name",),
        f"""SELECT DISTINCT p.name AS name {OF_USERS} JOIN keystone.project AS p ON p.id = u.domain_id
        WHERE l.name IN ({_names()}) AND p.enabled = 0""",
    ),
    "assignments": Kind(
        ("actor", "project", "count"),
        """SELECT a.actor_id AS actor, MAX(a.target_id) AS project, COUNT(*) AS `count` FROM keystone.assignment AS a
        LEFT JOIN keystone.user AS u ON u.id = a.actor_id LEFT JOIN keystone.`group` AS g ON g.id = a.actor_id
        LEFT JOIN keystone.id_mapping AS m ON m.public_id = a.actor_id
        WHERE u.id IS NULL AND g.id IS NULL AND m.public_id IS NULL GROUP BY a.actor_id""",
    ),
}

FACT = table_fact("keystone.tables", KINDS)
