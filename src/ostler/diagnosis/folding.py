"""From findings on the parts of a cloud to causes, with what follows from each.

A finding either shows that its part is itself broken, or only that the part does not do its work (a symptom). A part
that is itself broken is explained by what it stands on; one that shows symptoms also by all that it asks for its work.
What nothing broken explains is a cause; several of them are several causes. How sure it is that one is a root cause
is a product of the few factors below: no cloud gives enough cases to fit more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from ostler.diagnosis.leaning import Leaning
from ostler.errors import Finding, Severity
from ostler.rules.component import Component

OWN, SYMPTOM = 0.97, 0.6
"""How sure it is that what nothing explains is a root cause: when it is itself broken, and when it only shows that it
does not do its work (the reason was not seen then)."""

WARNING_ONLY = 0.8
"""A warning (something that need not be felt) is less often what the operator looks for than a failure."""

IDLE = 0.9
"""So much less sure is a cause from which nothing follows, when something follows from others."""

UNSEEN = 0.85
"""The same for what does not do its work, when something on its host could not be read."""

GRAVITY = {Severity.FAILURE: 0, Severity.WARNING: 1, Severity.NOTE: 2}
LAST = float("inf")


@dataclass(frozen=True)
class Broken:
    """A part, and all that was found of it, the weightiest first."""

    part: Component
    findings: tuple[Finding, ...]
    is_own: bool
    first_error: float = LAST

    @property
    def gravity(self) -> int:
        return GRAVITY[self.findings[0].severity]


@dataclass(frozen=True)
class Node:
    """A broken part in the tree of a cause, and what follows from it."""

    broken: Broken
    followed_by: tuple[Node, ...] = ()

    def all(self) -> list[Broken]:
        """This part and all that follow, from the top."""
        return [self.broken, *(each for node in self.followed_by for each in node.all())]


@dataclass(frozen=True)
class Cause:
    """What is broken and explained by nothing else: one part, or the same fault on several hosts. ``nodes`` are the
    parts, each with its consequences; ``confidence`` is from 0 to 1."""

    nodes: tuple[Node, ...]
    confidence: float

    @property
    def first(self) -> Broken:
        return self.nodes[0].broken

    @property
    def finding(self) -> Finding:
        return self.first.findings[0]

    def all(self) -> list[Broken]:
        return [each for node in self.nodes for each in node.all()]


@dataclass
class _Graph:
    """Which broken parts explain which: for each part those it may come from, with the number of steps, and which of
    them it stands on."""

    of: dict[Component, Broken]
    above: dict[Component, dict[Component, int]] = field(default_factory=dict)
    stood_on: dict[Component, Collection[Component]] = field(default_factory=dict)


def fold(
    findings: Sequence[Finding],
    leaning: Callable[[Collection[Component]], Leaning],
    part_of: Callable[[Finding], Component],
    symptoms: Collection[str],
    first_errors: Mapping[Component, float],
    unseen: Collection[str] = (),
    closer: Collection[str] = (),
) -> list[Cause]:
    """Return the causes, the likeliest first.

    ``leaning`` makes the graph for the parts that are broken; ``symptoms`` are the codes of findings that only show
    that a part does not do its work; ``first_errors`` tell when each part's first error was logged (seconds since the
    epoch); ``unseen`` are hosts of which something could not be read; ``closer`` are the codes of rules that are judged
    in a diagnosis alone.
    """
    broken = _gathered(findings, part_of, symptoms, first_errors, closer)
    graph = _explained(broken, leaning(broken.keys()))
    chosen = _chosen(graph)
    follow: dict[Component, list[Component]] = {}
    for part, cause in chosen.items():
        if cause is not None:
            follow.setdefault(cause, []).append(part)

    def node(part: Component) -> Node:
        below = sorted(follow.get(part, ()), key=lambda each: (broken[each].gravity, broken[each].first_error, each))
        return Node(broken[part], tuple(node(each) for each in below))

    return _ranked([node(part) for part, cause in chosen.items() if cause is None], unseen)


def _gathered(
    findings: Sequence[Finding],
    part_of: Callable[[Finding], Component],
    symptoms: Collection[str],
    first_errors: Mapping[Component, float],
    closer: Collection[str],
) -> dict[Component, Broken]:
    """The broken parts. Of one part what is itself broken comes before symptoms, then the graver, then what was looked
    for in a diagnosis alone: it says more."""
    by_part: dict[Component, list[Finding]] = {}
    for finding in findings:
        by_part.setdefault(part_of(finding), []).append(finding)
    found = {}
    for part, of_part in by_part.items():
        of_part.sort(key=lambda each: (each.code in symptoms, GRAVITY[each.severity], each.code not in closer))
        is_own = of_part[0].code not in symptoms
        found[part] = Broken(part, tuple(of_part), is_own, first_errors.get(part, LAST))
    return found


def _explained(broken: dict[Component, Broken], leaning: Leaning) -> _Graph:
    graph = _Graph(broken)
    for part, each in broken.items():
        beneath = leaning.beneath(part, through_asking=not each.is_own)
        graph.above[part] = {
            other: steps for other, steps in beneath.items() if other in broken and _may_explain(broken[other], each)
        }
        graph.stood_on[part] = leaning.beneath(part, through_asking=False).keys()
    return graph


def _may_explain(lower: Broken, higher: Broken) -> bool:
    """A disk that is nearly full does not explain a service that was stopped."""
    return lower.gravity <= higher.gravity or not higher.is_own


def _chosen(graph: _Graph) -> dict[Component, Component | None]:
    """For each broken part the one it is shown under; None for causes.

    Parts that lean on each other in a circle have one cause among them: what is itself broken before symptoms, the
    graver, what failed first. Every part is then shown under the nearest one that a cause explains.
    """
    lower = {part: [other for other in above if _is_below(graph, other, part)] for part, above in graph.above.items()}

    def nearest(part: Component) -> Component | None:
        def order(other: Component) -> tuple[int, bool, bool, tuple[bool, int, float, Component]]:
            is_asked = other not in graph.stood_on[part]
            return graph.above[part][other], is_asked, not lower[other], _rank(graph.of[other])

        return min(lower[part], key=order, default=None)

    found = {part: nearest(part) for part in lower}
    _open_circles(graph, found)
    return found


def _open_circles(graph: _Graph, found: dict[Component, Component | None]) -> None:
    """Where parts are shown under each other in a circle after all, the first of them is a cause."""
    for part in found:
        way: list[Component] = []
        at: Component | None = part
        while at is not None and at not in way:
            way.append(at)
            at = found[at]
        if at is not None:
            found[min(way[way.index(at) :], key=lambda each: _rank(graph.of[each]))] = None


def _is_below(graph: _Graph, lower: Component, part: Component) -> bool:
    """Whether a part that explains another is not explained by it in turn, or comes first among the two."""
    if part not in graph.above[lower]:
        return True
    return _rank(graph.of[lower]) < _rank(graph.of[part])


def _rank(broken: Broken) -> tuple[bool, int, float, Component]:
    return (not broken.is_own, broken.gravity, broken.first_error, broken.part)


def _ranked(nodes: list[Node], unseen: Collection[str]) -> list[Cause]:
    def alike(node: Node) -> tuple[str, str, str]:
        return node.broken.findings[0].code, node.broken.part.kind, node.broken.part.name

    together = [list(same) for _, same in groupby(sorted(nodes, key=lambda n: (*alike(n), n.broken.part)), key=alike)]
    is_felt = any(node.followed_by for node in nodes)
    causes = [Cause(tuple(same), _confidence(same, is_felt, unseen)) for same in together]
    return sorted(causes, key=_order)


def _order(cause: Cause) -> tuple[float, int, float, Component]:
    return (
        -cause.confidence,
        -len(cause.all()),
        min(node.broken.first_error for node in cause.nodes),
        cause.first.part,
    )


def _confidence(nodes: Sequence[Node], is_felt: bool, unseen: Collection[str]) -> float:
    first = nodes[0].broken
    sure = OWN if first.is_own else SYMPTOM
    sure *= WARNING_ONLY if first.gravity else 1.0
    sure *= IDLE if is_felt and not any(node.followed_by for node in nodes) else 1.0
    return sure * (UNSEEN if not first.is_own and any(node.broken.part.host in unseen for node in nodes) else 1.0)
