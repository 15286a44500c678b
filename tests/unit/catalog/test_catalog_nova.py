"""What must be edited for old nova code, and which computes new controllers bear."""

from itertools import pairwise

import pytest

from ostler.catalog import load_catalog
from ostler.errors import InputError

NOVA = load_catalog().nova


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("2025.1", "2024.1", [("services", None, "68", "67"), ("request_specs", "ImageMetaProps", "1.39", "1.37")]),
        ("2026.1", "2025.1", [("services", None, "72", "68"), ("request_specs", "ImageMetaProps", "1.42", "1.39")]),
        ("2025.2", "2025.1", [("services", None, "70", "68"), ("request_specs", "ImageMetaProps", "1.42", "1.39")]),
        ("2026.1", "2025.2", [("services", None, "72", "70")]),
        ("2024.2", "2024.1", [("request_specs", "ImageMetaProps", "1.38", "1.37")]),
        (
            "2024.1",
            "2023.1",
            [
                ("services", None, "67", "66"),
                ("request_specs", "RequestSpec", "1.15", "1.14"),
                ("request_specs", "ImageMetaProps", "1.37", "1.34"),
                ("build_requests", "Instance", "2.8", "2.7"),
            ],
        ),
        ("2025.1", "2025.1", []),
    ],
)
def test_edits_that_old_code_needs(new: str, old: str, expected: list[tuple[str, str | None, str, str]]) -> None:
    assert [(e.table, e.object_name, e.old, e.new) for e in NOVA.edits_for_return(new, old)] == expected


@pytest.mark.parametrize(("control", "floor"), [("2025.1", 66), ("2026.1", 68)])
def test_the_compute_floor(control: str, floor: int) -> None:
    assert NOVA.at(control).compute_floor == floor


def test_a_service_version_can_belong_to_two_releases() -> None:
    assert NOVA.at("2024.1").service_version == NOVA.at("2024.2").service_version == 67
    assert NOVA.at("2025.1").service_version == 68


def test_every_stored_object_has_a_version_in_every_release() -> None:
    releases = load_catalog().releases.order
    for old, new in pairwise(releases):
        NOVA.edits_for_return(new, old)


def test_computes_of_every_hop_are_borne_by_its_target() -> None:
    catalog = load_catalog()
    for release in catalog.releases.order:
        for hop in catalog.hops_from(release):
            assert NOVA.at(hop.source.id).service_version >= NOVA.at(hop.target.id).compute_floor, str(hop)


def test_a_release_without_facts_is_told() -> None:
    with pytest.raises(InputError) as caught:
        NOVA.at("rocky")
    assert caught.value.code == "catalog.not-in-release"


PAST = load_catalog().past_nova
EVERY = [(release, nova.at(release)) for nova in (PAST, NOVA) for release in nova.releases]


def test_numbers_are_known_of_every_release_and_never_fall() -> None:
    assert tuple(release for release, _ in EVERY) == load_catalog().all_releases.order
    for (_, old), (release, new) in pairwise(EVERY):
        assert old.service_version <= new.service_version, release
        assert old.compute_floor <= new.compute_floor, release
        assert _numbers(old.min_libvirt) <= _numbers(new.min_libvirt), release
        assert _numbers(old.min_qemu) <= _numbers(new.min_qemu), release


def test_the_floor_is_what_the_oldest_release_counts_for() -> None:
    known = dict(EVERY)
    for release, facts in EVERY:
        oldest = facts.between.oldest
        assert (oldest is None) == (facts.compute_floor == 0), release
        if oldest:
            assert facts.compute_floor == known[oldest].between.floor_alias, release
            assert known[oldest].between.floor_alias <= known[oldest].service_version  # type: ignore[operator]


def test_computes_of_the_release_before_understand_what_is_pinned_for_them() -> None:
    for (before, old), (release, new) in pairwise(EVERY):
        pin, accepted = old.between.rpc_pin, old.between.rpc_accepted
        assert any(pin.split(".")[0] == a.split(".")[0] and _numbers(pin) <= _numbers(a) for a in accepted), before
        majors = {a.split(".")[0] for a in new.between.rpc_accepted}
        assert pin.split(".")[0] in majors or release == "wallaby", release


def test_what_is_asked_of_placement_and_cinder_never_falls() -> None:
    for kind in ("min_placement", "min_cinder"):
        asked = [getattr(facts.between, kind) for _, facts in EVERY]
        first = next(place for place, version in enumerate(asked) if version)
        assert EVERY[first][0] == ("ocata" if kind == "min_placement" else "train")
        assert all(_numbers(old) <= _numbers(new) for old, new in pairwise(asked[first:]))


def test_rocky_takes_no_message_of_pike() -> None:
    assert PAST.at("queens").between.rpc_accepted == ("5.0", "4.22")
    assert PAST.at("rocky").between.rpc_accepted == ("5.0",)


def test_a_minimum_is_announced_before_it_is_asked_for() -> None:
    for (_, old), (release, new) in pairwise(EVERY[8:]):
        if new.min_libvirt != old.min_libvirt:
            assert old.between.next_min_libvirt == new.min_libvirt, release


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")) if version else ()
