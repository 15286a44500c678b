"""What hosts say of the same thing, compared: settings, logins, keys. Functions of the rules' vocabulary.

Each takes a fact gathered over hosts, without those of which it is not known, and returns a list of plain mappings, one
for each thing to be told; the keys are in each docstring.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ostler.catalog import load_catalog, projects_of
from ostler.cloud.model import Cloud
from ostler.facts.service_units import bare

Found = Mapping[str, Any]
ByHost = Mapping[str, Any]

SAME_EVERYWHERE = frozenset(
    (
        *("transport_url", "connection", "auth_url", "www_authenticate_uri", "username", "password", "project_name"),
        *("region_name", "os_region_name", "user_domain_name", "project_domain_name", "metadata_proxy_shared_secret"),
        *("key_repository", "provider", "enabled_filters", "core_plugin", "mechanism_drivers", "type_drivers"),
        *("filesystem_store_datadir", "default_backend", "rabbit_quorum_queue", "memcached_servers", "auth_strategy"),
        *("memcache_servers", "flavor", "catalog_info", "api_servers", "service_plugins"),
    )
)
"""Names of options that one cloud sets alike on all hosts: whom its services talk to, and as whom."""

PINS = "upgrade_levels"
READERS: Mapping[tuple[str, str], str] = {
    ("nova", "upgrade_levels"): "nova-conductor",
    ("nova", "conductor"): "nova-conductor",
    ("nova", "filter_scheduler"): "nova-scheduler",
    ("nova", "scheduler"): "nova-scheduler",
    ("cinder", "enabled_backends"): "cinder-volume",
    ("cinder", "volume_driver"): "cinder-volume",
}
"""Who suffers first from a wrong setting, by project and by group or option; else the project's first service there."""

FIRST = ("nova-compute", "nova-api", "cinder-api", "neutron-openvswitch-agent", "neutron-api", "neutron-server")


def reader_of(cloud: Cloud, host: str, path: str, place: str) -> str:
    """Return the unit on a host that suffers first from what a configuration file sets at `place` (group/option)."""
    found = next((each for each in load_catalog().projects if path.startswith(f"{each.config_dir}/")), None)
    project = found.name if found else ""
    there: list[str] = []
    if found and cloud.release in found.releases:
        services = found.services(cloud.release, optional=True)
        there = [bare(service.unit) for service in services if service.role in cloud.host(host).roles]
    group, _, option = place.rpartition("/")
    named = [READERS.get((project, word)) for word in (group, option)]
    chosen = next((unit for unit in named if unit in there), None)
    return chosen or next((unit for unit in FIRST if unit in there), next(iter(there), project or "nothing"))


def odd_settings(cloud: Cloud, by_host: ByHost) -> list[Found]:
    """Options that one host sets otherwise than most others with the same file: {host, unit, path, line, option,
    value, others, share, same_everywhere}. `value` and `others` are texts; a host that lacks what its peers of the
    same roles set is told with line 0. An option that every host sets in a way of its own is no oddity."""
    found: list[Found] = []
    for path in sorted({path for files in by_host.values() for path in files}):
        options = {host: files[path]["options"] for host, files in by_host.items() if path in files}
        for place in sorted({place for each in options.values() for place in each}):
            found += _odd_of(cloud, path, place, options)
    return found


def _odd_of(cloud: Cloud, path: str, place: str, options: Mapping[str, Any]) -> Iterator[Found]:
    group, _, name = place.rpartition("/")
    is_same = name.replace("-", "_") in SAME_EVERYWHERE or group == PINS
    setting = [host for host in options if place in options[host]]
    groups = [setting]
    if not is_same or group == PINS:  # pins are about those who ask: controllers agree with controllers
        roles = {cloud.host(host).roles for host in setting}
        groups = [[host for host in setting if cloud.host(host).roles == each] for each in roles]
    for peers in groups:
        alike = {cloud.host(host).roles for host in peers}
        lacking = [host for host in options if host not in setting and cloud.host(host).roles in alike]
        ways = {host: options[host].get(place) for host in (*peers, *lacking)}
        for host, usual, agreeing in _in_the_minority(ways):
            mine, other = ways[host], ways[usual]
            yield {
                "host": host,
                "unit": reader_of(cloud, host, path, place),
                "path": path,
                "line": mine["line"] if mine else 0,
                "option": f"[{group}] {name}",
                "value": _told(mine),
                "others": _told(other),
                "share": f"{agreeing} others",
                "same_everywhere": is_same,
            }


