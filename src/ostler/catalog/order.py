"""In which order things are upgraded: what must be so, and what is usually done.

The hard partial order holds only edges OpenStack's own documents demand; peers disagree about the rest,
so the rest is free. The default order is one way that respects it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ostler.catalog.record import Closed, Source

EVERYTHING = "*"


@dataclass(frozen=True, kw_only=True)
class Edge(Closed):
    """`before` must be new before `after` becomes new. Each is a project or a service; `*` is everything.

    `is_per_host` demands it only of services on the same host; otherwise it holds for the whole cloud.
    """

    before: str
    after: str
    is_per_host: bool = False
    why: str
    source: Source


@dataclass(frozen=True)
class Move:
    """A service of a project becomes new on a host: in the `stage`th stage, as the `place`th there. What different
    hosts do in the same stage is done in no certain order."""

    project: str
    service: str
    host: str = ""
    stage: int = 0
    place: int = 0


@dataclass(frozen=True, kw_only=True)
class Turn(Closed):
    """One turn of the default order: services of one project that become new, in this order.

    `services` that a release does not have are passed over.
    """

    project: str
    role: Literal["controller", "compute"]
    services: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Order(Closed):
    """The file order.yaml: the hard edges, and the default order of a rolling upgrade."""

    hard_edges: tuple[Edge, ...]
    default: tuple[Turn, ...]

    def violations(self, moves: Iterable[Move]) -> tuple[Edge, ...]:
        """The hard edges that some moves break, in the order they are listed."""
        made = list(moves)
        return tuple(edge for edge in self.hard_edges if _breaks(edge, made))

    def cycle(self) -> tuple[str, ...]:
        """The names on one circle of hard edges; empty when there is none, as it must be."""
        import networkx  # late: a quarter of a second, needed only when the catalog is checked

        graph: networkx.DiGraph[str] = networkx.DiGraph((edge.before, edge.after) for edge in self.hard_edges)
        try:
            return tuple(before for before, _ in networkx.find_cycle(graph))
        except networkx.NetworkXNoCycle:
            return ()


@dataclass(frozen=True, kw_only=True)
class WholeOrder(Closed):
    """The file whole_order.yaml: the hard edges between projects beyond those of `Order`, and one sequence of every
    project the catalog knows that respects all of them."""

    hard_edges: tuple[Edge, ...]
    sequence: tuple[str, ...]
    source: Source


def _breaks(edge: Edge, moves: list[Move]) -> bool:
    first = [move for move in moves if edge.before in (move.project, move.service)]
    second = [
        move
        for move in moves
        if edge.before not in (move.project, move.service) and edge.after in (move.project, move.service, EVERYTHING)
    ]
    return _in_wrong_order(first, second) or (
        not edge.is_per_host and bool(first and second) and _overlap_between_hosts(first, second)
    )


def _in_wrong_order(first: list[Move], second: list[Move]) -> bool:
    """Whether one of `first` comes after one of `second` on the same host."""
    last: dict[str, tuple[int, int]] = {}
    for move in first:
        last[move.host] = max(last.get(move.host, (-1, -1)), (move.stage, move.place))
    return any(last.get(move.host, (-1, -1)) > (move.stage, move.place) for move in second)


def _overlap_between_hosts(first: list[Move], second: list[Move]) -> bool:
    """Whether one of `first` comes in a later stage than one of `second`, or in the same one on another host."""
    latest, earliest = max(move.stage for move in first), min(move.stage for move in second)
    if latest != earliest:
        return latest > earliest
    hosts = {move.host for move in (*first, *second) if move.stage == latest}
    return len(hosts) > 1
