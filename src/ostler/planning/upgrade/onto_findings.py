"""What stands in the way of a replacement: new hosts that are not well, not empty or not alone, and what old
controllers keep that the new ones would not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ostler.catalog.infrastructure import series
from ostler.errors import Finding, Severity
from ostler.facts.model import Snapshot, Unknown, wanted
from ostler.facts.numbers import numbers_wanted
from ostler.facts.shared_folders import folders_wanted, is_same_folder
from ostler.planning.replacement import Replacement
from ostler.planning.upgrade.moving import ADDRESS_UNITS
from ostler.planning.upgrade.onto import accounts_on, image_folders, in_the_way, mention_requests
from ostler.planning.upgrade.prepare_new import kept_of
from ostler.planning.upgrade.request import Scene, unit_of

LOCAL_DRIVERS = (".lvm.",)
"""What the name of a cinder driver has in it that keeps volumes on the disks of its own host."""

ROOM = 3.0
"""How many times the size of the old databases must be free: the dump, the tables, and the log of what is loaded."""

IDENTITY, BACKEND_IDENTITY = ("DEFAULT", "host"), "backend_host"
"""The options with the name by which services write their records and get their messages, which stays theirs."""

DISK_OF_DATABASES = ("/var/lib", "/")


def onto_findings(old: Scene, new: Scene, replacement: Replacement, onto: Snapshot) -> list[Finding]:
    """Failures, all together; a fact that could not be read is one: nothing is known to be well unseen."""
    return [
        *_unread(old, replacement, onto),
        *_databases(onto, replacement),
        *_versions(old, onto, replacement),
        *_roles(old, replacement),
        *_brokers(onto, replacement),
        *_address(onto, replacement),
        *_other_software(new, replacement, onto),
        *_room(old, onto, replacement),
        *_accounts(new, replacement, onto),
        *_images(old, onto, replacement),
        *_volumes(old, replacement),
        *_names(old, replacement),
    ]


def _unread(old: Scene, replacement: Replacement, onto: Snapshot) -> Iterator[Finding]:
    kept = (wanted("controller.kept", host.name) for host in replacement.old.controllers)
    asked = [wanted("databases.roles"), *kept, *mention_requests(old.cloud, replacement)]
    for request, snapshot in [
        *((request, old.snapshot) for request in asked),
        *((request, onto) for request in onto.values),
    ]:
        value = snapshot.get(request.fact, request.host, **dict(request.params))
        if isinstance(value, Unknown):
            yield in_the_way(
                "replace.not-read",
                str(request.host or request.fact),
                f"{request.fact} could not be read: nothing is taken for well unseen",
                found=value.reason,
                expected="an answer",
                do_next=value.do_next or "mend what keeps it from answering, and make the plan again",
            )


def _databases(onto: Snapshot, replacement: Replacement) -> Iterator[Finding]:
    if schema := onto.known("databases.schema"):
        yield in_the_way(
            "replace.database-not-empty",
            ", ".join(replacement.new.databases.hosts),
            "the new database servers hold databases that the old ones would be loaded over",
            found=", ".join(sorted(schema)),
            expected="none of the projects' databases",
            do_next="see what they are; if an earlier attempt left them, drop them there and make the plan again",
        )
    size = len(replacement.new.databases.hosts)
    for host in replacement.new.databases.hosts if replacement.new.databases.is_galera else ():
        node = onto.known("galera.node", host) or {}
        if node and (node["size"], node["state"], node["ready"]) != (size, "Synced", True):
            yield in_the_way(
                "replace.databases-not-well",
                host,
                "the new database server is not one of a whole cluster of new ones alone",
                found=f"{node['size']} nodes, {node['state']}",
                expected=f"{size} nodes, Synced",
                do_next="see `journalctl -u mariadb` there; more nodes than new hosts: it has joined another cluster",
            )


def _versions(old: Scene, onto: Snapshot, replacement: Replacement) -> Iterator[Finding]:
    """A copy is compared with what was dumped byte for byte, and servers of another series write another dump."""
    source = replacement.old.databases.hosts[0]
    was = _series(old.snapshot, source)
    for host in replacement.new.databases.hosts:
        becomes = _series(onto, host)
        if was and becomes and was != becomes:
            yield in_the_way(
                "replace.other-version",
                host,
                "the new database server is of another series: whether the copy is whole could not be seen",
                found=becomes,
                expected=f"{was}, as on {source}",
                do_next="install that series; the servers can be upgraded when the cloud runs on them",
            )


def _roles(old: Scene, replacement: Replacement) -> Iterator[Finding]:
    """Accounts are carried, roles are not: rights that come from one would be missing on the new servers."""
    for role, about in (old.snapshot.known("databases.roles") or {}).items():
        to = [
            *(f"rights on {name}" for name in about["databases"]),
            *(f"granted to {name}" for name in about["accounts"]),
        ]
        yield in_the_way(
            "replace.rights-by-role",
            f"role {role} on {', '.join(replacement.old.databases.hosts)}",
            "rights on the databases come from a role: accounts go to the new servers with their own rights alone",
            found="; ".join(to),
            expected="accounts with rights of their own, and no role",
            do_next="GRANT each account what it has by the role, see that its services are let in, then REVOKE the "
            "role from it and its rights, or DROP ROLE; and make the plan again",
        )


def _series(snapshot: Snapshot, host: str) -> str:
    return series(str((snapshot.known("galera.node", host) or {}).get("version", "")))


def _brokers(onto: Snapshot, replacement: Replacement) -> Iterator[Finding]:
    expected = sorted(replacement.new.messaging.hosts)
    for host in replacement.new.messaging.hosts:
        node = onto.known("rabbitmq.node", host) or {}
        if node and (node["running"] != expected or node["partitions"] or node["alarms"]):
            yield in_the_way(
                "replace.brokers-not-well",
                host,
                "the new message broker is not one of a whole cluster of new ones alone",
                found=f"{', '.join(node['running'])}; partitions: {len(node['partitions'])}, "
                f"alarms: {len(node['alarms'])}",
                expected=", ".join(expected),
                do_next="see `rabbitmqctl cluster_status` there",
            )


def _address(onto: Snapshot, replacement: Replacement) -> Iterator[Finding]:
    balancers = replacement.new.load_balancer.hosts if replacement.new.load_balancer else ()
    for host in balancers:
        units = onto.known("host.units", host) or {}
        keepalived = units.get("keepalived", {})
        holds = (onto.known("keepalived.vip", host) or {}).get("holds")
        runs = keepalived.get("active") == "active"
        if holds or runs or keepalived.get("enabled"):
            now = "keepalived is active" if runs else "keepalived is stopped, and starts with the next boot"
            yield in_the_way(
                "replace.address-twice",
                host,
                "keepalived runs on a new host, or starts with it: with the old ones' it would be about one address",
                found="it holds the virtual address" if holds else now,
                expected="keepalived installed and configured, stopped and not enabled",
                do_next="systemctl disable --now keepalived there; the plan starts it when the old hosts let go",
            )
        if missing := [unit for unit in ADDRESS_UNITS if units and unit not in units]:
            yield in_the_way(
                "replace.no-balancer",
                host,
                "what holds the virtual address on the old hosts is not on the new one",
                found=f"no {', no '.join(missing)}",
                expected=", ".join(ADDRESS_UNITS),
                do_next="install and configure them as on the old hosts, with the new addresses behind them",
            )


def _other_software(new: Scene, replacement: Replacement, onto: Snapshot) -> Iterator[Finding]:
    names = {unit_of(service) for project in new.catalog.projects for service in project.data.services}
    for host in replacement.new.controllers:
        units = onto.known("host.units", host.name) or {}
        running = sorted(unit for unit in names & set(units) if units[unit]["active"] == "active")
        if running:
            yield in_the_way(
                "replace.runs-openstack",
                host.name,
                "services of OpenStack run on a new host already: it is part of some cloud",
                found=", ".join(running),
                expected="none",
                do_next="name a host that serves nobody, or stop them for good there",
            )


def _room(old: Scene, onto: Snapshot, replacement: Replacement) -> Iterator[Finding]:
    sizes = old.snapshot.known("databases.sizes") or {}
    needed = int(ROOM * sum(size.get("bytes", 0) for size in sizes.values()))
    for host in replacement.new.databases.hosts:
        disks = onto.known("host.disk", host) or {}
        free = next((disks[path]["free_bytes"] for path in DISK_OF_DATABASES if path in disks), None)
        if free is not None and free < needed:
            yield in_the_way(
                "replace.no-room",
                host,
                "the new database server has less room than the dump and the databases need",
                found=f"{free // 2**20} MiB free",
                expected=f"{needed // 2**20} MiB",
                do_next="give it a larger disk",
            )


def _accounts(new: Scene, replacement: Replacement, onto: Snapshot) -> Iterator[Finding]:
    users = new.catalog.service_users
    for host, source in replacement.pairs.items():
        wished, there = accounts_on(new.snapshot, source, users), accounts_on(onto, host, users)
        yield from _taken(host, source, wished, there, onto)
        for user in sorted(wished.keys() & there.keys()):
            numbers = [(each[user]["uid"], each[user]["gid"]) for each in (wished, there)]
            if numbers[0] != numbers[1]:
                yield in_the_way(
                    "replace.other-numbers",
                    f"{user} on {host}",
                    f"the user has other numbers than on {source}: files on shared folders would not be its own",
                    found="uid {} gid {}".format(*numbers[1]),
                    expected="uid {} gid {}".format(*numbers[0]),
                    do_next="remove the user there, or give it these numbers",
                )


def _taken(
    host: str, source: str, wished: Mapping[str, Any], there: Mapping[str, Any], onto: Snapshot
) -> Iterator[Finding]:
    """Numbers that the services' users bring along, and that the new host gave to somebody else."""
    has = onto.values.get(numbers_wanted(host, wished.values()))
    if has is None or isinstance(has, Unknown):
        return
    for user, account in sorted(wished.items()):
        uid, gid, group = (account[key] for key in ("uid", "gid", "group"))
        found = []
        if has["uids"].get(str(uid), user) != user:
            found.append(f"uid {uid} is that of the user {has['uids'][str(uid)]}")
        if has["gids"].get(str(gid), group) != group:
            found.append(f"gid {gid} is that of the group {has['gids'][str(gid)]}")
        if user not in there and has["groups"].get(group, gid) != gid:
            found.append(f"the group {group} has the gid {has['groups'][group]}")
        if found:
            yield in_the_way(
                "replace.number-taken",
                f"{user} on {host}",
                f"the user cannot be made there with the numbers it has on {source}",
                found="; ".join(found),
                expected=f"uid {uid}, and gid {gid} of the group {group}, free or its own",
                do_next="give the other one another number there (usermod -u, groupmod -g, and chown its files), "
                "and make the plan again",
            )


