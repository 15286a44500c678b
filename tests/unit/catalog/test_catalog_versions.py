"""Every published version belongs to one release, and every release to its versions: those the package index has, and
those OpenStack itself records."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from ostler.catalog import Versions, load_catalog
from ostler.catalog.numbering import numbers, release_of

CATALOG = load_catalog()
ORDER = CATALOG.all_releases.order
EVERY = sorted((*CATALOG.project_names, *CATALOG.listed_names))
NUMBERED = [name for name in EVERY if name != "gnocchi"]


def words_of(file: str) -> dict[str, list[str]]:
    """What a file beside this one lists, by project."""
    found: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / file).read_text().splitlines():
        if not line.startswith("#"):
            name, _, words = line.partition(": ")
            found.setdefault(name, []).extend(words.split())
    return found


PUBLISHED, RELEASED = words_of("published_versions.txt"), words_of("released_versions.txt")
ENDED_BEFORE = "2025.1"
"""From this release on there were newer versions after the day RELEASED was read."""


def versions_of(name: str) -> Mapping[str, Versions]:
    if name in CATALOG.listed_names:
        return CATALOG.listed(name).versions
    return {**CATALOG.past(name).data.versions, **CATALOG.project(name).data.versions}


def test_there_are_published_versions_of_every_project_that_follows_releases() -> None:
    assert sorted(PUBLISHED) == NUMBERED
    assert sum(len(versions) for versions in PUBLISHED.values()) > 1000


@pytest.mark.parametrize("name", NUMBERED)
def test_every_published_version_lies_within_the_one_release_it_tells(name: str) -> None:
    known = versions_of(name)
    for version in PUBLISHED[name]:
        release = CATALOG.release_of(name, version)
        assert release is not None, version
        within = [r for r, of in known.items() if numbers(of.first) <= numbers(version) <= numbers(of.last)]
        assert within == [release], version


@pytest.mark.parametrize("name", NUMBERED)
def test_releases_have_the_versions_that_openstack_records(name: str) -> None:
    known = versions_of(name)
    recorded = dict(word.split("=") for word in RELEASED[name])
    assert set(known) - set(recorded) <= {"2026.2"}
    for release, versions in recorded.items():
        first, last = versions.split("/")
        assert known[release].first == first, release
        assert numbers(known[release].last) >= numbers(last), release
        if ORDER.index(release) < ORDER.index(ENDED_BEFORE):
            assert known[release].last == last, release


def test_openstack_records_versions_of_every_project_that_follows_releases() -> None:
    assert sorted(RELEASED) == NUMBERED


@pytest.mark.parametrize("name", NUMBERED)
def test_the_versions_of_a_release_lead_back_to_it(name: str) -> None:
    for release, versions in versions_of(name).items():
        assert numbers(versions.first) <= numbers(versions.last)
        assert CATALOG.release_of(name, versions.first) == release
        assert CATALOG.release_of(name, versions.last) == release
        assert CATALOG.release_of(name, f"2:{versions.last}-0ubuntu1") == release


@pytest.mark.parametrize("name", NUMBERED)
def test_ranges_of_releases_do_not_overlap_and_rise(name: str) -> None:
    known = versions_of(name)
    assert list(known) == [release for release in ORDER if release in known]
    later = [of for release, of in known.items() if release != "kilo"]  # whose versions were years
    assert all(numbers(old.last) < numbers(new.first) for old, new in pairwise(later))


@pytest.mark.parametrize("name", NUMBERED)
def test_a_project_is_in_every_release_since_its_first(name: str) -> None:
    known = list(versions_of(name))
    assert tuple(known) == ORDER[ORDER.index(known[0]) :]


@pytest.mark.parametrize(
    ("name", "version", "release"),
    [
        ("nova", "2015.1.4", "kilo"),
        ("nova", "17.0.13", "queens"),
        ("nova", "18.0.0.0rc1", "rocky"),
        ("nova", "35.0.0", None),
        ("horizon", "18.3.5", "ussuri"),
        ("horizon", "18.4.0", "victoria"),
        ("horizon", "22.1.9", "yoga"),
        ("horizon", "27.0.9", "2026.2"),
        ("horizon", "27.1.0", None),
        ("swift", "2.35.4", "2025.1"),
        ("swift", "1.0.2", None),
        ("ironic", "1:32.1.0-1.el9", "2025.2"),
        ("gnocchi", "4.7.1", None),
        ("placement", "0.1.0", None),
        ("heat", "", None),
        ("heat", "newest", None),
    ],
)
def test_a_version_of_any_project_tells_its_release(name: str, version: str, release: str | None) -> None:
    assert CATALOG.release_of(name, version) == release


def test_a_version_by_range_may_be_newer_than_those_on_record_of_its_release() -> None:
    known = {"old": Versions(first="1.2.0", last="1.4.0"), "new": Versions(first="2.0.0", last="2.0.3")}
    assert [release_of(v, known, "by_range") for v in ("1.1.0", "1.9.0", "2.0.9", "2.1.0")] == [
        None,
        "old",
        "new",
        None,
    ]
