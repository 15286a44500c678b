"""What the catalog knows of releases before those Ostler plans with fits together, and is kept apart from them."""

from itertools import pairwise

import pytest

from ostler.catalog import Catalog, Meaning, Project, ProjectCommand, load_catalog
from ostler.errors import InputError

CATALOG = load_catalog()
ORDER = CATALOG.all_releases.order
PAST = ORDER[: ORDER.index("2023.1")]
NAMES = CATALOG.project_names
EVERY = [(name, release) for name in NAMES for release in CATALOG.past(name).releases]
CHAIN = list(pairwise(PAST))


def commands(project: Project) -> list[ProjectCommand]:
    data = project.data
    return [*data.schema_phases, *data.online_migrations, *data.status_checks, *data.state_checks]


@pytest.mark.parametrize("name", NAMES)
def test_a_projects_past_ends_where_its_plans_begin(name: str) -> None:
    past, now = CATALOG.past(name), CATALOG.project(name)
    assert (past.name, past.package, past.user, past.config_dir) == (now.name, now.package, now.user, now.config_dir)
    first = "stein" if name == "placement" else "kilo"
    assert past.releases == PAST[PAST.index(first) :]
    assert now.releases == CATALOG.releases.order


@pytest.mark.parametrize(("name", "release"), EVERY)
def test_a_command_of_each_kind_is_found_once(name: str, release: str) -> None:
    data, order = CATALOG.past(name).data, ORDER
    for records in (data.online_migrations, data.status_checks, data.state_checks, data.kept_versions):
        assert sum(record.is_true_in(release, order) for record in records) <= 1
    phases = [phase.name for phase in data.schema_phases if phase.is_true_in(release, order)]
    assert len(set(phases)) == len(phases)


@pytest.mark.parametrize(("name", "release"), EVERY)
def test_an_exit_code_has_one_meaning_in_a_release(name: str, release: str) -> None:
    for command in commands(CATALOG.past(name)):
        codes = [known.code for known in command.exits if known.is_true_in(release, ORDER)]
        assert len(set(codes)) == len(codes), command.argv
        if command.is_true_in(release, ORDER):
            assert 0 in codes


@pytest.mark.parametrize("name", NAMES)
def test_past_commands_are_programs_of_the_project_with_its_own_files(name: str) -> None:
    past = CATALOG.past(name)
    for command in commands(past):
        assert command.argv[0].startswith(f"{name}-")
        assert set(past.config_files) <= set(command.argv)


@pytest.mark.parametrize(("name", "release"), EVERY)
def test_past_services_are_started_by_one_entry_point_and_connect_to_known_databases(name: str, release: str) -> None:
    past = CATALOG.past(name)
    known = {database.name for database in past.databases}
    for service in past.services(release, optional=True):
        assert sum(entry.is_true_in(release, ORDER) for entry in service.entry_points) == 1
        assert set(service.databases) <= known


@pytest.mark.parametrize(("name", "release"), EVERY)
def test_phases_cover_every_branch_of_every_database(name: str, release: str) -> None:
    past = CATALOG.past(name)
    phases = past.schema_phases(release)
    for database in past.databases:
        kinds = {phase.phase for phase in phases if database.name in phase.databases}
        branches = set(past.heads(database.name, release))
        assert kinds == {"sync"} if branches == {"main"} else {"expand", "contract"} <= kinds
        assert branches in ({"main"}, {"expand", "contract"}, {"expand", "data_migration", "contract"})
        assert ("data_migration" not in branches) or "migrate" in kinds


@pytest.mark.parametrize(("old", "new"), CHAIN)
def test_numbers_of_schemas_never_fall(old: str, new: str) -> None:
    for name in NAMES:
        for database in CATALOG.past(name).databases:
            before, after = database.heads.get(old, {}), database.heads.get(new, {})  # placement begins in Stein
            for branch in set(before) & set(after):
                if before[branch].isdigit() and after[branch].isdigit():
                    assert int(before[branch]) <= int(after[branch])


def test_a_floor_is_the_first_schema_that_is_old_enough() -> None:
    for name in NAMES:
        past = CATALOG.past(name)
        for database in past.databases:
            for floor in database.floors:
                reached = min(int(number) for number in past.heads(database.name, floor.release).values())
                before = PAST[PAST.index(floor.release) - 1]
                assert reached >= int(floor.revision)
                assert all(int(number) < int(floor.revision) for number in past.heads(database.name, before).values())