def _images(old: Scene, onto: Snapshot, replacement: Replacement) -> Iterator[Finding]:
    for host, source in replacement.pairs.items():
        folders = image_folders(old.snapshot, source)
        if not folders:
            continue
        was, now = (_read(onto, name, folders) for name in (source, host))
        for folder in folders:
            if folder not in was or (folder in now and is_same_folder(was[folder], now[folder])):
                continue
            yield in_the_way(
                "replace.images-not-shared",
                f"{folder} on {source}",
                f"glance keeps image files there, and {host} does not see that folder: images would be gone",
                found=f"{was[folder]['files']} files on {source}; {_told(now.get(folder))} on {host}",
                expected="one folder that both mount",
                do_next=f"mount the same share at {folder} on {host}; bring files from a local disk to a share first",
            )


def _volumes(old: Scene, replacement: Replacement) -> Iterator[Finding]:
    for host in replacement.old.controllers:
        volumes = (kept_of(old, host.name) or {}).get("volumes", {})
        for backend, driver in sorted(volumes.items()):
            if any(part in driver for part in LOCAL_DRIVERS):
                yield in_the_way(
                    "replace.volumes-on-controller",
                    f"{backend} on {host.name}",
                    "volumes lie on the disks of an old controller: its place can be taken, its disks cannot",
                    found=driver,
                    expected="volumes on storage that the new hosts reach",
                    do_next="migrate them to another backend first (cinder migrate, retype), take this one out of "
                    "enabled_backends, and make the plan again",
                )


