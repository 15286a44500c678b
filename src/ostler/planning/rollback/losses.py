"""What restoring the databases would lose: what was created since the run's inventory. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ostler.errors import Finding, Severity
from ostler.facts.model import JsonValue

KINDS = (
    ("servers", "api.servers"),
    ("volumes", "api.volumes"),
    ("snapshots", "api.volume_snapshots"),
    ("images", "api.images"),
    ("networks", "api.networks"),
    ("subnets", "api.subnets"),
    ("ports", "api.ports"),
    ("security groups", "api.security_groups"),
    ("flavors", "api.flavors"),
    ("projects", "api.projects"),
    ("users", "api.users"),
)
"""What is created, and the fact that lists it. Key pairs are not here: no API lists those of all users."""

OURS = ("ostler-probe-", "ostler-proof-")
"""What the probe and the proofs make has names that begin so; they delete it themselves."""


def losses(read: Callable[[str], JsonValue], inventory: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What was created since the inventory and will be gone from the databases; `read` gives a fact's value, None when
    it could not be read."""
    found: list[Finding] = []
    for kind, fact in KINDS:
        now = read(fact)
        if now is None:
            found.append(_not_known(kind, "could not be read"))
        elif kind not in inventory:
            found.append(_not_known(kind, "were not written down when the run began"))
        else:
            found += _of_kind(kind, now, inventory[kind])
    return tuple(found)


def added(now: tuple[Finding, ...], told: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The losses that nobody was told of yet. One that is none any more, since users deleted it, needs no new yes."""
    known = {_key(finding) for finding in told}
    return tuple(finding for finding in now if _key(finding) not in known)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.found or finding.subject


def _of_kind(kind: str, now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[Finding]:
    for key in sorted(set(now) - set(before)):
        name = str(now[key].get("name") or "")
        if name.startswith(OURS) or _comes_by_itself(kind, name, now[key]):
            continue
        yield Finding(
            code="rollback.will-be-lost",
            severity=Severity.NOTE,
            subject=f"{kind.removesuffix('s')} {name or key}",
            summary="created since the dump: restoring the databases loses its record",
            found=key,
            do_next="save what is needed of it before you go on",
        )


def _comes_by_itself(kind: str, name: str, item: Mapping[str, Any]) -> bool:
    """Whether nobody made it on purpose: a server's or a network's own port, the default group of a project."""
    return (kind == "ports" and not name and bool(item.get("owner"))) or (kind, name) == ("security groups", "default")


def _not_known(kind: str, why: str) -> Finding:
    return Finding(
        code="rollback.loss-not-known",
        severity=Severity.NOTE,
        subject=kind,
        summary=f"the {kind} {why}: those created since the dump will be lost, and are not listed",
        do_next="bring the API back and make the plan again, or ask your users, before you say yes to the gate",
    )
