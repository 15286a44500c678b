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
    """`before` must be new before `after` becomes new. Each is a project or a service; `*` is everything."""

    before: str
    after: str
    why: str
    source: Source


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

    def violations(self, services: Iterable[tuple[str, str]]) -> tuple[Edge, ...]:
        """The hard edges that a sequence of (project, service) breaks, in the order they are listed."""
        at = list(services)
        return tuple(edge for edge in self.hard_edges if _breaks(edge, at))

    def default_sequence(self) -> tuple[tuple[str, str], ...]:
        """The default order as (project, service)."""
        return tuple((turn.project, service) for turn in self.default for service in turn.services)

    def cycle(self) -> tuple[str, ...]:
        """The names on one circle of hard edges; empty when there is none, as it must be."""
        import networkx  # late: a quarter of a second, needed only when the catalog is checked

        graph: networkx.DiGraph[str] = networkx.DiGraph((edge.before, edge.after) for edge in self.hard_edges)
        try:
            return tuple(before for before, _ in networkx.find_cycle(graph))
        except networkx.NetworkXNoCycle:
            return ()


def _breaks(edge: Edge, sequence: list[tuple[str, str]]) -> bool:
    first = [i for i, step in enumerate(sequence) if edge.before in step]
    second = [i for i, step in enumerate(sequence) if edge.before not in step and edge.after in (*step, EVERYTHING)]
    return bool(first and second) and max(first) > min(second)