def _names(old: Scene, replacement: Replacement) -> Iterator[Finding]:
    """Names that stay in configuration which others take over: one finding for each file, whichever hosts have it."""
    hosts: dict[str, dict[str, None]] = {}
    places: dict[str, dict[str, None]] = {}
    for request in mention_requests(old.cloud, replacement):
        for path, group, option, name in old.snapshot.known(request.fact, request.host, **dict(request.params)) or ():
            if (group, option) == IDENTITY or option == BACKEND_IDENTITY:
                continue
            hosts.setdefault(path, {})[str(request.host)] = None
            places.setdefault(path, {})[f"[{group}] {option} ({name})"] = None
    for path, found in places.items():
        yield Finding(
            "replace.name-stays",
            Severity.WARNING,
            f"{path} on {', '.join(hosts[path])}",
            "an old host is named in a way that is not written anew: it goes on meaning the host that stops",
            found="; ".join(found),
            expected="addresses, or the cloud file's names behind // or @ or before a port",
            do_next="write the address instead, and make the plan again; or let the name lead to the new host when "
            "the old one has stopped, and accept this: --accept replace.name-stays",
        )


def _read(onto: Snapshot, host: str, folders: list[str]) -> Any:
    value = onto.values.get(folders_wanted(host, folders))
    return {} if value is None or isinstance(value, Unknown) else value


def _told(folder: Any) -> str:
    return "no such folder" if folder is None else f"another one, of {folder['files']} files,"
