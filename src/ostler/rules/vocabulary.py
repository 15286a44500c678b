"""The closed vocabulary of rules: groups of hosts, comparisons, and functions that work out a value.

A rule can say nothing that is not in these three tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median_low
from typing import Any

from ostler.catalog import Catalog
from ostler.cloud.model import Cloud, Role
from ostler.errors import InputError
from ostler.facts.model import Snapshot
from ostler.facts.predicate import OPERATIONS as PREDICATE_OPERATIONS
from ostler.facts.service_units import expected_services
from ostler.rules import peers


@dataclass(frozen=True)
class Context:
    """What rules are judged over; ``target`` is the release an upgrade goes to, None when none is asked for."""

    snapshot: Snapshot
    catalog: Catalog
    target: str | None

    @property
    def cloud(self) -> Cloud:
        return self.snapshot.cloud


GROUPS: Mapping[str, Callable[[Cloud], Sequence[str]]] = {
    "all": lambda cloud: tuple(cloud.hosts),
    "controllers": lambda cloud: _names(cloud, "controller"),
    "computes": lambda cloud: _names(cloud, "compute"),
    "databases": lambda cloud: cloud.databases.hosts,
    "messaging": lambda cloud: cloud.messaging.hosts,
    "load_balancers": lambda cloud: cloud.load_balancer.hosts if cloud.load_balancer else (),
}
"""Groups of hosts a rule can go over or gather a fact from."""


def _names(cloud: Cloud, role: Role) -> tuple[str, ...]:
    return tuple(host.name for host in cloud.hosts_with(role))


FEATURES: Mapping[str, Callable[[Cloud], bool]] = {
    "galera": lambda cloud: cloud.databases.is_galera,
    "databases": lambda cloud: bool(cloud.databases.hosts),
    "rabbitmq": lambda cloud: bool(cloud.messaging.hosts),
    "haproxy": lambda cloud: cloud.load_balancer is not None,
    "api": lambda cloud: cloud.api is not None,
    "venv": lambda cloud: cloud.deployment == "venv",
}
"""What only some clouds have; a rule that needs it does not apply to the others."""


def _same_items(found: Any, wanted: Any) -> bool:
    return sorted(found) == sorted(wanted)


def _only(found: Any, wanted: Any) -> bool:
    return all(item in wanted for item in found)


OPERATIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    **{name: test for name, (_, test) in PREDICATE_OPERATIONS.items() if name != "absent"},
    "same_items": _same_items,
    "only": _only,
}
"""Comparisons: those of predicates, ``same_items`` (in any order) and ``only`` (nothing but these items).
``absent`` is known to the engine itself: it alone may look where there is nothing."""


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else list(value)


def _flat(value: Any) -> list[Any]:
    """The plain values in lists and mappings within each other."""
    if isinstance(value, (Mapping, list, tuple)):
        return [plain for item in _items(value) for plain in _flat(item)]
    return [value]


def release_of_environment(catalog: Catalog, path: str) -> str | None:
    """Return the release of the environment at a path such as /opt/openstack/venvs/nova-29.4.0; None when the
    catalog knows none."""
    project, _, version = path.rpartition("/")[2].rpartition("-")
    try:
        return catalog.project(project).release_of(version)
    except InputError:
        return None


def _releases(context: Context, value: Any, _: Any) -> list[str]:
    found = {release_of_environment(context.catalog, path) or f"unknown ({path})" for path in _flat(value) if path}
    return sorted(found)


def _who_runs_what(context: Context, value: Any, _: Any) -> list[str]:
    """One line per release and service from ``host.processes`` gathered over hosts."""
    hosts: dict[tuple[str, str], list[str]] = {}
    for host, services in value.items():
        for service, process in services.items():
            for path in process["environments"]:
                release = release_of_environment(context.catalog, path) or path
                hosts.setdefault((release, service), []).append(host)
    return [f"{release}: {service} on {', '.join(on)}" for (release, service), on in sorted(hosts.items())]


def _environments_by_service(_: Context, value: Any, __: Any) -> dict[str, list[str]]:
    """From ``host.processes`` gathered over hosts: the environments of each service, each once."""
    found: dict[str, set[str]] = {}
    for services in value.values():
        for service, process in services.items():
            found.setdefault(service, set()).update(process["environments"])
    return {service: sorted(environments) for service, environments in sorted(found.items())}


def cloud_host(cloud: Cloud, record: str) -> str | None:
    """Return the cloud file's name of the host in a service record's name (``cinder-volume@ctl1.example.org@lvm``) or
    of a bare host name, with or without its domain; None when the cloud file has no such host."""
    name = record.partition("@")[2] if "@" in record else record
    host = name.partition("@")[0].partition("#")[0]
    names = (cloud.host_of_services(name) for name in (host, host.partition(".")[0]))
    return next((name for name in names if name is not None), None)


def _cloud_hosts_of(context: Context, value: Any, binary: Any) -> frozenset[str]:
    """The cloud's hosts for which there is a record of a binary that is not deleted."""
    names = [key for key, record in value.items() if key.startswith(f"{binary}@") and not record["deleted"]]
    return frozenset(host for host in (cloud_host(context.cloud, name) for name in names) if host)


