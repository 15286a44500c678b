"""Whether a plan keeps the hard order: looked up in the plan that was made, whatever the default order says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ostler.catalog.catalog import Catalog
from ostler.catalog.order import Edge, Move
from ostler.errors import Finding, Severity
from ostler.planning.model import Stage
from ostler.planning.upgrade.request import Scene, unit_of


def order_findings(scene: Scene, stages: Iterable[Stage]) -> list[Finding]:
    """A failure for each hard edge that the stages break: a plan that does is a bug, and must not be carried out."""
    return [_broken(edge) for edge in scene.catalog.order.violations(moves(scene.catalog, stages))]


def moves(catalog: Catalog, stages: Iterable[Stage]) -> Iterator[Move]:
    """When the services of a plan become new: where each is started for the first time."""
    names = {
        unit_of(service): (project.name, service.name)
        for project in catalog.projects
        for service in project.data.services
    }
    for at, stage in enumerate(stages):
        for lane in stage.lanes:
            for place, step in enumerate(lane.steps):
                if step.kind == "start-service" and step.host is not None:
                    for unit in step.params["units"]:
                        yield Move(*names[unit], host=step.host, stage=at, place=place)


def _broken(edge: Edge) -> Finding:
    where = " on the same host" if edge.is_per_host else ""
    return Finding(
        code="upgrade.order-not-kept",
        severity=Severity.FAILURE,
        subject=f"{edge.before} before {edge.after}",
        summary=f"this plan makes {edge.after} new before {edge.before}{where}, which OpenStack forbids: {edge.why}",
        found=f"{edge.after} first",
        expected=f"{edge.before} first ({edge.source.where})",
        do_next="do not carry it out; this is a bug in Ostler, please report it with the plan",
    )
