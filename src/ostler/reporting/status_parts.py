"""Judges what services stand on, from a snapshot: databases, brokers, load balancers, the virtual address, memcached,
and the records of hypervisors, network agents and volume services."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ostler.errors import Finding, Severity
from ostler.facts.haproxy_held import HOLD_MAP
from ostler.facts.model import JsonValue, Snapshot, Unknown
from ostler.reporting.status_model import Part

Judgement = tuple[Part, list[Finding]]
Seen = Mapping[str, JsonValue | Unknown]


def judge_parts(snapshot: Snapshot) -> Iterator[Judgement]:
    """Yield each part the cloud file tells of, with what is wrong with it."""
    cloud = snapshot.cloud
    if cloud.databases.hosts:
        yield _databases(_at(snapshot, "galera.node", cloud.databases.hosts), cloud.databases.is_galera)
    if cloud.messaging.hosts:
        yield _brokers(_at(snapshot, "rabbitmq.node", cloud.messaging.hosts))
    if cloud.load_balancer:
        balancers = cloud.load_balancer.hosts
        servers, held = _at(snapshot, "haproxy.servers", balancers), _at(snapshot, "haproxy.held", balancers)
        yield _balancers(servers, held, cloud.load_balancer.socket)
        yield _vip(_at(snapshot, "keepalived.vip", cloud.load_balancer.hosts), cloud.load_balancer.vip)
    controllers = [host.name for host in cloud.hosts_with("controller")]
    if controllers:
        yield _memcached(_at(snapshot, "memcached.node", controllers))
    if cloud.api:
        yield from _records(snapshot)


def _at(snapshot: Snapshot, fact: str, hosts: Sequence[str]) -> Seen:
    return {host: snapshot.get(fact, host) for host in hosts}


def _databases(seen: Seen, is_galera: bool) -> Judgement:
    known = _known(seen)
    findings = _silent_hosts(
        seen, "status.database-silent", "the database server does not answer", "look at `journalctl -u mariadb`"
    )
    if not is_galera:
        return Part("databases", f"{len(known)} of {len(seen)} answer{_versions(known)}", not findings, seen), findings
    wrong = {
        host: f"{node['state']}, {node['status']}, sees {node['size']} of {len(seen)} members"
        for host, node in known.items()
        if node["size"] != len(seen) or not _is_synced(node)
    }
    if wrong:
        do_next = "bring the missing member back before anything else"
        findings.append(_part_finding("status.galera-not-whole", "the Galera cluster is not whole", wrong, "", do_next))
    synced = [node for node in known.values() if _is_synced(node)]
    says = f"{len(synced)} of {len(seen)} members are synced{_versions(known)}"
    return Part("Galera", says, not findings and len(known) == len(seen), seen), findings


def _is_synced(node: Mapping[str, Any]) -> bool:
    return (node["state"], node["status"]) == ("Synced", "Primary")


@dataclass(frozen=True)
class _Check:
    """Something that may be wrong with a broker; `problem` says what, of one node and the hosts of all, or nothing."""

    code: str
    summary: str
    problem: Callable[[Any, Seen], str]


BROKER_CHECKS = (
    _Check("status.broker-apart", "brokers do not see all others", lambda node, seen: _missing(seen, node["running"])),
    _Check("status.broker-partition", "brokers are partitioned", lambda node, _: ", ".join(node["partitions"])),
    _Check(
        "status.broker-alarm",
        "brokers raise alarms and block who publishes",
        lambda node, _: "; ".join(node["alarms"]),
    ),
    _Check(
        "status.queue-without-leader",
        "quorum queues have no leader",
        lambda node, _: f"{node['queues_without_leader']} queues" if node["queues_without_leader"] else "",
    ),
)


def _brokers(seen: Seen) -> Judgement:
    known = _known(seen)
    look = "look at `journalctl -u rabbitmq-server`"
    findings = _silent_hosts(seen, "status.broker-silent", "the message broker does not answer", look)
    for check in BROKER_CHECKS:
        wrong = {host: said for host, node in known.items() if (said := check.problem(node, seen))}
        if wrong:
            do_next = "see `rabbitmq-diagnostics cluster_status`"
            findings.append(_part_finding(check.code, check.summary, wrong, "none", do_next))
    queues = max((node["queues"] for node in known.values()), default=0)
    says = f"{len(known)} of {len(seen)} brokers answer, {queues} quorum queues{_versions(known)}"
    return Part("RabbitMQ", says, not findings and len(known) == len(seen), seen), findings


def _missing(seen: Seen, running: Sequence[str]) -> str:
    missing = [host for host in seen if host not in running]
    return f"does not see {', '.join(missing)}" if missing else ""


def _balancers(seen: Seen, held: Seen, socket: str) -> Judgement:
    known = _known(seen)
    findings = _silent_hosts(
        seen, "status.balancer-silent", "the load balancer does not answer", "look at `journalctl -u haproxy`"
    )
    dead: dict[str, str] = {}
    for host, backends in known.items():
        none_up = [name for name, servers in backends.items() if not any(_serves(each) for each in servers.values())]
        if none_up:
            dead[host] = ", ".join(none_up)
    if dead:
        do_next = "start the services behind it; clients get 503 until one is up"
        findings.append(
            _part_finding("status.backend-without-server", "backends have no server", dead, "one up", do_next)
        )
    holding = {host: ", ".join(node["backends"]) for host, node in _known(held).items() if node["backends"]}
    if holding:
        let_go = f'echo "del map {HOLD_MAP} NAME" | socat - UNIX-CONNECT:{socket}'
        do_next = f"see `ostler runs`: a run holds them for some seconds; without one, on each host: {let_go}"
        findings.append(_part_finding("status.requests-held", "requests are held back", holding, "none", do_next))
    servers = [each for backends in known.values() for each in _values(backends) for each in each.values()]
    up = sum(1 for server in servers if _serves(server))
    says = f"{len(known)} of {len(seen)} answer, {up} of {len(servers)} servers are up in them"
    return Part("HAProxy", says, not findings and len(known) == len(seen), seen), findings


def _serves(server: Mapping[str, Any]) -> bool:
    return server["status"] in ("UP", "no check")


def _values(mapping: Mapping[str, Any]) -> list[Any]:
    return list(mapping.values())


def _vip(seen: Seen, address: str) -> Judgement:
    known = _known(seen)
    holders = [host for host, node in known.items() if node["holds"]]
    findings = []
    if len(holders) > 1 or (not holders and len(known) == len(seen)):
        says = f"{len(holders)} hosts hold the virtual address {address}" if holders else f"no host holds {address}"
        wrong = dict.fromkeys(holders, "holds it") or dict.fromkeys(known, "does not hold it")
        do_next = "look at `journalctl -u keepalived`, and at whether the hosts hear each other"
        findings.append(_part_finding("status.vip-holders", says, wrong, "exactly one", do_next))
    where = ", ".join(holders) if holders else "no host that could be asked"
    return Part("virtual IP", f"{address} is on {where}", not findings and bool(holders), seen), findings


def _memcached(seen: Seen) -> Judgement:
    known = _known(seen)
    findings = []
    down = {host: "does not answer" for host, node in known.items() if not node["up"]}
    if down:
        do_next = "start memcached: tokens are validated without cache meanwhile, which is slow"
        findings.append(
            _part_finding("status.memcached-down", "memcached is down", down, "up", do_next, severity=Severity.WARNING)
        )
    up = {host: node for host, node in known.items() if node["up"]}
    says = f"{len(up)} of {len(seen)} answer{_versions(up)}"
    return Part("memcached", says, len(up) == len(seen), seen), findings


def _records(snapshot: Snapshot) -> Iterator[Judgement]:
    """Judge what the APIs say of hypervisors, agents and volume services; disabled ones may be down."""
    yield _record_part(
        "hypervisors",
        snapshot.get("api.hypervisors"),
        lambda hypervisor: bool(hypervisor["state"] == "up"),
        code="status.hypervisor-down",
        summary="hypervisors are down",
        do_next="see `ostler status --host` of each: its nova-compute does not report",
    )
    yield _record_part(
        "network agents",
        snapshot.get("api.network_agents"),
        lambda agent: bool(agent["alive"] or not agent["admin_up"]),
        code="status.network-agent-dead",
        summary="network agents do not report",
        do_next="start the agent on its host, or delete its record",
    )
    yield _record_part(
        "volume services",
        snapshot.get("api.volume_services"),
        lambda service: bool(service["state"] == "up" or service["status"] == "disabled"),
        code="status.volume-service-down",
        summary="volume services do not report",
        do_next="start the service on its host, or remove its record with `cinder-manage service remove`",
    )


def _record_part(
    name: str,
    seen: JsonValue | Unknown,
    is_fine: Callable[[Any], bool],
    *,
    code: str,
    summary: str,
    do_next: str,
) -> Judgement:
    if isinstance(seen, Unknown):
        return Part(name, f"not known: {seen.reason}", False), []
    wrong = {record: "down" for record, value in seen.items() if not is_fine(value)}
    findings = [_part_finding(code, summary, wrong, "up", do_next)] if wrong else []
    return Part(name, f"{len(seen) - len(wrong)} of {len(seen)} are up", not wrong, seen), findings


def _known(seen: Seen) -> dict[str, Any]:
    return {host: node for host, node in seen.items() if not isinstance(node, Unknown)}


def _silent_hosts(seen: Seen, code: str, summary: str, do_next: str) -> list[Finding]:
    """Return a finding about the hosts that answered, but not for this; unreachable ones are told of elsewhere."""
    silent = {host: node.reason for host, node in seen.items() if isinstance(node, Unknown) and not node.code}
    return [_part_finding(code, summary, silent, "an answer", do_next)] if silent else []


def _versions(known: Mapping[str, Any]) -> str:
    versions = sorted({str(node["version"]) for node in known.values() if node["version"]})
    return f", {' and '.join(versions)}" if versions else ""


def _part_finding(
    code: str, summary: str, wrong: Mapping[str, str], expected: str, do_next: str, *,
    severity: Severity = Severity.FAILURE,
) -> Finding:  # fmt: skip
    """Return one finding about several hosts or records, each with what was seen there."""
    said = sorted(set(wrong.values()))
    return Finding(
        code=code,
        severity=severity,
        subject=", ".join(wrong),
        summary=summary,
        found="; ".join(said),
        expected=expected,
        do_next=do_next,
        evidence=tuple(f"{where}: {what}" for where, what in wrong.items()),
    )
