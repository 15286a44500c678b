"""What lies below OpenStack: steps are closed and go up; every fact of the catalog has a source with a day."""

import dataclasses
import re
from collections.abc import Iterator, Mapping

import pytest

from ostler.catalog import Source, load_catalog
from ostler.catalog.infrastructure import series
from ostler.catalog.numbering import numbers
from ostler.errors import InputError

CATALOG = load_catalog()
COMPONENTS = {component.name: component for component in CATALOG.infrastructure.components}


def test_the_components_are_those_openstack_stands_on() -> None:
    assert list(COMPONENTS) == ["rabbitmq", "mariadb", "ceph", "python"]


@pytest.mark.parametrize("name", COMPONENTS)
def test_steps_lead_up_from_one_known_version_to_another(name: str) -> None:
    component = COMPONENTS[name]
    versions = [known.version for known in component.versions]
    assert versions == sorted(versions, key=numbers)
    for step in component.steps:
        assert versions.index(step.source_version) < versions.index(step.target_version)
    assert bool(component.steps) == (component.steps_source is not None)
    assert component.demands


def test_rabbitmq_passes_over_no_minor_version_but_those_that_were_allowed() -> None:
    steps = {(step.source_version, step.target_version) for step in COMPONENTS["rabbitmq"].steps}
    assert ("3.11", "3.12") in steps and ("3.13", "4.2") in steps
    assert ("3.11", "3.13") not in steps and ("3.12", "4.0") not in steps


@pytest.mark.parametrize(
    ("name", "source", "target", "way"),
    [
        ("rabbitmq", "3.6", "3.10", ("3.6", "3.7", "3.8", "3.9", "3.10")),
        ("rabbitmq", "3.12", "4.2", ("3.12", "3.13", "4.2")),
        ("rabbitmq", "3.13", "3.13", ("3.13",)),
        ("rabbitmq", "4.0", "3.13", ()),
        ("mariadb", "10.3", "10.11", ("10.3", "10.4", "10.5", "10.6", "10.11")),
    ],
)
def test_the_fewest_steps_lead_from_one_version_to_another(
    name: str, source: str, target: str, way: tuple[str, ...]
) -> None:
    assert COMPONENTS[name].way(source, target) == way


def known_with(name: str, release: str) -> tuple[str, ...]:
    return COMPONENTS[name].known_with(CATALOG.all_releases.release(release), CATALOG.all_releases.order)


def test_a_release_is_known_with_what_its_tests_meet_and_what_was_seen() -> None:
    assert known_with("rabbitmq", "2023.1") == ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
    assert known_with("rabbitmq", "2025.1") == ("3.9", "3.10", "3.12", "4.0")
    assert known_with("rabbitmq", "rocky") == ()
    assert known_with("mariadb", "rocky") == ("10.11",)
    assert known_with("mariadb", "2026.1") == ("10.11", "11.8")


def test_one_database_server_carries_every_way_from_the_first_release_on() -> None:
    planned = CATALOG.reaching("ocata").releases.order
    assert all("10.11" in known_with("mariadb", release) for release in planned)


def test_what_components_are_known_with_is_of_versions_distributions_and_releases_there_are() -> None:
    releases = CATALOG.all_releases
    tested = {name for each in releases.all for name in (*each.distributions, *each.upgrade_distributions)}
    for component in COMPONENTS.values():
        versions = {known.version for known in component.versions}
        assert set(component.shipped) <= tested
        assert bool(component.shipped) == (component.shipped_source is not None)
        assert {*component.shipped.values(), *(v for each in component.run_with for v in each.versions)} <= versions
        assert {end for each in component.run_with for end in (each.since, each.until)} <= set(releases.order)


@pytest.mark.parametrize(
    ("version", "of"), [("10.11.19-MariaDB-0+deb12u1", "10.11"), ("3.10.8", "3.10"), ("1:11.8.3", "11.8"), ("new", "")]
)
def test_a_version_tells_its_series(version: str, of: str) -> None:
    assert series(version) == of


def test_ceph_goes_up_two_majors_at_most() -> None:
    steps = COMPONENTS["ceph"].steps
    assert {int(step.target_version) - int(step.source_version) for step in steps} == {1, 2}


def test_an_unknown_component_names_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.components("rabitmq")
    assert (caught.value.code, caught.value.do_next) == ("catalog.unknown-component", "did you mean rabbitmq?")


def sources(value: object) -> Iterator[Source]:
    """Every source within a record, however deep."""
    if isinstance(value, Source):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from sources(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from sources(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from sources(each)


def test_every_source_names_a_place_and_a_day() -> None:
    projects = [get(name).data for get in (CATALOG.project, CATALOG.past) for name in CATALOG.project_names]
    listed = [CATALOG.listed(name) for name in CATALOG.listed_names]
    numbers_of_nova = [nova.at(r) for nova in (CATALOG.nova, CATALOG.past_nova) for r in nova.releases]
    releases = [CATALOG.source_of(release) for release in CATALOG.all_releases.all]
    whole = [CATALOG.order, CATALOG.whole_order, CATALOG.blockers, CATALOG.units, CATALOG.infrastructure]
    whole += [CATALOG.orphans, CATALOG.remnants]
    found = list(sources([projects, listed, numbers_of_nova, releases, whole]))
    assert len(found) > 200
    for source in found:
        assert len(source.where) > 3
        assert re.fullmatch(r"20\d{2}-[01]\d-[0-3]\d", source.date)


def test_units_are_of_services_that_exist() -> None:
    order = CATALOG.all_releases.order
    for names in CATALOG.units:
        past, now = CATALOG.past(names.project), CATALOG.project(names.project)
        assert names.service in {s.name for project in (past, now) for s in project.data.services}
        assert names.until is None or names.until in order
        units = [unit for unit in (names.debian, names.ubuntu, names.redhat) if unit]
        assert units and all(unit.endswith(".service") for unit in units)
