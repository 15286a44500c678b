"""At which release databases are, by their revisions."""

from __future__ import annotations

import pytest

from ostler.catalog import load_catalog
from ostler.errors import InputError
from ostler.rehearsal.standing import Said, demand_whole, owners, source_of

CATALOG = load_catalog()


def revisions(release: str, *databases: str) -> dict[str, frozenset[str]]:
    projects = owners(CATALOG, dict.fromkeys(databases, "x.sql"))
    return {name: project.version_rows(name, release) for name, project in projects.items()}


def test_revisions_that_only_one_release_has_tell_it() -> None:
    assert source_of(CATALOG, revisions("2024.1", "neutron", "keystone"), "2025.1", None) == "2024.1"


@pytest.mark.parametrize(
    ("at", "release"),
    [
        ({"nova_api": "31", "nova_cell0": "347", "nova": "347", "cinder": "96"}, "ocata"),
        ({"keystone": "44", "nova_api": "52", "nova_cell0": "378", "nova": "378"}, "queens"),
        ({"cinder": "132", "placement": "b5c396305c25"}, "train"),
        ({"glance": "pike01"}, "pike"),
        ({"glance": "pike_contract01"}, "pike"),
    ],
)
def test_revisions_of_releases_before_those_that_are_planned_tell_them_too(at: dict[str, str], release: str) -> None:
    found = {name: frozenset({revision}) for name, revision in at.items()}
    assert source_of(CATALOG, found, "2025.1", None) == release


def test_several_releases_of_one_schema_are_asked_about() -> None:
    at = revisions("2024.1", "keystone")
    with pytest.raises(InputError, match=r"2024\.1, 2024\.2 are the same") as refused:
        source_of(CATALOG, at, "2025.1", None)
    assert refused.value.code == "rehearsal.several-releases"
    assert source_of(CATALOG, at, "2025.1", Said("2024.1")) == "2024.1"


@pytest.mark.parametrize(
    ("at", "target", "asked", "code"),
    [
        ({"nova": frozenset({"half"})}, "2025.1", None, "rehearsal.unknown-revision"),
        ({"nova": frozenset()}, "2025.1", None, "rehearsal.unknown-revision"),
        (revisions("2024.1", "neutron") | revisions("2025.1", "nova"), "2026.1", None, "rehearsal.releases-differ"),
        (revisions("2025.1", "neutron"), "2025.1", None, "rehearsal.not-before-target"),
        ({"cinder": frozenset({"79"})}, "rocky", None, "rehearsal.too-old"),
        (revisions("2026.1", "neutron"), "2025.1", None, "rehearsal.not-before-target"),
        (revisions("2024.1", "neutron"), "2025.1", "2023.1", "rehearsal.another-release"),
    ],
)
def test_databases_that_no_way_leads_from_are_refused(
    at: dict[str, frozenset[str]], target: str, asked: str | None, code: str
) -> None:
    with pytest.raises(InputError) as refused:
        source_of(CATALOG, at, target, Said(asked) if asked else None)
    assert refused.value.code == code
    assert refused.value.do_next


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (revisions("2024.1", "neutron")["neutron"], ", as neutron in 2024.1 has"),
        (frozenset({"347"}), "347, as nova_cell0 in ocata and nova in ocata has"),
    ],
)
def test_a_revision_of_another_database_says_whose_it_is(at: frozenset[str], found: str) -> None:
    with pytest.raises(InputError) as refused:
        source_of(CATALOG, {"cinder": at}, "2025.1", None)
    assert refused.value.code == "rehearsal.unknown-revision"
    assert (refused.value.found or "").endswith(found)


def test_what_contradicts_the_cloud_file_says_so() -> None:
    said = Said("2024.1", "the cloud file", "set `release`")
    assert source_of(CATALOG, revisions("2024.1", "keystone"), "2025.1", said) == "2024.1"
    with pytest.raises(InputError, match=r"neutron is not at 2024\.1, as the cloud file says") as refused:
        source_of(CATALOG, revisions("2025.1", "neutron"), "2026.1", said)
    assert (refused.value.code, refused.value.found) == ("rehearsal.another-release", "2025.1")
    assert refused.value.do_next == "set `release`"


def test_a_database_that_is_nobodys_and_one_that_is_missing_are_named() -> None:
    with pytest.raises(InputError, match=r"'shop', from dump\.sql") as unknown:
        owners(CATALOG, {"shop": "dump.sql"})
    assert "nova_api" in (unknown.value.expected or "")
    with pytest.raises(InputError, match="nova cannot be rehearsed without nova_api, nova_cell0"):
        demand_whole(owners(CATALOG, {"nova": "a", "keystone": "b"}))
    demand_whole(owners(CATALOG, dict.fromkeys(("nova", "nova_api", "nova_cell0"), "a")))
