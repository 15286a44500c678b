"""Values are put into texts as data: they cannot add places, lines, terminal sequences or shell commands."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostler.rules.model import CannotTell
from ostler.rules.place import Missing, Place
from ostler.rules.wording import LONGEST_VALUE, cleaned, fill, in_words, places_in


def filled(template: str, value: Any, *, to_type: bool = False) -> str:
    def value_at(_: Place) -> Any:
        return value

    return fill(template, value_at, to_type=to_type)


@given(st.text())
def test_no_value_can_control_a_terminal_or_begin_a_line(text: str) -> None:
    shown = filled("found {node.state} here", text)
    assert "\n" not in shown and "\r" not in shown and "\x1b" not in shown and "\u202e" not in shown
    assert shown.startswith("found") and shown.endswith("here")


@given(st.text())
def test_a_value_in_a_command_is_one_word_of_the_shell(text: str) -> None:
    words = shlex.split(filled("openstack server delete {server.key}", text, to_type=True))
    assert words[:3] == ["openstack", "server", "delete"]
    assert len(words) == 4


def test_a_value_that_looks_like_a_place_is_not_looked_up() -> None:
    asked = []

    def value_at(at: Place) -> str:
        asked.append(str(at))
        return "{cloud.name} %s {0}"

    assert fill("{server.name} is here", value_at) == "{cloud.name} %s {0} is here"
    assert asked == ["server.name"]


def test_long_values_and_lists_are_cut() -> None:
    assert len(cleaned("x" * 1000)) == LONGEST_VALUE
    assert in_words([f"h{n}" for n in range(10)]) == "h0, h1, h2, h3, h4, h5, h6, h7 and 2 more"


def test_values_are_told_in_words() -> None:
    assert in_words(None) == "none"
    assert in_words(True) == "yes"
    assert in_words([]) == "none"
    assert in_words({"ctl1": "UP", "ctl2": False}) == "ctl1: UP, ctl2: no"
    assert in_words(1.25) == "1.2"
    assert in_words(Missing("state")) == "nothing"
    assert in_words(CannotTell("a.fact", "why")) == "not known"


def test_seconds_are_said_as_people_say_them_where_that_is_asked_for() -> None:
    seconds = {"age": 86_588, "name": "cmp1"}
    template = "{name|time} is {age|time} old, {age} s"
    assert fill(template, lambda place: seconds[place.root]) == "cmp1 is 24 h 03 min old, 86588 s"


def test_a_way_of_saying_a_value_that_there_is_not_is_an_error_of_the_rule() -> None:
    assert [place.root for place in places_in("{age|time} on {host}")] == ["age", "host"]
    with pytest.raises(ValueError, match=r"\{age\|tiem\}: a value can be said as \|time"):
        places_in("{age|tiem}")
