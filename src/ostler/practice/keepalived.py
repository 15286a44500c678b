"""keepalived on the controllers: the VIP is on one that runs HAProxy, and moves within about two seconds."""

from __future__ import annotations

from ostler.practice.layout import Host, Layout

CONFIG_PATH = "/etc/keepalived/keepalived.conf"
ROUTER_ID = 77
ADVERTISE_EVERY_S = 0.5
HIGHEST_PRIORITY, PRIORITY_STEP = 150, 10


def config(layout: Layout, host: Host) -> str:
    """keepalived.conf of a controller. The one that holds the VIP keeps it when a stronger one comes back."""
    peers = "".join(f"    {other.address}\n" for other in layout.controller_hosts if other.name != host.name)
    unicast = f"  unicast_src_ip {host.address}\n  unicast_peer {{\n{peers}  }}\n" if peers else ""
    priority = HIGHEST_PRIORITY - PRIORITY_STEP * layout.controller_hosts.index(host)
    return (
        "global_defs {\n"
        f"  router_id {host.name}\n"
        "  vrrp_version 3\n"
        "  vrrp_priority -20\n"
        "  enable_script_security\n"
        "  script_user root\n"
        "}\n\n"
        "vrrp_script haproxy_runs {\n"
        '  script "/usr/bin/pgrep -x haproxy"\n'
        "  interval 1\n"
        "  fall 2\n"
        "  rise 2\n"
        "}\n\n"
        "vrrp_instance vip {\n"
        "  state BACKUP\n"
        "  nopreempt\n"
        "  interface host0\n"
        f"  virtual_router_id {ROUTER_ID}\n"
        f"  priority {priority}\n"
        f"  advert_int {ADVERTISE_EVERY_S}\n"
        f"{unicast}"
        f"  virtual_ipaddress {{\n    {layout.vip}/{layout.prefix_length} dev host0\n  }}\n"
        "  track_script {\n    haproxy_runs\n  }\n"
        "}\n"
    )
