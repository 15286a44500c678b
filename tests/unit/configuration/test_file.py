"""Files are read as oslo.config reads them, and every byte that is not edited stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostler.catalog.option import place_of
from ostler.configuration.file import ConfigFile, parse_config


def read(text: str) -> list[tuple[str | None, str, str]]:
    return [(block.group, block.name, block.value) for block in parse_config(text).options()]


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ("x = 1\n", "1"),
        ("x=1\n", "1"),
        ("x: 1\n", "1"),
        ("x = a=b:c\n", "a=b:c"),
        ("x : a = b\n", "a = b"),
        ("x = 'quoted'\n", "quoted"),
        ('x = " spaced "\n', " spaced "),
        ("x = 'half\n", "'half"),
        ("x = 1 # no comment\n", "1 # no comment"),
        ("x =\n", ""),
        ("x = one\n  two\n\tthree\n", "one\ntwo\nthree"),
        ("x = one\n  # goes on, as oslo.config has it\n", "one\n# goes on, as oslo.config has it"),
        ("x = one\n\n# a comment\n", "one"),
        ("x = 1\r\n", "1"),
    ],
)
def test_a_value_is_what_oslo_config_takes_it_for(lines: str, value: str) -> None:
    assert read(f"[g]\n{lines}") == [("g", "x", value)]


def test_groups_and_names_are_compared_as_oslo_config_does() -> None:
    file = parse_config("[DATABASE]\nmax-retries = 1\n[database]\nmax_retries = 2\n")
    assert [block.value for block in file.options(place_of("Database", "max_retries"))] == ["1", "2"]
    assert file.value("database", "max_retries") == "2"
    assert file.value("default", "max_retries") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("x = 1\n", 1),
        ("[g]\nalone\n", 2),
        ("[g]\n= 1\n", 2),
        ("[g]\n  too early\n", 2),
        ("[g] # comment\n", 1),
        ("[]\n", 1),
        ("\ufeff[g]\n", 1),
    ],
)
def test_what_oslo_config_cannot_read_is_told_with_its_line_and_kept(text: str, number: int) -> None:
    file = parse_config(text)
    assert [block.number for block in file.problems] == [number]
    assert file.problems[0].problem
    assert file.text == text


LINES = st.sampled_from(
    [
        "[DEFAULT]", "[database]", "[DATABASE]", "# comment", "; other", "", "   ", "debug = true", "debug=false",
        "key : value", "  continued", "\tcontinued # too", "password = 'a$$b'", "alone", "é = ü", "a = \x0b\x85",
        "  [not a group]", "x = " + "y" * 300, "[half", "tab\t=\tvalue\t", "trailing = 1   ",
    ]
)  # fmt: skip
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", ""])
TEXTS = st.lists(st.tuples(LINES, ENDS), max_size=30).map(lambda pairs: "".join(line + end for line, end in pairs))


@settings(max_examples=400)
@given(TEXTS)
def test_a_file_that_nobody_edits_is_the_same_to_the_byte(text: str) -> None:
    assert parse_config(text).text == text


@given(TEXTS, st.sampled_from(["debug", "key", "password"]))
def test_renaming_and_back_is_the_same_to_the_byte(text: str, name: str) -> None:
    file = parse_config(text)
    blocks = [block for block in file.options() if block.name == name]
    for block in blocks:
        block.rename("another")
    assert sum(block.name == "another" for block in parse_config(file.text).options()) == len(blocks)
    for block in blocks:
        block.rename(name)
    assert file.text == text


def edited(text: str, group: str = "g", name: str = "new", value: str = "1") -> str:
    file = parse_config(text)
    file.add(group, name, value)
    return file.text


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "[g]\nnew = 1\n"),
        ("[g]\n", "[g]\nnew = 1\n"),
        ("[g]\nold = 1\n# the end\n", "[g]\nold = 1\nnew = 1\n# the end\n"),
        ("[g]\nold = 1\n  2\n", "[g]\nold = 1\n  2\nnew = 1\n"),
        ("[g]\nold = 1", "[g]\nold = 1\nnew = 1\n"),
        ("[h]\nold = 1", "[h]\nold = 1\n[g]\nnew = 1\n"),
        ("[G]\r\nold = 1\r\n", "[G]\r\nold = 1\r\nnew = 1\r\n"),
        ("[g]\na = 1\n[h]\n[g]\nb = 1\n", "[g]\na = 1\n[h]\n[g]\nb = 1\nnew = 1\n"),
    ],
)
def test_an_option_is_put_in_after_the_last_one_of_its_group(text: str, after: str) -> None:
    assert edited(text) == after


def test_a_new_value_keeps_the_name_the_sign_and_the_line_end() -> None:
    file = parse_config("[g]\r\nlate :  1\r\n  2\r\nnext = 3\r\n")
    file.options()[0].set_value("4")
    assert file.text == "[g]\r\nlate :  4\r\nnext = 3\r\n"


def test_an_option_that_moves_takes_its_lines_along() -> None:
    file = parse_config("[g]\nlist= one,\n   two\nother = 1\n[h]\n")
    file.move(file.options()[0], "h", "longer_name")
    assert file.text == "[g]\nother = 1\n[h]\nlonger_name= one,\n   two\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("[h]\na = 1\n[x]\n[g]\nlast = 2", "[h]\na = 1\nlast = 2\n[x]\n[g]\n"),
        ("[h]\r\n[x]\r\n[g]\r\nlast = 2\r\n  3", "[h]\r\nlast = 2\r\n  3\r\n[x]\r\n[g]\r\n"),
    ],
)
def test_a_last_line_without_an_end_gets_one_where_it_moves_to(text: str, after: str) -> None:
    file = parse_config(text)
    [last] = [block for block in file.options() if block.name == "last"]
    file.move(last, "h", "last")
    assert file.text == after


def test_a_group_is_renamed_with_all_that_stands_in_it() -> None:
    file = parse_config("[DATABASE]\na = 1\n[x]\nb = 2\n")
    file.rename_group(file.blocks[0], "database")
    assert file.text == "[database]\na = 1\n[x]\nb = 2\n"
    assert [block.group for block in file.options()] == ["database", "x"]


def test_an_empty_file_has_nothing() -> None:
    assert ConfigFile().text == ""
    assert parse_config("").options() == []
