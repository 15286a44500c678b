"""The catalog that a way through past releases is planned with: past and present of a project as one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ostler.catalog import load_catalog
from ostler.errors import InputError

CATALOG = load_catalog()
WHOLE = CATALOG.reaching("pike")
OF_A_RELEASE = (
    "schema_phases",
    "online_migration",
    "status_check",
    "state_check",
    "extraction",
    "kept_versions",
    "deaf_enable",
)


def unranged(found: Any) -> Any:
    """Records without the releases they are true in: joining may bound them."""
    if isinstance(found, tuple):
        return tuple(map(unranged, found))
    return found and replace(found, since=None, until=None)


def test_only_a_past_release_needs_it() -> None:
    assert CATALOG.reaching("2023.1", "2026.2") is CATALOG
    assert CATALOG.reaching("zed", "2025.1") is WHOLE
    assert CATALOG.reaching("2023.1", "ocata") is WHOLE
    assert WHOLE.releases.order == CATALOG.all_releases.order[4:]
    assert WHOLE.reaching("2025.1", "pike") is WHOLE


@pytest.mark.parametrize("name", CATALOG.project_names)
def test_every_release_of_a_project_is_as_its_own_file_says(name: str) -> None:
    project = WHOLE.project(name)
    assert project.releases == (*CATALOG.past(name).releases, *CATALOG.project(name).releases)
    for release in project.releases:
        own = CATALOG.project_in(name, release)
        assert own is not None
        for question in OF_A_RELEASE:
            assert unranged(getattr(project, question)(release)) == unranged(getattr(own, question)(release)), question
        services = project.services(release, optional=True)
        assert [s.name for s in services] == [s.name for s in own.services(release, optional=True)]
        assert [project.entry_point(s.name, release) for s in services] == [
            own.entry_point(s.name, release) for s in services
        ]
        for database in own.databases:
            for question in ("heads", "version_table", "schema_floor", "version_rows"):
                assert getattr(project, question)(database.name, release) == getattr(own, question)(
                    database.name, release
                )


def test_nova_is_known_between_all_of_them() -> None:
    assert WHOLE.nova.at("pike") == CATALOG.past_nova.at("pike")
    assert WHOLE.nova.at("2025.1") == CATALOG.nova.at("2025.1")


def test_a_way_goes_by_every_release_before_2023_1_and_by_those_that_are_promised_after() -> None:
    assert [hop.target.id for hop in CATALOG.way("xena", "2025.1")] == ["yoga", "zed", "2023.1", "2024.1", "2025.1"]
    assert [hop.target.id for hop in CATALOG.way("ocata", "rocky")] == ["pike", "queens", "rocky"]
    assert CATALOG.way("2023.1", "2025.1") == tuple(CATALOG.releases.chain("2023.1", "2025.1"))


@pytest.mark.parametrize(
    ("source", "target", "code", "do_next"),
    [
        ("newton", "2025.1", "catalog.release-not-planned", "bring the cloud to ocata"),
        ("pike", "mitaka", "catalog.release-not-planned", ""),
        ("rocky", "pike", "catalog.no-such-hop", "going back is not an upgrade"),
        ("2024.1", "zed", "catalog.no-such-hop", "going back is not an upgrade"),
    ],
)
def test_where_no_way_leads_it_is_said(source: str, target: str, code: str, do_next: str) -> None:
    with pytest.raises(InputError) as refused:
        CATALOG.way(source, target)
    assert refused.value.code == code
    assert do_next in refused.value.do_next


def test_a_cloud_may_be_of_a_release_that_only_stopped_ways_leave() -> None:
    assert CATALOG.release_of_cloud("ocata").id == "ocata"
    with pytest.raises(InputError, match="newton"):
        CATALOG.release_of_cloud("newton")