def _projects_on(context: Context, value: Any, _: Any) -> list[str]:
    """The projects that have a service on a host in the release an upgrade goes to."""
    services = expected_services(context.cloud, value, context.target)
    return sorted({project for project, _ in services})


def _clock_offsets(context: Context, value: Any, _: Any) -> dict[str, tuple[float, float]]:
    """From ``host.clock`` gathered over hosts: between how many seconds and how many each host's clock is ahead of
    this machine's. Raises KeyError for a host of which it is not known when its clock was read."""
    read = context.snapshot.clock_read
    return {host: (clock["epoch"] - read[host][1], clock["epoch"] - read[host][0]) for host, clock in value.items()}


def _apart_s(_: Context, offsets: Any, __: Any) -> float:
    """Seconds that two of the clocks are certainly apart, however long the way to the hosts was."""
    latest_low = max((low for low, _ in offsets.values()), default=0.0)
    earliest_high = min((high for _, high in offsets.values()), default=0.0)
    return max(0.0, latest_low - earliest_high)


def _odd_clock(_: Context, offsets: Any, __: Any) -> str:
    """The host whose clock is farthest from the one in the middle; of two hosts nobody can tell, and it is the later
    by name."""
    middles: dict[str, float] = {host: (low + high) / 2 for host, (low, high) in offsets.items()}
    usual = median_low(middles.values())
    return max(middles, key=lambda host: (abs(middles[host] - usual), host))


def _clock_lines(_: Context, offsets: Any, __: Any) -> list[str]:
    return [f"{host}: {low:+.1f} to {high:+.1f} s" for host, (low, high) in sorted(offsets.items())]


def _age_s(context: Context, value: Any, _: Any) -> int:
    """Whole seconds from a time, in seconds since the epoch or in ISO 8601 (UTC when it names no zone), to when the
    snapshot was taken."""
    if isinstance(value, str):
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return int(context.snapshot.taken_at - value)


def _within(_: Context, value: Any, others: Any) -> list[Any]:
    return [item for item in value if item in others]


def _keys_where(_: Context, value: Any, word: Any) -> list[str]:
    return sorted(key for key, item in value.items() if item == word)


def _keys_where_any(_: Context, value: Any, word: Any) -> list[str]:
    """The keys that have a value in at least one of several mappings."""
    return sorted({key for items in value.values() for key, item in items.items() if item == word})


def _beyond(_: Context, value: Any, limit: Any) -> dict[str, Any]:
    """Those of named numbers that are farther from zero than a limit."""
    return {key: number for key, number in sorted(value.items()) if abs(number) > limit}


def _names_missing(_: Context, value: Any, everywhere: Any) -> list[str]:
    """From `host.names` of one host and of several: the names only others of them know an address for."""
    known = {name for told in everywhere.values() for name, addresses in told["names"].items() if addresses}
    return sorted(name for name, addresses in value.items() if not addresses and name in known)


def _names_astray(_: Context, value: Any, everywhere: Any) -> list[str]:
    """From `host.names` of one host and of several: the names that have other addresses than most others give them."""
    astray = []
    for name, addresses in value.items():
        given = [each for told in everywhere.values() for each in told["names"].get(name, ())]
        usual = max(sorted(set(given)), key=given.count, default=None)
        if addresses and usual not in addresses and given.count(usual) > len(everywhere) / 2:
            astray.append(f"{name}: {', '.join(addresses)} and not {usual}")
    return sorted(astray)


def _odd_one(_: Context, value: Any, __: Any) -> str:
    """Of named values the name of the first one that has the rarest."""
    given: dict[str, Any] = {name: item for name, item in value.items() if item is not None}
    return min(given, key=lambda name: [*given.values()].count(given[name]))


def _router_ids(context: Context, value: Any, _: Any) -> list[int]:
    """From `keepalived.config` gathered over hosts: the router ids under which the cloud's virtual address is kept."""
    vip = context.cloud.load_balancer.vip if context.cloud.load_balancer else None
    instances = [instance for told in value.values() for instance in told["instances"].values()]
    return sorted({i["router_id"] for i in instances if vip in i["addresses"] and i["router_id"] is not None})


