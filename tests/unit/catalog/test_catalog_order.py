"""The hard order, and the default that keeps it."""

import pytest

from ostler.catalog import load_catalog
from ostler.catalog.order import Order

CATALOG = load_catalog()
ORDER = CATALOG.order


def test_hard_edges_form_no_circle() -> None:
    assert ORDER.cycle() == ()


def test_a_circle_is_found() -> None:
    edge = ORDER.hard_edges[0]
    circle = Order(
        hard_edges=(
            type(edge)(before="a", after="b", why="", source=edge.source),
            type(edge)(before="b", after="a", why="", source=edge.source),
        ),
        default=(),
    )
    assert set(circle.cycle()) == {"a", "b"}


def test_the_default_order_keeps_every_hard_edge() -> None:
    assert ORDER.violations(ORDER.default_sequence()) == ()


@pytest.mark.parametrize("release", CATALOG.releases.order)
def test_the_default_order_has_every_service(release: str) -> None:
    listed = set(ORDER.default_sequence())
    for project in CATALOG.projects:
        for service in project.services(release, optional=True):
            assert (project.name, service.name) in listed


def test_names_of_the_order_are_projects_or_services() -> None:
    known = {"*", *CATALOG.project_names}
    for project in CATALOG.projects:
        known.update(service.name for service in project.data.services)
    assert {name for edge in ORDER.hard_edges for name in (edge.before, edge.after)} <= known


@pytest.mark.parametrize(
    ("sequence", "broken"),
    [
        ([("glance", "glance-api"), ("keystone", "keystone")], ["keystone"]),
        ([("nova", "nova-conductor"), ("placement", "placement-api")], ["placement"]),
        ([("nova", "nova-api"), ("nova", "nova-conductor")], ["nova-conductor"]),
        ([("cinder", "cinder-api"), ("cinder", "cinder-volume")], ["cinder-volume"]),
        ([("nova", "nova-compute"), ("nova", "nova-api")], ["nova-api"]),
        ([("glance", "glance-api"), ("placement", "placement-api")], []),
        ([("cinder", "cinder-api"), ("glance", "glance-api")], []),
    ],
)
def test_what_breaks_the_hard_order(sequence: list[tuple[str, str]], broken: list[str]) -> None:
    assert [edge.before for edge in ORDER.violations(sequence)] == broken
