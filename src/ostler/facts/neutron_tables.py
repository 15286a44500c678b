"""`neutron.tables`: rows of neutron's tables that are wrong, or show what is; see `table_rows` for the value's form.

`agents`: id, type, binary, host, enabled (0 or 1), age_s since the last report.
`unbound`: ports of servers whose binding failed: port, host, server.
`down`: ports that are down although their server runs, for longer than SETTLED_S: port, host, server.
`leaked`: ports of servers that do not exist, older than LEFT_AFTER_S: port, host, server.
`elsewhere`: ports bound to another host than their server's, which is in no task: port, host, server, server_host.
`without_dhcp`: networks with a subnet that wants DHCP and no agent for it, where there are agents for that: network,
name.
Servers are only looked for where nova has one cell.
"""

from __future__ import annotations

from ostler.facts.table_rows import ONE_CELL, Kind, table_fact

SETTLED_S = 300
LEFT_AFTER_S = 900
TOUCHED = "COALESCE(a.updated_at, a.created_at)"
PORTS_OF_SERVERS = """FROM neutron.ports AS p JOIN neutron.ml2_port_bindings AS b ON b.port_id = p.id
 JOIN neutron.standardattributes AS a ON a.id = p.standard_attr_id"""

KINDS = {
    "agents": Kind(
        ("id", "type", "binary", "host", "enabled", "age_s"),
        """SELECT id, agent_type AS type, `binary`, host, admin_state_up AS enabled,
        TIMESTAMPDIFF(SECOND, heartbeat_timestamp, UTC_TIMESTAMP()) AS age_s FROM neutron.agents""",
    ),
    "unbound": Kind(
        ("port", "host", "server"),
        """SELECT p.id AS port, b.host AS host, p.device_id AS server FROM neutron.ports AS p
        JOIN neutron.ml2_port_bindings AS b ON b.port_id = p.id WHERE b.vif_type = 'binding_failed'""",
    ),
    "down": Kind(
        ("port", "host", "server"),
        f"""SELECT p.id AS port, b.host AS host, p.device_id AS server {PORTS_OF_SERVERS}
        JOIN nova.instances AS i ON i.uuid = p.device_id AND i.deleted = 0 AND i.host = b.host
        WHERE p.device_owner LIKE 'compute:%' AND p.status = 'DOWN' AND p.admin_state_up AND b.status = 'ACTIVE'
        AND b.vif_type NOT IN ('binding_failed', 'unbound') AND i.vm_state = 'active' AND i.power_state = 1
        AND i.task_state IS NULL AND {TOUCHED} < UTC_TIMESTAMP() - INTERVAL {SETTLED_S} SECOND""",
    ),
    "leaked": Kind(
        ("port", "host", "server"),
        f"""SELECT p.id AS port, b.host AS host, p.device_id AS server {PORTS_OF_SERVERS}
        WHERE {ONE_CELL} AND p.device_owner LIKE 'compute:%' AND p.device_id <> ''
        AND NOT EXISTS (SELECT 1 FROM nova.instances AS i WHERE i.uuid = p.device_id AND i.deleted = 0)
        AND NOT EXISTS (SELECT 1 FROM nova_cell0.instances AS z WHERE z.uuid = p.device_id AND z.deleted = 0)
        AND NOT EXISTS (SELECT 1 FROM nova_api.build_requests AS r WHERE r.instance_uuid = p.device_id)
        AND {TOUCHED} < UTC_TIMESTAMP() - INTERVAL {LEFT_AFTER_S} SECOND""",
    ),
    "elsewhere": Kind(
        ("port", "host", "server", "server_host"),
        f"""SELECT p.id AS port, b.host AS host, p.device_id AS server, i.host AS server_host {PORTS_OF_SERVERS}
        JOIN nova.instances AS i ON i.uuid = p.device_id AND i.deleted = 0
        WHERE p.device_owner LIKE 'compute:%' AND b.status = 'ACTIVE' AND b.host <> '' AND i.host <> b.host
        AND i.task_state IS NULL AND i.vm_state NOT IN ('resized', 'shelved_offloaded')
        AND {TOUCHED} < UTC_TIMESTAMP() - INTERVAL {SETTLED_S} SECOND""",
    ),
    "without_dhcp": Kind(
        ("network", "name"),
        """SELECT DISTINCT n.id AS network, n.name AS name FROM neutron.networks AS n
        JOIN neutron.subnets AS s ON s.network_id = n.id AND s.enable_dhcp
        JOIN neutron.ports AS p ON p.network_id = n.id AND p.device_owner LIKE 'compute:%'
        LEFT JOIN neutron.networkdhcpagentbindings AS b ON b.network_id = n.id
        WHERE b.network_id IS NULL AND EXISTS (SELECT 1 FROM neutron.agents WHERE agent_type = 'DHCP agent')""",
    ),
}

FACT = table_fact("neutron.tables", KINDS)
