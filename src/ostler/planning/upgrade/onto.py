"""The new control plane an upgrade moves to: whether its cloud file fits the old one's, and what is read of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ostler.cloud.control_plane import ControlPlane, control_plane_of
from ostler.cloud.model import Cloud, Host
from ostler.errors import Finding, Refused, Severity
from ostler.facts.accounts import accounts_wanted
from ostler.facts.mentions import mentions_wanted
from ostler.facts.model import FactRequest, JsonValue, Snapshot, wanted
from ostler.facts.numbers import numbers_wanted
from ostler.facts.shared_folders import folders_wanted
from ostler.planning.replacement import Replacement
from ostler.planning.upgrade.schema import VARIABLE

LOAD = "load"
"""The stage from which on the new control plane is the cloud's: what is asked about databases is asked there."""


def plan_replacement(cloud: Cloud, new: Cloud) -> Replacement:
    """Both control planes, the new hosts in the places of the old ones in the order of the files. Raises Refused with
    everything that does not fit."""
    old_plane, new_plane = control_plane_of(cloud), control_plane_of(new)
    found = [
        *_shared(cloud, new),
        *_computes(cloud, new),
        *_addresses(cloud, new),
        *_reached(cloud, new),
        *_places(old_plane, new_plane),
    ]
    if found:
        raise Refused(
            "replace.does-not-fit",
            f"{new.name} cannot take the place of the control plane of {cloud.name}",
            findings=found,
            do_next="mend the cloud file that --onto names, and try again",
        )
    named = tuple(
        replace(host, known_as=old.service_name) for host, old in zip(new_plane.hosts, old_plane.hosts, strict=True)
    )
    return Replacement(old_plane, replace(new_plane, hosts=named), LOAD)


def old_requests(cloud: Cloud, replacement: Replacement, users: Iterable[str]) -> tuple[FactRequest, ...]:
    """What a replacement needs to know of the cloud as it is, besides what every upgrade does."""
    users = tuple(users)
    about_controllers = (
        request
        for host in replacement.old.controllers
        for request in (wanted("controller.kept", host.name), accounts_wanted(host.name, users))
    )
    return (wanted("databases.roles"), *about_controllers, *mention_requests(cloud, replacement))


def mention_requests(cloud: Cloud, replacement: Replacement) -> tuple[FactRequest, ...]:
    """Where old hosts are named in configuration in which addresses are to be written anew."""
    names = [host.name for host in replacement.old.hosts]
    hosts = (*replacement.old.controllers, *cloud.hosts_with("compute"))
    return tuple(mentions_wanted(host.name, names) for host in hosts)


def onto_requests(replacement: Replacement, snapshot: Snapshot, users: Iterable[str]) -> tuple[FactRequest, ...]:
    """What is read of the new hosts, with them as the cloud's control plane; `snapshot` is what was read of the old."""
    plane, users = replacement.new, tuple(users)
    balancers = plane.load_balancer.hosts if plane.load_balancer else ()
    found = [wanted("databases.schema")]
    found += [wanted(fact, host.name) for host in plane.hosts for fact in ("host.units", "host.disk")]
    found += [wanted("galera.node", host) for host in plane.databases.hosts]
    found += [wanted("databases.variable", host, name=VARIABLE) for host in plane.databases.hosts]
    found += [wanted("rabbitmq.node", host) for host in plane.messaging.hosts]
    found += [wanted("keepalived.vip", host) for host in balancers]
    for new, old in replacement.pairs.items():
        found.append(accounts_wanted(new, users))
        found.append(numbers_wanted(new, accounts_on(snapshot, old, users).values()))
        folders = image_folders(snapshot, old)
        found += [folders_wanted(host, folders) for host in (old, new)] if folders else []
    return tuple(found)


def accounts_on(snapshot: Snapshot, host: str, users: Iterable[str]) -> dict[str, JsonValue]:
    """The users that services of a host run as; empty where they could not be read."""
    return dict(snapshot.known("host.accounts", host, users=":".join(users)) or {})


def image_folders(snapshot: Snapshot, host: str) -> list[str]:
    """The folders in which glance on an old controller keeps image files; empty where it uses none."""
    kept = snapshot.known("controller.kept", host) or {}
    return [str(path) for path in kept.get("images", ())]


