"""Which hops there are, and what is said when there is none."""

import pytest

from ostler.catalog import load_catalog
from ostler.errors import InputError

CATALOG = load_catalog()


def test_a_slurp_release_has_an_adjacent_and_a_slurp_hop() -> None:
    assert [(hop.target.id, hop.kind) for hop in CATALOG.hops_from("2024.1")] == [
        ("2024.2", "adjacent"),
        ("2025.1", "slurp"),
    ]


def test_a_release_between_slurps_has_only_the_adjacent_hop() -> None:
    assert [str(hop) for hop in CATALOG.hops_from("2024.2")] == ["2024.2 → 2025.1"]


def test_the_newest_release_has_no_hop() -> None:
    assert CATALOG.hops_from("2026.2") == ()


def test_what_is_known_of_rolling_a_hop_is_with_it() -> None:
    tried = CATALOG.hop("2024.1", "2025.1").rolling
    assert tried is not None and tried.is_tried
    assert CATALOG.hop("2024.1", "2024.2").rolling is None


def test_what_is_known_of_a_way_with_the_services_stopped_is_told_of_each_manner() -> None:
    ends = ("2023.1", "2025.1")
    forward = CATALOG.releases.tried_way(*ends, is_replacement=False)
    replaced = CATALOG.releases.tried_way(*ends, is_replacement=True)
    assert forward is not None and "nova's API was away for 140 s" in forward.note
    assert replaced is not None and "900 of 14,126 API requests failed" in replaced.note
    assert CATALOG.releases.tried_way("2023.1", "2026.1", is_replacement=True) is None


def test_a_hop_that_does_not_exist_names_those_that_do_and_the_way() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.hop("2024.1", "2026.1")
    error = caught.value
    assert error.code == "catalog.no-such-hop"
    assert error.expected == "one of: 2024.1 → 2024.2, 2024.1 → 2025.1"
    assert error.do_next.startswith(
        "go there in 2 hops: 2024.1 → 2025.1 → 2026.1, with a plan for each: now ostler upgrade --to 2025.1, and "
        "when its run has ended well ostler upgrade --to 2026.1; or plan them all"
    )


def test_the_way_starts_with_the_adjacent_hop_where_there_is_no_other() -> None:
    assert [str(hop) for hop in CATALOG.releases.chain("2023.2", "2026.2")] == [
        "2023.2 → 2024.1",
        "2024.1 → 2025.1",
        "2025.1 → 2026.1",
        "2026.1 → 2026.2",
    ]


def test_going_back_is_called_a_rollback() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.hop("2025.1", "2024.1")
    assert "ostler rollback" in caught.value.do_next


def test_staying_is_told_as_such() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.hop("2025.1", "2025.1")
    assert caught.value.do_next == "the cloud is at 2025.1 already; choose a later release"


@pytest.mark.parametrize(("asked", "near"), [("2025.3", "2025.2"), ("epoxy", "2025.1"), ("Epoxy", "2025.1")])
def test_an_unknown_release_names_the_nearest(asked: str, near: str) -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.release(asked)
    assert caught.value.code == "catalog.unknown-release"
    assert near in caught.value.do_next


def test_every_release_from_kilo_on_is_known_in_order() -> None:
    every = CATALOG.all_releases.all
    assert [release.ordinal for release in every] == list(range(24))
    assert (every[0].id, every[-1].id) == ("kilo", "2026.2")
    released = [release.released for release in every]
    assert released == sorted(released)
    assert all(release.ended is None or release.ended > release.released for release in every)
    assert all((release.ended is not None) == (release.status == "end of life") for release in every)
    assert all(release.pythons for release in every)


def test_what_is_planned_with_are_the_releases_from_2023_1_on() -> None:
    every = CATALOG.all_releases.order
    assert CATALOG.releases.order == every[every.index("2023.1") :]
    assert len(CATALOG.releases.order) == 8
    assert {hop.kind for r in CATALOG.releases.order for hop in CATALOG.hops_from(r)} == {"adjacent", "slurp"}


def test_hops_are_closed_and_those_of_plans_are_the_same_among_all() -> None:
    every = CATALOG.all_releases
    for release in every.order:
        for hop in every.hops_from(release):
            assert every.order.index(hop.source.id) < every.order.index(hop.target.id)
    for release in CATALOG.releases.order:
        assert CATALOG.hops_from(release) == every.hops_from(release)


@pytest.mark.parametrize("release", CATALOG.all_releases.order[:14])
def test_before_slurp_only_the_next_release_is_one_hop_away(release: str) -> None:
    order = CATALOG.all_releases.order
    assert [hop.target.id for hop in CATALOG.all_releases.hops_from(release)] == [order[order.index(release) + 1]]


def test_yoga_may_pass_over_zed_at_ones_own_risk() -> None:
    assert [(str(hop), hop.kind) for hop in CATALOG.all_releases.hops_from("yoga")] == [
        ("yoga → zed", "adjacent"),
        ("yoga → 2023.1", "exceptional"),
    ]
    assert "promised it to no one" in CATALOG.all_releases.hop("yoga", "2023.1").note
    assert [str(hop) for hop in CATALOG.all_releases.chain("xena", "2024.1")] == [
        "xena → yoga",
        "yoga → zed",
        "zed → 2023.1",
        "2023.1 → 2024.1",
    ]


@pytest.mark.parametrize(
    ("source", "target", "do_next"),
    [
        ("ocata", "pike", "ostler catalog hops ocata --to 2023.1"),
        ("yoga", "2023.1", "ostler catalog hops yoga --to 2023.1"),
        ("zed", "2024.9", "ostler catalog hops zed --to 2023.1"),
        ("2023.1", "zed", "an upgrade goes on from 2023.1: ostler catalog hops 2023.1"),
    ],
)
def test_a_hop_of_a_past_release_is_refused_with_the_way_on(source: str, target: str, do_next: str) -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.hop(source, target)
    error = caught.value
    assert error.code == "catalog.release-not-planned"
    assert error.exit_code == 2
    assert error.expected == "a release from 2023.1 to 2026.2"
    assert do_next in error.do_next


@pytest.mark.parametrize("release", CATALOG.all_releases.order[:16])
def test_no_past_release_is_taken_for_one_to_work_with(release: str) -> None:
    for ask in (CATALOG.release, CATALOG.hops_from):
        with pytest.raises(InputError) as caught:
            ask(release)
        assert caught.value.code == "catalog.release-not-planned"


def test_nonsense_is_no_release() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.release("x")
    assert caught.value.do_next == "see: ostler catalog releases"