def _in_the_minority(ways: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """The hosts that differ from more than half of all, each with one of these and their number."""
    best: list[tuple[str, str, int]] = []
    agreeing = 0
    for key in ("digest", "own"):
        said = {host: (way[key] if way else None) for host, way in ways.items()}
        common, count = Counter(said.values()).most_common(1)[0] if said else (None, 0)
        if count > agreeing:
            agreeing = count
            usual = next(host for host in said if said[host] == common)
            best = [(host, usual, count) for host in said if said[host] != common]
    return best if 2 * agreeing > len(ways) and agreeing > 1 else []


def _told(way: Any) -> str:
    if way is None:
        return "not set"
    return "a value that is not shown" if way["value"] is None else way["value"]


def problems(cloud: Cloud, by_host: ByHost, kind: str) -> list[Found]:
    """Problems of one kind in configuration files: {host, unit, path, line, option, says}."""
    return [
        {
            "host": host,
            "unit": reader_of(cloud, host, path, each["option"]),
            "path": path,
            "line": each["line"],
            "option": each["option"],
            "says": each["says"],
        }
        for host, files in by_host.items()
        for path, file in files.items()
        for each in file["problems"]
        if each["kind"] == kind
    ]


def problems_together(cloud: Cloud, by_host: ByHost, kind: str) -> list[Found]:
    """Problems of one kind, each option of a file once for all hosts: {host: the first, hosts, unit, path, option,
    says}."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in problems(cloud, by_host, kind):
        kept = found.setdefault((each["path"], each["option"]), {**each, "hosts": []})
        kept["hosts"] = sorted({*kept["hosts"], each["host"]})
    return list(found.values())


def enabled_backends(by_host: ByHost) -> list[str]:
    """The backends that cinder is to serve by its configuration, as its service records name them: host@backend."""
    found: set[str] = set()
    for host, files in by_host.items():
        for path, file in files.items():
            named = file["options"].get("DEFAULT/enabled_backends") if path.endswith("/cinder.conf") else None
            own = file["options"].get("DEFAULT/host") or {"value": None}
            backends = ((named or {"value": None})["value"] or "").split(",")
            found |= {f"{own['value'] or host}@{backend.strip()}" for backend in backends if backend.strip()}
    return sorted(found)


def pins(cloud: Cloud, by_host: ByHost, option: str) -> list[Found]:
    """What RPC is pinned to by number: {host, unit, path, line, value, major}."""
    place = f"{PINS}/{option}"
    found: list[Found] = []
    for host, files in by_host.items():
        for path, file in files.items():
            value = (file["options"].get(place) or {"value": None})["value"] or ""
            if value.partition(".")[0].isdigit():
                row = {"host": host, "unit": reader_of(cloud, host, path, place), "path": path, "value": value}
                found.append({**row, "line": file["options"][place]["line"], "major": int(value.partition(".")[0])})
    return found


def _logins(by_host: ByHost, kind: str) -> Iterator[tuple[str, Any]]:
    return ((host, row) for host, rows in by_host.items() for row in rows if row["kind"] == kind)


def _what(row: Mapping[str, Any]) -> tuple[str, str]:
    """A user, and where it is let in: the database or virtual host, whichever server is asked."""
    return row["user"], row["place"].partition("/")[2] if row["kind"] != "keystone" else ""


def refused_everywhere(cloud: Cloud, by_host: ByHost, kind: str) -> list[Found]:
    """Users that are let in nowhere, and refused at least once: {user, name, place, says, hosts, files}. `name` is the
    database or virtual host."""
    rows: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for host, row in _logins(by_host, kind):
        rows.setdefault(_what(row), []).append((host, row))
    found: list[Found] = []
    for (user, name), seen in sorted(rows.items()):
        refused = [(host, row) for host, row in seen if row["answer"] in ("refused", "closed")]
        if refused and not any(row["answer"] == "accepted" for _, row in seen):
            found.append(
                {
                    "user": user,
                    "name": name or "/",
                    "place": refused[0][1]["place"],
                    "says": refused[0][1]["says"],
                    "hosts": sorted({host for host, _ in refused}),
                    "files": sorted({row["file"] for _, row in refused}),
                }
            )
    return found


def refused_here(cloud: Cloud, by_host: ByHost, kind: str) -> list[Found]:
    """Users that are refused with what one file says, and let in with what another one says: {host, unit, user, place,
    says, file, group}."""
    accepted = {_what(row) for _, row in _logins(by_host, kind) if row["answer"] == "accepted"}
    refused = {
        (host, row["file"], row["group"]): row
        for host, row in _logins(by_host, kind)
        if row["answer"] in ("refused", "closed") and _what(row) in accepted
    }
    return [
        {
            "host": host,
            "unit": reader_of(cloud, host, file, f"{group}/password"),
            **{key: row[key] for key in ("user", "place", "says", "file", "group")},
        }
        for (host, file, group), row in refused.items()
    ]


def lone_places(cloud: Cloud, by_host: ByHost) -> list[Found]:
    """Places that only one file of one host names and where nobody answers, while that host reaches others of the same
    kind: {host, unit, kind, place, says, file, group}."""
    named = Counter((row["kind"], row["place"]) for rows in by_host.values() for row in _once(rows))
    return [
        {
            "host": host,
            "unit": reader_of(cloud, host, row["file"], f"{row['group']}/transport_url"),
            **{key: row[key] for key in ("kind", "place", "says", "file", "group")},
        }
        for host, rows in by_host.items()
        for row in _once(rows)
        if row["answer"] == "unreachable"
        and named[row["kind"], row["place"]] == 1
        and any(other["kind"] == row["kind"] and other["answer"] == "accepted" for other in rows)
    ]


def _once(rows: Iterable[Any]) -> list[Any]:
    """Each place of a file once, whichever groups of it name it."""
    return list({(row["kind"], row["file"], row["place"]): row for row in rows}.values())


def database_names(by_host: ByHost, path: str) -> list[str]:
    """Where the databases are that a file names on any host: host:port/name."""
    return sorted({row["place"] for _, row in _logins(by_host, "database") if row["file"] == path})


def odd_keys(by_host: ByHost, purpose: str) -> list[Found]:
    """Hosts whose Fernet keys differ from most others': {host, folder, keys, others} with the names of keys; with two
    hosts, or when no keys are in the majority, all that differ from the first. Hosts without keys are left out."""
    sets = {host: value[purpose]["keys"] for host, value in by_host.items() if value[purpose]["keys"]}
    said = {host: tuple(sorted(keys.items())) for host, keys in sets.items()}
    if len(set(said.values())) < 2:
        return []
    common, count = Counter(said.values()).most_common(1)[0]
    if 2 * count <= len(said):
        common = next(iter(said.values()))
    usual = next(host for host in said if said[host] == common)
    return [
        {
            "host": host,
            "folder": by_host[host][purpose]["folder"],
            "keys": _names(sets[host], sets[usual]),
            "others": _names(sets[usual], sets[host]),
        }
        for host in said
        if said[host] != common
    ]


def _names(keys: Mapping[str, str], other: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({'the same' if other.get(name) == keys[name] else 'its own'})" for name in sorted(keys))


def lacking_role(users: Sequence[Found], role: str) -> list[str]:
    """The names of users that lack a role which most of the others have."""
    lacking = [user["name"] for user in users if role not in user["roles"].split(",")]
    return lacking if 2 * len(lacking) < len(users) else []


def services_not_listed(release: str, listed: Sequence[Found]) -> list[Found]:
    """The kinds of services of a release that keystone's catalog lacks, or that have no public endpoint in it:
    {type, backend, says}."""
    have = {row["type"]: row for row in listed if row["enabled"]}
    found: list[Found] = []
    for kind, backend in backends_by_type(release).items():
        names = (kind, "volumev3", "volumev2", "volume") if kind == "block-storage" else (kind,)
        rows = [have[name] for name in names if name in have]
        if not any(row["endpoints"] for row in rows):
            says = "no public endpoint" if rows else "no such service"
            found.append({"type": kind, "backend": backend, "says": says})
    return found


def backends_by_type(release: str) -> dict[str, str]:
    """The load balancer's name for each kind of service of a release."""
    return {
        str(service.api.service_type): service.api.backend
        for project in projects_of(release)
        for service in project.services(release)
        if service.api and service.api.service_type
    }


def backend_of(release: str, kind: str) -> str:
    """The load balancer's name for a kind of service, also for the names it had before; the kind itself if unknown."""
    known = backends_by_type(release)
    return known.get("block-storage" if kind.startswith("volume") else kind, kind)
