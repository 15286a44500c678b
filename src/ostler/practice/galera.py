"""MariaDB Galera on the controllers: its configuration, and getting the cluster to run from any state.

Every node serves its own address only; OpenStack uses the VIP, where HAProxy has one active node.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

from ostler.errors import OutsideError
from ostler.practice.layout import DATABASE_PORT, Host, Layout
from ostler.practice.reach import PracticeReach

CONFIG_PATH = "/etc/mysql/mariadb.conf.d/99-ostler.cnf"
GRASTATE = "/var/lib/mysql/grastate.dat"
CHECK_PROGRAM = "/usr/local/sbin/galera_check.py"
CHECK_UNIT = "galera-check.service"
CHECK_PORT = 9200
JOIN_TIMEOUT_S = 180
NO_POSITION = -1


def config(layout: Layout, host: Host) -> str:
    """The node's MariaDB configuration."""
    # A cluster of one has nobody to join, and starts itself after every stop.
    is_alone = len(layout.controller_hosts) == 1
    members = "" if is_alone else ",".join(controller.address for controller in layout.controller_hosts)
    # rsync blocks its donor for some seconds, so the node HAProxy uses first (ctl1) gives last. mariabackup would
    # not block, but waits 10 s before each transfer.
    donors = ",".join(other.name for other in reversed(layout.controller_hosts) if other.name != host.name) + ","
    return f"""[mysqld]
bind_address = {host.address}
port = {DATABASE_PORT}
skip_name_resolve = ON
max_connections = 1000
max_connect_errors = 1000000
character_set_server = utf8mb4
collation_server = utf8mb4_general_ci
default_storage_engine = InnoDB
binlog_format = ROW
innodb_autoinc_lock_mode = 2
innodb_buffer_pool_size = 128M
innodb_log_file_size = 96M
innodb_flush_log_at_trx_commit = 2
performance_schema = OFF

[galera]
wsrep_on = ON
wsrep_provider = /usr/lib/galera/libgalera_smm.so
wsrep_cluster_name = {layout.cluster_name}
wsrep_cluster_address = gcomm://{members}
wsrep_node_name = {host.name}
wsrep_node_address = {host.address}
wsrep_slave_threads = 2
wsrep_sst_method = rsync
wsrep_sst_donor = {donors}
wsrep_provider_options = "gcache.size=64M; evs.suspect_timeout=PT5S; evs.inactive_timeout=PT10S"
"""


def ensure_running(layout: Layout, reach: PracticeReach) -> None:
    """Bring the cluster up with every controller in it, whatever ran before. Raises OutsideError when it stays apart.

    A running primary component is joined. Where none runs, the node with the newest data starts the cluster.
    """
    hosts = layout.controller_hosts
    if not any(reach.each(hosts, lambda host: is_synced(reach, host)).values()):
        _demand_no_silent_node(hosts, reach)
        _bootstrap(hosts, reach)
    enable = ["systemctl", "enable", "--quiet", "--now", "mariadb.service"]
    reach.run_all(hosts, enable, timeout_s=JOIN_TIMEOUT_S)
    deadline = time.monotonic() + JOIN_TIMEOUT_S
    while (size := cluster_size(reach, hosts[0])) != len(hosts):
        if time.monotonic() > deadline:
            raise OutsideError(
                "practice.galera-apart",
                "the database cluster did not come together",
                found=f"{size} nodes",
                expected=f"{len(hosts)} nodes",
                do_next="read `journalctl -u mariadb` on the controllers",
            )
        time.sleep(0.5)


def check_unit(host: Host) -> str:
    """The unit of the small service that HAProxy asks whether the node here can be used."""
    return (
        "[Unit]\nDescription=Galera check for HAProxy\nAfter=mariadb.service network-online.target\n\n"
        f"[Service]\nExecStart=/usr/bin/python3 {CHECK_PROGRAM} {host.address} {CHECK_PORT}\n"
        "Restart=always\nRestartSec=1\n\n"
        "[Install]\nWantedBy=multi-user.target\n"
    )


def check_program() -> str:
    """The text of that service."""
    return Path(__file__).with_name("galera_check.py").read_text()


def status(reach: PracticeReach, host: Host) -> dict[str, str]:
    """What a node says of itself (`wsrep_…` by name); empty where MariaDB does not answer."""
    argv = ["mariadb", "--connect-timeout=5", "--batch", "--skip-column-names", "-e", "SHOW STATUS LIKE 'wsrep_%'"]
    shown = reach.run(host, argv, timeout_s=20, check=False)
    pairs = (line.split("\t", 1) for line in shown.stdout.splitlines() if "\t" in line)
    return dict(pairs) if shown.exit_code == 0 else {}


def is_synced(reach: PracticeReach, host: Host) -> bool:
    """Whether a node is part of the primary component and up to date."""
    said = status(reach, host)
    return (said.get("wsrep_cluster_status"), said.get("wsrep_local_state_comment")) == ("Primary", "Synced")


def cluster_size(reach: PracticeReach, host: Host) -> int:
    """How many nodes are in the primary component as this one sees it; 0 where it is in none."""
    said = status(reach, host)
    return int(said["wsrep_cluster_size"]) if said.get("wsrep_cluster_status") == "Primary" else 0


def recovered_position(text: str) -> int:
    """The sequence number in what `mariadbd --wsrep-recover` logs; -1 when there is none."""
    found = re.findall(r"Recovered position:\s*[0-9a-f-]{36}:(-?\d+)", text)
    return int(found[-1]) if found else NO_POSITION


def _demand_no_silent_node(hosts: Sequence[Host], reach: PracticeReach) -> None:
    """A node that systemd calls active says how it is. Raises OutsideError: killing it might lose a whole cluster."""
    argv = ["systemctl", "is-active", "mariadb.service"]
    words = reach.run_all(hosts, argv, check=False)
    silent = [h.name for h in hosts if words[h.name].stdout.strip() == "active" and not status(reach, h)]
    if silent:
        raise OutsideError(
            "practice.galera-silent",
            f"MariaDB runs on {', '.join(silent)} but does not answer",
            do_next="try again; if it stays, read `journalctl -u mariadb` there and restart it",
        )


def _bootstrap(hosts: Sequence[Host], reach: PracticeReach) -> None:
    # A node that waits for a cluster does not hear SIGTERM. It serves nobody, so it can be killed.
    reach.run_all(hosts, ["systemctl", "kill", "--signal=SIGKILL", "mariadb.service"], check=False)
    reach.run_all(hosts, ["systemctl", "stop", "mariadb.service"], timeout_s=JOIN_TIMEOUT_S)
    positions = reach.each(hosts, lambda host: _position(reach, host))
    newest = max(hosts, key=lambda host: positions[host.name])  # the first one among equals
    if positions[newest.name] != NO_POSITION:
        sed = ["sed", "-i", "s/^safe_to_bootstrap:.*/safe_to_bootstrap: 1/", GRASTATE]
        reach.run(newest, sed, check=False)
    reach.run(newest, ["galera_new_cluster"], timeout_s=JOIN_TIMEOUT_S)


def _position(reach: PracticeReach, host: Host) -> int:
    """How new a stopped node's data are; -1 on a node that never was in a cluster."""
    if reach.run(host, ["test", "-e", GRASTATE], check=False).exit_code != 0:
        return NO_POSITION
    recover = ["mariadbd", "--user=mysql", "--wsrep-recover", "--log-error=/dev/stderr"]
    said = reach.run(host, recover, timeout_s=JOIN_TIMEOUT_S, check=False)
    return recovered_position(said.stderr + said.stdout)
