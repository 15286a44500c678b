"""The hard order, and the default that keeps it."""

from collections.abc import Iterable

import pytest

from ostler.catalog import load_catalog
from ostler.catalog.order import Move, Order

CATALOG = load_catalog()
ORDER = CATALOG.order
DEFAULT = [(turn.project, service) for turn in ORDER.default for service in turn.services]


def one_by_one(sequence: Iterable[tuple[str, str]]) -> list[Move]:
    """Each in a stage of its own."""
    return [Move(project, service, stage=at) for at, (project, service) in enumerate(sequence)]


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
    assert ORDER.violations(one_by_one(DEFAULT)) == ()


@pytest.mark.parametrize("release", CATALOG.releases.order)
def test_the_default_order_has_every_service(release: str) -> None:
    listed = set(DEFAULT)
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
    assert [edge.before for edge in ORDER.violations(one_by_one(sequence))] == broken


OVS, L3 = ("neutron", "neutron-openvswitch-agent"), ("neutron", "neutron-l3-agent")
CONDUCTOR, API = ("nova", "nova-conductor"), ("nova", "nova-api")


@pytest.mark.parametrize(
    ("moves", "is_broken"),
    [
        ([Move(*L3, "ctl1", 1), Move(*OVS, "cmp1", 2)], False),
        ([Move(*L3, "ctl1", 1), Move(*OVS, "ctl1", 2)], True),
        ([Move(*L3, "ctl1", 1, 1), Move(*OVS, "ctl1", 1, 0)], False),
        ([Move(*L3, "ctl1", 1, 0), Move(*OVS, "ctl1", 1, 1)], True),
        ([Move(*CONDUCTOR, "ctl1", 1), Move(*CONDUCTOR, "ctl2", 1), Move(*API, "ctl1", 2)], False),
        ([Move(*CONDUCTOR, "ctl1", 1, 0), Move(*API, "ctl1", 1, 1)], False),
        ([Move(*CONDUCTOR, "ctl2", 1, 0), Move(*API, "ctl1", 1, 1)], True),
        ([Move(*CONDUCTOR, "ctl2", 3), Move(*API, "ctl1", 2)], True),
    ],
)
def test_an_edge_holds_for_the_cloud_or_for_each_host_alone(moves: list[Move], is_broken: bool) -> None:
    assert bool(ORDER.violations(moves)) is is_broken
