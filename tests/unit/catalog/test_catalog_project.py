"""Questions about one project."""

import pytest

from ostler.catalog import load_catalog
from ostler.errors import InputError

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("29.0.0", "2024.1"),
        ("29.9.9", "2024.1"),
        ("31.0.0.0rc1", "2025.1"),
        ("3:31.0.0-0ubuntu1.2", "2025.1"),
        ("11.0.0", None),
        ("290.0.0", None),
        ("", None),
    ],
)
def test_a_version_tells_its_release(version: str, release: str | None) -> None:
    assert CATALOG.project("nova").release_of(version) == release


def test_neutron_server_is_replaced_by_three_services_in_2025_1() -> None:
    neutron = CATALOG.project("neutron")
    assert [s.name for s in neutron.services("2024.2")] == ["neutron-server"]
    assert [s.name for s in neutron.services("2025.1") if "neutron-server" in s.replaces] == [
        "neutron-rpc-server",
        "neutron-api",
        "neutron-periodic-workers",
    ]


@pytest.mark.parametrize(
    ("project", "service", "release", "target"),
    [
        ("keystone", "keystone", "2024.1", "keystone-wsgi-public"),
        ("keystone", "keystone", "2024.2", "keystone.wsgi.api"),
        ("glance", "glance-api", "2024.2", "glance-wsgi-api"),
        ("glance", "glance-api", "2025.1", "glance.wsgi.api"),
        ("placement", "placement-api", "2025.1", "placement.wsgi.api"),
        ("nova", "nova-api", "2024.1", "nova-api-wsgi"),
        ("nova", "nova-api", "2024.2", "nova.wsgi.osapi_compute"),
        ("nova", "nova-metadata", "2025.1", "nova.wsgi.metadata"),
        ("cinder", "cinder-api", "2025.1", "cinder.wsgi.api"),
        ("nova", "nova-compute", "2026.2", "nova-compute"),
    ],
)
def test_entry_points_move_between_releases(project: str, service: str, release: str, target: str) -> None:
    assert CATALOG.project(project).entry_point(service, release).target == target


def test_optional_services_are_left_out_unless_asked_for() -> None:
    nova = CATALOG.project("nova")
    assert "nova-novncproxy" not in [s.name for s in nova.services("2025.1")]
    assert "nova-novncproxy" in [s.name for s in nova.services("2025.1", optional=True)]
    assert [s.name for s in nova.services("2025.1", "compute")] == ["nova-compute"]


def test_2024_1_to_2025_1_changes_only_nova_and_neutron() -> None:
    changes = [c for p in CATALOG.projects for c in p.schema_changes("2024.1", "2025.1")]
    assert [(c.database, c.branch) for c in changes] == [
        ("neutron", "expand"),
        ("nova_cell0", "main"),
        ("nova", "main"),
    ]


def test_glances_table_keeps_no_row_for_expand_once_it_is_contracted() -> None:
    assert CATALOG.project("glance").version_rows("glance", "2025.1") == {"2024_1_contract01"}


@pytest.mark.parametrize(
    ("project", "option"), [("nova", "--max-count"), ("placement", "--max-count"), ("cinder", "--max_count")]
)
def test_the_batch_option_is_spelled_as_each_project_spells_it(project: str, option: str) -> None:
    migration = CATALOG.project(project).online_migration("2025.1")
    assert migration is not None and migration.batch_option == option


@pytest.mark.parametrize("project", ["keystone", "glance", "neutron"])
def test_projects_without_online_migrations_say_so(project: str) -> None:
    assert CATALOG.project(project).online_migration("2025.1") is None


def test_only_glance_of_2026_2_is_known_to_crash_its_check() -> None:
    glance = CATALOG.project("glance")
    check = glance.status_check("2026.2")
    assert check is not None
    crash = next(false for false in check.false_severities if false.exit_code == 255)
    assert crash.is_true_in("2026.2", glance.order)
    assert not crash.is_true_in("2026.1", glance.order)


def test_an_unknown_project_names_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.project("neutorn")
    assert caught.value.code == "catalog.unknown-project"
    assert caught.value.do_next == "did you mean neutron?"


def test_an_unknown_service_names_those_there_are() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.project("neutron").service("neutron-server", "2025.1")
    assert caught.value.code == "catalog.unknown-service"
    assert "neutron-rpc-server" in caught.value.do_next


def test_a_release_without_the_project_is_told() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.project("nova").version("2027.1")
    assert caught.value.code == "catalog.not-in-release"
