"""What restoring the databases would lose, and what it would bring back: what was created since the run's inventory,
and what was deleted since. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ostler.errors import Finding, Severity
from ostler.facts.model import JsonValue

KINDS = (
    ("servers", "api.servers"),
    ("server groups", "api.server_groups"),
    ("volumes", "api.volumes"),
    ("volume types", "api.volume_types"),
    ("snapshots", "api.volume_snapshots"),
    ("backups", "api.volume_backups"),
    ("images", "api.images"),
    ("networks", "api.networks"),
    ("subnets", "api.subnets"),
    ("ports", "api.ports"),
    ("routers", "api.routers"),
    ("floating IPs", "api.floating_ips"),
    ("security groups", "api.security_groups"),
    ("flavors", "api.flavors"),
    ("projects", "api.projects"),
    ("users", "api.users"),
)
"""What is created, and the fact that lists it. Key pairs are not here: no API lists those of all users."""

HOLLOW: Mapping[str, str] = {
    "servers": "the guest is not on its host any more",
    "volumes": "the data is not in the backend any more",
    "snapshots": "the data is not in the backend any more",
    "backups": "the data is not where backups are kept any more",
    "images": "the file is not in the store any more",
    "attachments": "the volume is not at that server any more",
}
"""The kinds of which a database holds only the record, and what such a record is without what it tells of."""

OURS = ("ostler-probe-", "ostler-proof-")
"""What the probe and the proofs make has names that begin so; they delete it themselves."""

OF_THEMSELVES = (("security groups", "default"), ("volume types", "__DEFAULT__"))
"""What services make for themselves, as they make ports of servers and networks: the default group of a project, and
from Train on the type of volumes without one, by a migration (cinder, doc/source/admin/default-volume-types.rst; read
2026-11-27)."""

LOST = "rollback.will-be-lost"
BACK = "rollback.comes-back"
MOVED = "rollback.moved-since"

Items = Mapping[str, Mapping[str, Any]]


def losses(read: Callable[[str], JsonValue], inventory: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What was created since the inventory and will be gone from the databases, then what was deleted or moved since
    and will be in them as it was; `read` gives a fact's value, None when it could not be read."""
    found: list[Finding] = []
    back: list[Finding] = []
    for kind, fact in KINDS:
        now = read(fact)
        if now is None:
            found.append(_not_known(kind, "could not be read"))
        elif kind not in inventory:
            found.append(_not_known(kind, "were not written down when the run began"))
        else:
            found += (_lost(kind, key, item) for key, item in _only_in(kind, now, inventory[kind]))
            back += (_comes_back(kind, key, item) for key, item in _only_in(kind, inventory[kind], now))
            if kind == "servers":
                back += _moved(now, inventory[kind])
            if kind == "volumes":
                made, ended = _attachments(now, inventory[kind], _names_of_servers(read, inventory))
                found += made
                back += ended
    return (*found, *back)


def added(now: tuple[Finding, ...], told: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The losses that nobody was told of yet. One that is none any more, since users deleted it, needs no new yes; nor
    does what comes back as it was: nobody loses it."""
    known = {_key(finding) for finding in told}
    return tuple(finding for finding in now if finding.code != BACK and _key(finding) not in known)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.found or finding.subject


def _only_in(kind: str, these: Items, others: Items) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What is among these and not among the others, and was made on purpose, by somebody else than Ostler."""
    for key in sorted(set(these) - set(others)):
        name = _name_of(these, key)
        if not name.startswith(OURS) and not _comes_by_itself(kind, name, these[key]):
            yield key, these[key]


def _name_of(items: Items, key: str) -> str:
    return str(items.get(key, {}).get("name") or "")


def _comes_by_itself(kind: str, name: str, item: Mapping[str, Any]) -> bool:
    """Whether nobody made it on purpose."""
    return (kind == "ports" and not name and bool(item.get("owner"))) or (kind, name) in OF_THEMSELVES


def _lost(kind: str, key: str, item: Mapping[str, Any]) -> Finding:
    return Finding(
        code=LOST,
        severity=Severity.NOTE,
        subject=f"{kind.removesuffix('s')} {item.get('name') or key}",
        summary="created since the dump: restoring the databases loses its record",
        found=key,
        do_next="save what is needed of it before you go on",
    )


def _comes_back(kind: str, key: str, item: Mapping[str, Any]) -> Finding:
    hollow = f": a record of nothing, {HOLLOW[kind]}" if kind in HOLLOW else ""
    return Finding(
        code=BACK,
        severity=Severity.NOTE,
        subject=f"{kind.removesuffix('s')} {item.get('name') or key}",
        summary=f"deleted since the run began: restoring the databases brings it back{hollow}",
        found=key,
        do_next="delete it again when the cloud serves",
    )


def _moved(now: Items, before: Items) -> Iterator[Finding]:
    """Servers that a restored record would look for where they are not."""
    for key in sorted(set(now) & set(before)):
        was, is_on = before[key].get("host"), now[key].get("host")
        if was and is_on and was != is_on:
            yield Finding(
                code=MOVED,
                severity=Severity.NOTE,
                subject=f"server {_name_of(now, key) or key}",
                summary=f"moved since the run began: its guest is on {is_on}, the restored record will say {was}",
                found=key,
                do_next=f"move it back to {was} before you go on",
            )


def _names_of_servers(read: Callable[[str], JsonValue], inventory: Mapping[str, Any]) -> Items:
    return {**inventory.get("servers", {}), **(read("api.servers") or {})}


def _attachments(now: Items, before: Items, servers: Items) -> tuple[list[Finding], list[Finding]]:
    """What was attached, and what was detached since, of the volumes that were there all the while."""
    made, ended = [], []
    for volume in sorted(set(now) & set(before)):
        is_at, was_at = (set(items[volume].get("attachments") or ()) for items in (now, before))
        for server in sorted(is_at ^ was_at):
            names = _name_of(now, volume), _name_of(servers, server)
            if any(name.startswith(OURS) for name in names):
                continue
            key, item = f"{volume} to {server}", {"name": f"of {names[0] or volume} to {names[1] or server}"}
            if server in is_at:
                made.append(_lost("attachments", key, item))
            else:
                ended.append(_comes_back("attachments", key, item))
    return made, ended


def _not_known(kind: str, why: str) -> Finding:
    return Finding(
        code="rollback.loss-not-known",
        severity=Severity.NOTE,
        subject=kind,
        summary=f"the {kind} {why}: those created since the dump will be lost, and are not listed",
        do_next="bring the API back and make the plan again, or ask your users, before you say yes to the gate",
    )
