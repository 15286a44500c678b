"""What a hop makes of options of which only names and some values are known."""

from __future__ import annotations

import pytest
from toy_project import toy_options

from ostler.catalog.config_known import load_config_known
from ostler.catalog.options import load_options
from ostler.configuration.hop import Becomes, OptionOnHop, SetOption, options_on_hop, values_wanted
from ostler.configuration.succession import Succession

KNOWN = load_config_known()


def on_hop(*options: SetOption, source: str = "r1", target: str = "r2") -> tuple[OptionOnHop, ...]:
    return options_on_hop(options, Succession(toy_options(), source, target), KNOWN)


def test_what_stays_or_is_not_known_is_not_spoken_of() -> None:
    assert on_hop(("DEFAULT", "debug", None), ("DEFAULT", "somebodys_own", None), ("nowhere", "workers", None)) == ()


def test_a_new_name_and_a_new_group_are_told_with_the_release() -> None:
    assert on_hop(("DEFAULT", "old-name", None), ("DEFAULT", "wanderer", None), target="r3") == (
        OptionOnHop(("DEFAULT", "old-name"), Becomes.MOVED, ("DEFAULT", "new_name"), "r2"),
        OptionOnHop(("DEFAULT", "wanderer"), Becomes.MOVED, ("home", "wanderer"), "r2"),
    )


def test_an_old_name_that_the_target_still_reads_is_left_and_one_that_it_reads_no_more_moves() -> None:
    old: SetOption = ("DEFAULT", "old_name", None)
    assert on_hop(old, source="r1", target="r2") == ()
    assert on_hop(old, source="r2", target="r3") == (
        OptionOnHop(("DEFAULT", "old_name"), Becomes.MOVED, ("DEFAULT", "new_name"), "r2"),
    )


def test_an_old_name_beside_the_new_one_is_not_edited_and_told() -> None:
    (told,) = on_hop(("DEFAULT", "old_name", None), ("DEFAULT", "new_name", None), source="r2", target="r3")
    assert (told.place, told.becomes) == (("DEFAULT", "old_name"), Becomes.GONE)
    assert told.why == "what takes its place is set as well, and counts"


def test_what_is_read_no_more_is_told_with_the_reason_its_project_gave() -> None:
    assert on_hop(("DEFAULT", "dropped", None)) == (
        OptionOnHop(("DEFAULT", "dropped"), Becomes.GONE, since="r2", why="Nobody used it."),
    )


REFUSED = [("b", True), ("'b'", True), ("a", False), ("'a'", False), (None, False), ("z", False), ("$x", False)]


@pytest.mark.parametrize(("value", "is_refused"), REFUSED)
def test_a_value_that_was_good_and_is_not_any_more_is_refused(value: str | None, is_refused: bool) -> None:
    told = [option.becomes for option in on_hop(("DEFAULT", "mode", value))]
    assert told == ([Becomes.REFUSED] if is_refused else [])


def test_of_an_option_that_is_given_twice_the_last_counts() -> None:
    assert on_hop(("DEFAULT", "mode", "b"), ("DEFAULT", "mode", "a")) == ()


def test_the_values_that_are_wanted_are_of_types_that_change_and_name_groups_and_none_is_secret() -> None:
    wanted = values_wanted(Succession(toy_options(), "r1", "r2"), KNOWN)
    assert {"mode", "auth_type", "auth_section"} <= set(wanted)
    assert not {"workers", "password", "connection", "transport_url"} & set(wanted)


def test_an_option_of_a_group_that_an_operator_names_is_found_by_what_names_it() -> None:
    succession = Succession(load_options("cinder"), "2024.1", "2025.1")
    before = {place for place in succession.before if place[0] == "backend_defaults"}
    gone = next(name for group, name in sorted(before) if succession.fate((group, name)).place is None)
    named = (("DEFAULT", "enabled_backends", "gold,silver"), ("gold", gone, None), ("other", gone, None))
    told = [option for option in options_on_hop(named, succession, KNOWN) if option.becomes is Becomes.GONE]
    assert [option.place for option in told] == [("gold", gone)]


@pytest.mark.parametrize(
    ("beside", "is_moved"),
    [
        ([("neutron", "auth_type", "password")], True),
        ([("neutron", "auth_type", "password"), ("neutron", "endpoint_override", None)], False),
        ([], False),
    ],
)
def test_an_address_that_went_without_an_heir_moves_as_a_migrated_file_has_it(
    beside: list[SetOption], is_moved: bool
) -> None:
    def moved(target: str) -> list[OptionOnHop]:
        nova = Succession(load_options("nova"), "pike", target)
        told = options_on_hop([("neutron", "url", None), *beside], nova, KNOWN)
        return [option for option in told if option.becomes is Becomes.MOVED]

    expected = OptionOnHop(("neutron", "url"), Becomes.MOVED, ("neutron", "endpoint_override"), "train")
    assert moved("2025.1") == ([expected] if is_moved else [])
    assert moved("stein") == []
