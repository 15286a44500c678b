"""The data files fit their schemas and agree with each other."""

import re
from itertools import pairwise

import pytest

from ostler.catalog import Catalog, Project, load_catalog
from ostler.catalog.command import Meaning
from ostler.facts.predicate import OPERATIONS
from ostler.facts.registry import FACTS

CATALOG = load_catalog()
RELEASES = ("2023.1", "2023.2", "2024.1", "2024.2", "2025.1", "2025.2", "2026.1", "2026.2")
PROJECTS = ("cinder", "glance", "keystone", "neutron", "nova", "placement")
EVERY = [(project, release) for project in PROJECTS for release in RELEASES]


def test_the_six_projects_are_there() -> None:
    assert CATALOG.project_names == PROJECTS


def test_the_eight_releases_are_there_in_order() -> None:
    assert CATALOG.releases.order == RELEASES


@pytest.mark.parametrize("name", PROJECTS)
def test_every_release_has_a_version_and_versions_rise_with_releases(name: str) -> None:
    project = CATALOG.project(name)
    assert project.releases == RELEASES
    majors = [int(project.version(release).split(".")[0]) for release in RELEASES]
    assert all(b == a + 1 for a, b in pairwise(majors))
    for release in RELEASES:
        versions = project.versions(release)
        assert _numbers(versions.first) <= _numbers(versions.last)
        assert project.release_of(versions.first) == project.release_of(versions.last) == release


@pytest.mark.parametrize(("name", "release"), EVERY)
def test_every_service_is_started_by_exactly_one_entry_point(name: str, release: str) -> None:
    project = CATALOG.project(name)
    for service in project.services(release, optional=True):
        matching = [e for e in service.entry_points if e.is_true_in(release, project.order)]
        assert len(matching) == 1, service.name
        assert service.unit == f"{service.name}.service"
        assert service.log_file.startswith(f"{project.log_dir}/")


@pytest.mark.parametrize(("name", "release"), EVERY)
def test_a_process_is_recognised_by_what_starts_it(name: str, release: str) -> None:
    project = CATALOG.project(name)
    for service in project.services(release, optional=True):
        entry = project.entry_point(service.name, release)
        line = f"/opt/venv/bin/uwsgi --module {entry.target}:application"
        if entry.kind != "wsgi_module":
            line = f"/opt/venv/bin/python /opt/venv/bin/{entry.target} --config-file x"
        found = {s.name for s in project.services(release, optional=True) if re.search(s.process, line)}
        assert found == {service.name}


@pytest.mark.parametrize(("name", "release"), EVERY)
def test_every_database_has_expected_heads(name: str, release: str) -> None:
    project = CATALOG.project(name)
    for database in project.databases:
        heads = project.heads(database.name, release)
        assert set(heads) in ({"main"}, {"expand", "contract"})
        assert project.version_rows(database.name, release) <= set(heads.values())


@pytest.mark.parametrize("name", PROJECTS)
def test_schema_phases_cover_every_branch_of_every_database(name: str) -> None:
    project = CATALOG.project(name)
    known = {database.name for database in project.databases}
    phases = project.schema_phases("2025.1")
    assert {database for phase in phases for database in phase.databases} == known
    for phase in phases:
        assert phase.code == "target"
        assert phase.is_point_of_no_return == (phase.phase == "contract")
        assert phase.turn == ("after_old" if phase.phase == "contract" else "before_new")


@pytest.mark.parametrize("name", PROJECTS)
def test_commands_are_programs_of_the_project_with_its_own_files(name: str) -> None:
    project = CATALOG.project(name)
    data = project.data
    for command in (*data.schema_phases, *data.online_migrations, *data.status_checks):
        assert command.argv[0].startswith(f"{name}-")
        assert set(project.config_files) <= set(command.argv)
        assert command.meaning(0, "2025.1", RELEASES) is Meaning.DONE
        assert command.meaning(99, "2025.1", RELEASES) is Meaning.UNKNOWN


@pytest.mark.parametrize("release", RELEASES)
def test_ports_and_backends_are_each_used_once(release: str) -> None:
    apis = [s.api for p in CATALOG.projects for s in p.services(release) if s.api]
    assert len({api.port for api in apis}) == len(apis)
    assert {(api.backend, api.port) for api in apis} == {
        ("keystone", 5000),
        ("glance-api", 9292),
        ("placement-api", 8778),
        ("nova-api", 8774),
        ("nova-metadata", 8775),
        ("neutron-api", 9696),
        ("cinder-api", 8776),
    }


def test_patterns_of_false_severities_are_regular_expressions() -> None:
    for project in CATALOG.projects:
        for check in project.data.status_checks:
            for false in check.false_severities:
                assert re.compile(false.pattern)
                assert false.exit_code in {known.code for known in check.exits}
                if false.unless:
                    assert false.unless.fact in FACTS
                    assert false.unless.operation in OPERATIONS
                    assert false.check, "a crash is judged without looking at the cloud"


def test_configuration_changes_name_known_projects_releases_and_files() -> None:
    for hop in (hop for release in RELEASES for hop in CATALOG.hops_from(release)):
        for name in PROJECTS:
            for change in CATALOG.config_changes(hop, name):
                assert change.since in RELEASES
                assert change.file in CATALOG.project(name).config_files


def test_configuration_changes_of_a_slurp_hop_include_those_of_the_release_it_passes() -> None:
    for name in PROJECTS:
        slurp, *adjacent = (
            CATALOG.config_changes(CATALOG.hop(*hop), name)
            for hop in (("2024.1", "2025.1"), ("2024.1", "2024.2"), ("2024.2", "2025.1"))
        )
        assert set(slurp) == {change for changes in adjacent for change in changes}
    assert CATALOG.config_changes(CATALOG.hop("2024.1", "2025.1"), "nova")


def test_reading_twice_gives_the_same_object() -> None:
    assert load_catalog() is CATALOG
    assert CATALOG.project("nova") is CATALOG.project("nova")
    assert isinstance(Catalog().project("nova"), Project)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
