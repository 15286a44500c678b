"""What both ways of moving a control plane share: whose addresses become whose, the virtual address, and what a control
plane stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostler.cloud.control_plane import ControlPlane
from ostler.cloud.model import Host
from ostler.facts.model import Snapshot
from ostler.planning.model import Lane, Stage
from ostler.planning.replacement import Replacement
from ostler.steps.expectation import expected
from ostler.steps.model import Step

ADDRESS_UNITS = ("keepalived", "haproxy")
"""In the order they stop: the address goes first, what listens at it after that."""

BROKER, DATABASE, CACHE = "rabbitmq-server", "mariadb", "memcached"
TAKE = "take-address"
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
            "facts": [expected("keepalived.vip", host, ["holds"], holds, says)],
            "timeout_s": ADDRESS_TIMEOUT_S,
            "on_timeout": "see `journalctl -u keepalived` there and `ip address show`, then resume",
        },
    )


def release_address(plane: ControlPlane, stage: str, also: Mapping[str, Sequence[str]] | None = None) -> Stage:
    """The virtual address leaves the hosts of a control plane, and does not come back with a boot; `also` are other
    units that stop for good there, by host."""
    also = also or {}
    balancers = plane.load_balancer.hosts if plane.load_balancer else ()
    lanes = []
    for host in dict.fromkeys((*balancers, *also)):
        own = list(ADDRESS_UNITS) if host in balancers else []
        away = Step(
            id=f"{stage}/{host}/10-retire",
            kind="retire-units",
            host=host,
            why="the address must be gone from here, also after a boot, before another host takes it",
            undo="started again, when the others have let the address go",
            estimate_s=4,
            params={"units": [*own, *also.get(host, ())]},
        )
        gone = expect_address(f"{stage}/{host}/20-gone", host, holds=False)
        lanes.append(Lane(host, (away, gone) if own else (away,)))
    return Stage(
        name=stage,
        title="Take the virtual address from the old hosts",
        why="never two hosts may hold it",
        undo="taken back by the old hosts, when the new ones have let it go",
        lanes=tuple(lanes),
        in_flight=max(1, len(lanes)),
    )


def take_address(plane: ControlPlane, *, back: bool = False) -> Stage:
    """The first host of a control plane takes the virtual address, then the others stand by. `back`: they are the old
    ones."""
    balancers = plane.load_balancer.hosts if plane.load_balancer else ()
    steps: list[Step] = []
    for number, host in enumerate(balancers):
        steps.append(
            Step(
                id=f"{TAKE}/{balancers[0]}/{number + 1}0-start-{host}",
                kind="start-units",
                host=host,
                why="clients, computes and the projects' own commands reach these hosts by the address they know",
                undo="stopped, so that the others can take the address",
                estimate_s=5,
                params={"units": list(reversed(ADDRESS_UNITS))},
            )
        )
        if number == 0:
            steps.append(expect_address(f"{TAKE}/{host}/15-here", host, holds=True))
    return Stage(
        name=TAKE,
        title=f"Let the {'old' if back else 'new'} hosts hold the virtual address",
        why="users come back to what they know" if back else "the databases are changed through it: it leads to copies",
        undo="let go again",
        lanes=(Lane(balancers[0], tuple(steps)),) if balancers else (),
    )