def test_revisions_lie_in_another_table_while_sqlalchemy_migrate_kept_them() -> None:
    nova, keystone = CATALOG.past("nova"), CATALOG.past("keystone")
    assert [nova.version_table("nova", r) for r in ("wallaby", "xena")] == ["migrate_version", "alembic_version"]
    assert [keystone.version_table("keystone", r) for r in ("yoga", "zed")] == ["migrate_version", "alembic_version"]
    assert CATALOG.past("neutron").version_table("neutron", "kilo") == "alembic_version"
    glance = CATALOG.past("glance")
    assert [glance.version_table("glance", r) for r in ("newton", "ocata")] == ["migrate_version", "alembic_version"]
    assert keystone.version_rows("keystone", "yoga") == {"79"}
    assert nova.schema_floor("nova", "wallaby") is not None and nova.schema_floor("nova", "victoria") is None


def test_the_last_past_schema_leads_to_the_first_planned_one() -> None:
    assert CATALOG.past("keystone").heads("keystone", "zed") == CATALOG.project("keystone").heads("keystone", "2023.1")
    assert CATALOG.past("placement").heads("placement", "zed")["main"] == "422ece571366"


@pytest.mark.parametrize(
    ("project", "release", "code", "output", "meaning"),
    [
        ("nova", "pike", 0, "Error attempting to run <function migrate_instances_add_request_spec>", Meaning.STUCK),
        ("nova", "pike", 0, "| migrate_flavors | 0 | 0 |", Meaning.DONE),
        ("nova", "stein", 0, "Error attempting to run <function x>", Meaning.DONE),
        ("nova", "rocky", 2, "Some migrations failed unexpectedly.", Meaning.STUCK),
        ("nova", "rocky", 2, "usage: nova-manage db online_data_migrations [-h]", Meaning.BAD_INPUT),
        ("nova", "queens", 2, "usage: nova-manage", Meaning.BAD_INPUT),
        ("nova", "train", 1, "", Meaning.AGAIN),
        ("nova", "ocata", 3, "", Meaning.UNKNOWN),
        ("nova", "mitaka", 1, "Must supply a positive value for max_number", Meaning.BAD_INPUT),
        ("nova", "newton", 0, "Error attempting to run <function migrate_flavors>", Meaning.STUCK),
        ("cinder", "queens", 0, "Error attempting to run shared_targets_online_data_migration", Meaning.STUCK),
        ("cinder", "rocky", 2, "", Meaning.STUCK),
        ("cinder", "ocata", 127, "", Meaning.BAD_INPUT),
    ],
)
def test_what_an_online_migration_ends_with_means(
    project: str, release: str, code: int, output: str, meaning: Meaning
) -> None:
    migration = CATALOG.past(project).online_migration(release)
    assert migration is not None
    assert migration.meaning(code, release, ORDER, output) is meaning


def test_each_release_carries_its_own_online_migrations() -> None:
    def names(release: str) -> set[str]:
        migration = CATALOG.past("nova").online_migration(release)
        return set(migration.names) if migration else set()

    assert names("rocky") - names("stein") == {"migrate_instances_add_request_spec"}
    assert "service_uuids_online_data_migration" in names("train") - names("ussuri")
    assert names("kilo") == {"migrate_flavor_data"} and CATALOG.past("nova").online_migration("liberty") is None
    assert names("newton") - names("ocata") == {"pcidevice_online_data_migration"}
    assert {CATALOG.past("cinder").online_migration(r).batch_option for r in ("ocata", "zed")} == {"--max_count"}  # type: ignore[union-attr]


def test_how_far_a_schema_is_shows_in_an_exit_code() -> None:
    check = CATALOG.past("keystone").state_check("queens")
    assert check is not None and check.argv[-2:] == ("db_sync", "--check")
    assert [check.meaning(code, "queens", ORDER) for code in (0, 2, 3, 4)] == [Meaning.DONE, *[Meaning.AGAIN] * 3]
    zed = CATALOG.past("keystone").state_check("zed")
    assert zed is not None and zed.meaning(3, "zed", ORDER) is Meaning.UNKNOWN
    assert CATALOG.past("glance").state_check("pike") is None
    assert CATALOG.past("neutron").state_check("liberty") is None


def test_facts_of_the_past_are_read_only_when_they_are_asked_for() -> None:
    catalog = Catalog()
    assert catalog.projects and catalog.nova and catalog.order and catalog.hops_from("2024.1")
    read_late = {"past_nova", "whole_order", "blockers", "infrastructure", "units", "all_releases"}
    assert read_late.isdisjoint(vars(catalog))
    assert vars(catalog)["_past"] == vars(catalog)["_listed"] == {}


@pytest.mark.parametrize("name", ["heat", "nvoa"])
def test_only_projects_ostler_upgrades_have_a_past(name: str) -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.past(name)
    assert caught.value.code == ("catalog.project-not-planned" if name == "heat" else "catalog.unknown-project")


def test_a_release_is_looked_up_in_the_past_too() -> None:
    assert CATALOG.project_in("nova", "rocky") is CATALOG.past("nova")
    assert CATALOG.project_in("nova", "2025.1") is CATALOG.project("nova")
    assert CATALOG.project_in("placement", "rocky") is None