def _shared(cloud: Cloud, new: Cloud) -> Iterator[Finding]:
    addresses = {host.address: host.name for host in cloud.hosts.values()}
    for host in new.hosts.values():
        if host.name in cloud.hosts or host.address in addresses:
            yield in_the_way(
                "replace.host-in-both",
                host.name,
                "a host of the new control plane is one of the cloud's already",
                found=f"{host.name} at {host.address}",
                expected="hosts of its own",
                do_next="name other hosts: the old ones must stay as they are for the way back",
            )


def _computes(cloud: Cloud, new: Cloud) -> Iterator[Finding]:
    if computes := [host.name for host in new.hosts_with("compute")]:
        yield in_the_way(
            "replace.brings-computes",
            ", ".join(computes),
            "the new control plane names computes; those of the cloud stay, and join it",
            found=", ".join(computes),
            expected="controllers, databases, brokers and load balancers",
            do_next="leave computes out of the new cloud file; add some when the upgrade is done",
        )
    both = [host.name for host in control_plane_of(cloud).hosts if "compute" in host.roles]
    if both:
        yield in_the_way(
            "replace.controller-is-compute",
            ", ".join(both),
            "servers run on hosts of the control plane, which a replacement would stop and leave behind",
            found=", ".join(both),
            expected="a control plane on hosts of its own",
            do_next="upgrade this cloud with --strategy fast-forward",
        )


def _addresses(cloud: Cloud, new: Cloud) -> Iterator[Finding]:
    was, becomes = (each.load_balancer.vip if each.load_balancer else None for each in (cloud, new))
    if was is None or was != becomes:
        yield in_the_way(
            "replace.other-address",
            new.name,
            "users and computes know the cloud by one virtual address, which the new hosts must take over",
            found=f"{was or 'none'} in the cloud file, {becomes or 'none'} in the new one",
            expected="the same vip in both",
            do_next="set load_balancer: in both cloud files",
        )


def _reached(cloud: Cloud, new: Cloud) -> Iterator[Finding]:
    if cloud.access != new.access:
        yield in_the_way(
            "replace.other-access",
            new.name,
            "the new hosts are reached in another way than the old ones, and one run works on both",
            found="another access:",
            expected="the same user, key, known_hosts and proxy_jump",
            do_next="let the same key in on the new hosts, and put their host keys into the same known_hosts file",
        )
    if cloud.deployment != new.deployment:
        yield in_the_way(
            "replace.other-deployment",
            new.name,
            "the new hosts get software in another way than the old ones",
            found=new.deployment,
            expected=cloud.deployment,
            do_next="set deployment: as in the cloud file",
        )


def _places(old: ControlPlane, new: ControlPlane) -> Iterator[Finding]:
    """Each old host has one that takes its place and does the same: address by address, name by name."""
    was, becomes = ([_does(plane, host) for host in plane.hosts] for plane in (old, new))
    if was != becomes:
        yield in_the_way(
            "replace.hosts-do-not-pair",
            ", ".join(host.name for host in new.hosts),
            "each old host of the control plane needs one new host that does the same, in the same order",
            found="; ".join(becomes) or "none",
            expected="; ".join(was),
            do_next="name as many new hosts, with the same roles and parts (databases, messaging, load_balancer)",
        )
    if (old.databases.kind, old.databases.is_galera) != (new.databases.kind, new.databases.is_galera):
        yield in_the_way(
            "replace.other-databases",
            new.databases.kind,
            "the new database servers are of another kind",
            found=f"{new.databases.kind}, galera: {new.databases.is_galera}",
            expected=f"{old.databases.kind}, galera: {old.databases.is_galera}",
            do_next="build them of the same kind",
        )


def _does(plane: ControlPlane, host: Host) -> str:
    balancers = plane.load_balancer.hosts if plane.load_balancer else ()
    parts = {"databases": plane.databases.hosts, "messaging": plane.messaging.hosts, "load_balancer": balancers}
    return ", ".join([*host.roles, *(part for part, hosts in parts.items() if host.name in hosts)])


def in_the_way(code: str, subject: str, summary: str, *, found: str, expected: str, do_next: str) -> Finding:
    """Return a failure: with it no replacement is planned."""
    return Finding(code, Severity.FAILURE, subject, summary, found=found, expected=expected, do_next=do_next)