def _one_that_answers(_: Context, value: Any, __: Any) -> Any:
    """Of a fact gathered over hosts that all ask the same cluster: what the first host tells that got an answer, or the
    first of all when none did."""
    return next((told for told in value.values() if told["answer"] == "answers"), next(iter(value.values())))


def _leaders(_: Context, value: Any, __: Any) -> dict[str, list[str]]:
    """From what the servers of clustered databases tell: for each database all that they take for its leader. One that
    is cut off knows none, and the others do."""
    found: dict[str, set[str]] = {}
    for told in value.values():
        for name, database in told["databases"].items():
            if database["leader"]:
                found.setdefault(name, set()).add(database["leader"])
    return {name: sorted(leaders) for name, leaders in found.items()}


def _hosts_by_value(_: Context, value: Any, __: Any) -> dict[str, dict[str, list[str]]]:
    """From mappings gathered over hosts: for each of their keys, the hosts by the value that they have there."""
    found: dict[str, dict[str, list[str]]] = {}
    for host, told in sorted(value.items()):
        for key, item in told.items():
            found.setdefault(key, {}).setdefault(item, []).append(host)
    return found


def version_number(text: str) -> int:
    """Return a version of three parts as libvirt and QEMU number it: 6.2.0 is 6002000."""
    major, minor, micro = map(int, text.split("."))
    return major * 1_000_000 + minor * 1_000 + micro


FUNCTIONS: Mapping[str, Callable[[Context, Any, Any], Any]] = {
    "known": lambda _, value, __: value,
    "within": _within,
    "keys_where": _keys_where,
    "keys_where_any": _keys_where_any,
    "beyond": _beyond,
    "names_missing": _names_missing,
    "names_astray": _names_astray,
    "odd_one": _odd_one,
    "hosts_by_value": _hosts_by_value,
    "leaders": _leaders,
    "one_that_answers": _one_that_answers,
    "router_ids": _router_ids,
    "text": lambda _, value, __: str(value),
    "version_number": lambda _, value, __: version_number(value),
    "version_text": lambda _, value, __: f"{value // 1_000_000}.{value // 1_000 % 1_000}.{value % 1_000}",
    "count": lambda _, value, __: len(value),
    "keys_where_true": lambda _, value, __: sorted(key for key, item in value.items() if item is True),
    "distinct": lambda _, value, __: sorted({item for item in _flat(value) if item is not None}),
    "sum": lambda _, value, __: sum(_flat(value)),
    "times": lambda _, value, factor: value * factor,
    "megabytes": lambda _, value, __: round(value / 1_000_000),
    "without": lambda _, value, others: [item for item in value if item not in others],
    "file_name": lambda _, value, __: value.rpartition("/")[2],
    "binary": lambda _, value, __: value.partition("@")[0],
    "cloud_host": lambda context, value, _: cloud_host(context.cloud, value) if value else None,
    "cloud_hosts_of": _cloud_hosts_of,
    "age_s": _age_s,
    "clock_offsets": _clock_offsets,
    "apart_s": _apart_s,
    "clock_lines": _clock_lines,
    "odd_clock": _odd_clock,
    "releases": _releases,
    "who_runs_what": _who_runs_what,
    "environments_by_service": _environments_by_service,
    "projects_on": _projects_on,
    "odd_settings": lambda context, value, _: peers.odd_settings(context.cloud, value),
    "setting_problems": lambda context, value, kind: peers.problems(context.cloud, value, kind),
    "problems_together": lambda context, value, kind: peers.problems_together(context.cloud, value, kind),
    "enabled_backends": lambda _, value, __: peers.enabled_backends(value),
    "pins": lambda context, value, option: peers.pins(context.cloud, value, option),
    "refused_everywhere": lambda context, value, kind: peers.refused_everywhere(context.cloud, value, kind),
    "refused_here": lambda context, value, kind: peers.refused_here(context.cloud, value, kind),
    "lone_places": lambda context, value, _: peers.lone_places(context.cloud, value),
    "database_names": lambda _, value, path: peers.database_names(value, path),
    "odd_keys": lambda _, value, purpose: peers.odd_keys(value, purpose),
    "lacking_role": lambda _, value, role: peers.lacking_role(value, role),
    "services_not_listed": lambda context, value, _: peers.services_not_listed(context.cloud.release, value),
    "backend_of": lambda context, value, _: peers.backend_of(context.cloud.release, value),
}
"""Functions of ``let``: (context, value at the place, ``with``) -> value."""

OF_THE_KNOWN = (
    *("odd_settings", "setting_problems", "problems_together", "pins", "refused_everywhere", "refused_here"),
    *("lone_places", "enabled_backends", "database_names", "odd_keys", "known", "one_that_answers", "leaders"),
)
"""Functions that compare hosts and go without those of which nothing is known: the others can still be compared."""
