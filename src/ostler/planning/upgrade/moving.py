"""What both ways of moving a control plane share: whose addresses become whose, the virtual address, and what a control
plane stands on."""

from __future__ import annotations

from ostler.cloud.control_plane import ControlPlane
from ostler.cloud.model import Host
from ostler.facts.model import Snapshot
from ostler.planning.replacement import Replacement
from ostler.steps.model import Step

ADDRESS_UNITS = ("keepalived", "haproxy")
"""In the order they stop: the address goes first, what listens at it after that."""

BROKER, DATABASE, CACHE = "rabbitmq-server", "mariadb", "memcached"
ADDRESS_TIMEOUT_S = 30


def addresses_of(replacement: Replacement) -> list[list[str]]:
    """Each old host's address and name with those of the host that takes its place, for a step's parameters."""
    return [list(pair) for pair in replacement.addresses]


def infrastructure_on(plane: ControlPlane, host: Host, snapshot: Snapshot) -> list[str]:
    """What of databases, brokers and caches runs on a host of a control plane."""
    units = snapshot.known("host.units", host.name) or {}
    return [
        *([CACHE] if CACHE in units else []),
        *([BROKER] if host.name in plane.messaging.hosts else []),
        *([DATABASE] if host.name in plane.databases.hosts else []),
    ]


def expect_address(step_id: str, host: str, *, holds: bool) -> Step:
    """See whether a host holds the virtual address."""
    says = f"the virtual address is {'' if holds else 'not '}on {host}"
    return Step(
        id=step_id,
        kind="expect",
        host=host,
        why="seen on the interface itself: two hosts with one address serve nobody",
        undo="nothing is changed",
        estimate_s=3,
        params={
            "says": says,
            "facts": [
                {
                    "fact": "keepalived.vip",
                    "host": host,
                    "path": ["holds"],
                    "operation": "equals",
                    "value": holds,
                    "says": says,
                }
            ],
            "timeout_s": ADDRESS_TIMEOUT_S,
            "on_timeout": "see `journalctl -u keepalived` there and `ip address show`, then resume",
        },
    )
