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


def test_a_hop_that_does_not_exist_names_those_that_do_and_the_way() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.hop("2024.1", "2026.1")
    error = caught.value
    assert error.code == "catalog.no-such-hop"
    assert error.expected == "one of: 2024.1 → 2024.2, 2024.1 → 2025.1"
    assert error.do_next == "go there in 2 hops: 2024.1 → 2025.1 → 2026.1; begin with --to 2025.1"


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


def test_nonsense_is_no_release() -> None:
    with pytest.raises(InputError) as caught:
        CATALOG.release("x")
    assert caught.value.do_next == "see: ostler catalog releases"
