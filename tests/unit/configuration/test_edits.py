"""Configuration files are edited in the lines of the named options; every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostler.configuration.edits import Edit, edit_config, masked_difference
from ostler.errors import InputError

TEXT = """# written by hand, and kept so
[DEFAULT]
# talkative
debug = true
enabled_apis=osapi_compute
pci_passthrough = first
pci_passthrough = second
filters = one
  two

# before the database
[database]
connection = mysql+pymysql://nova:hunter2@db/nova?charset=utf8
# after it
[DEFAULT]
late: 1
[empty]

; the end"""


def changed(*edits: Edit) -> list[str]:
    """The lines that an edit takes away (-) and brings (+)."""
    difference = masked_difference(TEXT, edit_config(TEXT, edits), "f")
    return [line for line in difference if line[:1] in "+-" and not line.startswith(("+++", "---"))]


def test_setting_an_option_changes_its_line_alone() -> None:
    assert changed(("set", "DEFAULT", "debug", "false")) == ["-debug = true", "+debug = false"]


def test_setting_what_is_so_already_changes_nothing() -> None:
    assert edit_config(TEXT, [("set", "DEFAULT", "enabled_apis", "osapi_compute")]) == TEXT


def test_a_new_option_comes_after_the_last_one_of_its_group() -> None:
    edited = edit_config(TEXT, [("set", "database", "max_pool_size", "5")])
    assert "charset=utf8\nmax_pool_size = 5\n# after it\n" in edited


def test_a_new_group_comes_at_the_end() -> None:
    text = "[DEFAULT]\ndebug = true\n"
    assert edit_config(text, [("set", "upgrade_levels", "compute", "auto")]) == (
        "[DEFAULT]\ndebug = true\n[upgrade_levels]\ncompute = auto\n"
    )


def test_an_empty_file_can_be_begun() -> None:
    assert edit_config("", [("set", "DEFAULT", "debug", "true")]) == "[DEFAULT]\ndebug = true\n"


def test_a_repeated_option_that_is_set_is_there_once_afterwards() -> None:
    assert changed(("set", "DEFAULT", "pci_passthrough", "third")) == [
        "-pci_passthrough = first",
        "-pci_passthrough = second",
        "+pci_passthrough = third",
    ]


def test_the_last_of_repeated_groups_counts_as_it_does_for_oslo() -> None:
    assert changed(("set", "DEFAULT", "late", "2")) == ["-late: 1", "+late: 2"]


def test_an_option_of_several_lines_is_removed_whole() -> None:
    assert changed(("remove", "DEFAULT", "filters")) == ["-filters = one", "-  two"]


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert edit_config(TEXT, [("remove", "DEFAULT", "gone"), ("remove", "gone", "gone")]) == TEXT


def test_renaming_keeps_every_value() -> None:
    assert changed(("rename", "DEFAULT", "pci_passthrough", "pci", "device_spec")) == [
        "-pci_passthrough = first",
        "-pci_passthrough = second",
        "+[pci]",
        "+device_spec = first",
        "+device_spec = second",
    ]


def test_a_new_name_that_is_there_already_wins_over_the_old_one() -> None:
    text = "[a]\nold = 1\n[b]\nnew = 2\n"
    assert edit_config(text, [("rename", "a", "old", "b", "new")]) == "[a]\n[b]\nnew = 2\n"


def test_what_stands_before_any_group_is_no_configuration_file() -> None:
    with pytest.raises(InputError, match="no configuration file"):
        edit_config("debug = true\n", [("set", "DEFAULT", "debug", "false")])


@pytest.mark.parametrize("edit", [("set", "a", "b"), ("swap", "a", "b", "c"), ("set", "a", "b", "c\n[d]")])
def test_what_is_no_edit_is_refused(edit: Edit) -> None:
    with pytest.raises(InputError):
        edit_config(TEXT, [edit])


def test_the_difference_shows_no_secret() -> None:
    edits = [
        ("set", "database", "connection", "mysql://nova:other@db/nova"),
        ("set", "cache", "memcache_password", "x9"),
    ]
    shown = "\n".join(masked_difference(TEXT, edit_config(TEXT, edits), "nova.conf"))
    assert "+connection = ********" in shown
    assert "+memcache_password = ********" in shown
    assert not any(secret in shown for secret in ("hunter2", "other", "x9"))


@pytest.mark.parametrize("character", ["\x0c", "\x0b", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_secret_with_a_character_that_ends_a_line_elsewhere_is_hidden_whole(character: str) -> None:
    before = f"[database]\nconnection = hunter2{character}rest of it\n"
    after = before.replace("hunter2", "s3cret")
    assert masked_difference(before, after, "f")[-2:] == ("-connection = ********", "+connection = ********")


NAMES = st.sampled_from(["debug", "late", "pci_passthrough", "filters", "connection", "fresh", "Mixed_Case"])
GROUPS = st.sampled_from(["DEFAULT", "database", "empty", "another"])
VALUES = st.text("abc%$:=[]#; ", max_size=8).map(str.strip)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), GROUPS, NAMES, VALUES),
        st.tuples(st.just("remove"), GROUPS, NAMES),
        st.tuples(st.just("rename"), GROUPS, NAMES, GROUPS, st.just("renamed")),
    ),
    max_size=4,
)


@given(EDITS)
def test_lines_of_options_that_are_not_named_stay_and_edits_made_again_change_nothing(edits: list[Edit]) -> None:
    edited = edit_config(TEXT, edits)
    named = {edit[2] for edit in edits} | {edit[4] for edit in edits if edit[0] == "rename"}
    kept = [line for line in TEXT.splitlines() if line.replace(":", "=").split("=")[0].strip() not in named]
    lines = iter(edited.splitlines())
    assert all(line in lines for line in kept if line != "  two"), "a line was lost or moved"
    settled = edit_config(edited, [edit for edit in edits if edit[0] != "rename"])
    assert edit_config(settled, [edit for edit in edits if edit[0] != "rename"]) == settled
