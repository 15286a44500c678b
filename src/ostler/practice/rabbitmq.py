"""RabbitMQ on the controllers: a cluster of all of them, meant for quorum queues (`rabbit_quorum_queue = true`)."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from ostler.errors import OutsideError
from ostler.practice.layout import Host, Layout
from ostler.practice.reach import PracticeReach

USER = "openstack"
PORT = 5672
COOKIE = "/var/lib/rabbitmq/.erlang.cookie"
START_TIMEOUT_S = 300


def config(layout: Layout, host: Host) -> str:
    """rabbitmq.conf of a node; it holds the services' password."""
    password = layout.passwords.get("rabbitmq").reveal()
    nodes = "".join(
        f"cluster_formation.classic_config.nodes.{number} = rabbit@{controller.name}\n"
        for number, controller in enumerate(layout.controller_hosts, start=1)
    )
    return (
        f"listeners.tcp.1 = {host.address}:{PORT}\n"
        "cluster_formation.peer_discovery_backend = classic_config\n"
        f"{nodes}"
        "cluster_partition_handling = pause_minority\n"
        "net_ticktime = 15\n"
        "vm_memory_high_watermark.absolute = 400MB\n"
        "disk_free_limit.absolute = 100MB\n"
        f"default_user = {USER}\n"
        f"default_pass = {password}\n"
    )


def environment(host: Host) -> str:
    """rabbitmq-env.conf: the node's name, and an Erlang that does not burn the processor while it waits."""
    tuning = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
    return f"NODENAME=rabbit@{host.name}\nSERVER_ADDITIONAL_ERL_ARGS={shlex.quote(tuning)}\n"


def ensure_running(layout: Layout, reach: PracticeReach) -> None:
    """Start every node and make one cluster of them. Raises OutsideError when they stay apart."""
    hosts = layout.controller_hosts
    # First of all epmd's socket: whoever calls rabbitmqctl before it listens starts an epmd of its own.
    reach.run_all(hosts, ["systemctl", "enable", "--quiet", "--now", "epmd.socket"])
    if not _missing(reach, hosts):
        return
    enable = ["systemctl", "enable", "--quiet", "--now", "rabbitmq-server.service"]
    reach.run_all(hosts, enable, timeout_s=START_TIMEOUT_S)
    missing = _missing(reach, hosts)
    for host in missing:
        _join(reach, host, hosts[0])
    if missing and (missing := _missing(reach, hosts)):
        raise OutsideError(
            "practice.rabbitmq-apart",
            "the message queue cluster did not come together",
            found=f"missing: {', '.join(host.name for host in missing)}",
            do_next="read `journalctl -u rabbitmq-server` on the controllers",
        )


def _missing(reach: PracticeReach, hosts: Sequence[Host]) -> list[Host]:
    """The hosts whose nodes do not run in the first one's cluster."""
    running = running_nodes(reach, hosts[0])
    return [host for host in hosts if host.name not in running]


def running_nodes(reach: PracticeReach, host: Host) -> set[str]:
    """The host names of the nodes that run in this one's cluster; empty when it does not answer."""
    shown = reach.run(host, ["rabbitmqctl", "--quiet", "cluster_status", "--formatter=json"], check=False)
    if shown.exit_code != 0:
        return set()
    nodes: list[str] = json.loads(shown.stdout)["running_nodes"]
    return {node.partition("@")[2] for node in nodes}


def _join(reach: PracticeReach, host: Host, first: Host) -> None:
    for words in (["stop_app"], ["reset"], ["join_cluster", f"rabbit@{first.name}"], ["start_app"]):
        reach.run(host, ["rabbitmqctl", "--quiet", *words])
