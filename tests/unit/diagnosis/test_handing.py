"""Which way a wrong value came to where a traceback names it."""

from __future__ import annotations

import pytest

from ostler.diagnosis.code_map import code_map
from ostler.diagnosis.handing import handed_in, meant_in, parsed, way_of_wrong
from ostler.diagnosis.tracebacks import Call

NO_GET = "'NoneType' object has no attribute 'get'"
CREATE = Call(
    "cinder/objects/volume_attachment.py", "create", "self._from_db_object(self._context, self, db_attachment)"
)
FILL = Call("cinder/objects/volume_attachment.py", "_from_db_object", "value = db_attachment.get(name)")


@pytest.mark.parametrize(
    ("line", "words", "below", "meant"),
    [
        ("value = db_attachment.get(name)", NO_GET, False, [("name", "db_attachment")]),
        ("return self.get_db_items(key).get(item_key)", NO_GET, False, [("call", "get_db_items"), ("name", "key")]),
        ("if one['auth']:", "'NoneType' object has no attribute '__getitem__'", False, [("name", "one")]),
        ("for net in nets_db:", "'NoneType' object is not iterable", False, [("name", "nets_db")]),
        ("image_service)", "'NoneType' object is not iterable", False, [("unpacked", "")]),
        ("return one['a'] + other['b']", "'b'", False, [("name", "other")]),
        ("context, made)", "'NoneType' object is not iterable", True, [("name", "context"), ("name", "made")]),
    ],
)  # fmt: skip
def test_a_line_tells_which_value_is_meant(line: str, words: str, below: bool, meant: list[tuple[str, str]]) -> None:
    assert meant_in(line, words, is_raised_below=below) == meant


@pytest.mark.parametrize(
    "line", ["a = f(b, c=d)", "size=volume['size'])", "if x in y]", "for a in b:", "elif a.b:", "x = f("]
)
def test_parts_of_statements_are_understood(line: str) -> None:
    assert parsed(line) is not None


@pytest.mark.parametrize("line", ["((]", "x" + ")" * 5000, "a\x00b", "(" * 5000, "if " * 4000])
def test_junk_is_no_source_and_no_trouble(line: str) -> None:
    assert parsed(line) is None
    assert {how for how, _ in meant_in(line, NO_GET, is_raised_below=False)} <= {"name"}


def test_arguments_are_told_by_place_and_by_name() -> None:
    assert handed_in("self.f(one, two, three=four)", "f", "second", ("first", "second")) == [("name", "two")]
    assert handed_in("self.f(one, two, third=four)", "f", "third", ("first", "second")) == [("name", "four")]
    assert handed_in("self.g(one)", "f", "first", ("first",)) == []


def test_who_gave_nothing_is_followed_through_those_that_only_stand_before_it() -> None:
    found = {each.function: each.how for each in way_of_wrong([CREATE, FILL], NO_GET, is_raised_below=False)}
    assert found["cinder/db/api.py", "volume_attach"] == "gave what was wrong (1 back)"
    assert found["cinder/db/sqlalchemy/api.py", "volume_attach"] == "gave what was wrong (2 back)"


def test_who_had_it_right_and_handed_nothing_on_ends_the_way() -> None:
    outer = Call("cinder/api/v2/volumes.py", "detail", "return self._get_volumes(req, is_detail=True)")
    had = Call("cinder/api/v3/volumes.py", "_get_volumes", "self.volume_api.check_volume_filters(filters, strict)")
    inner = Call("cinder/volume/api.py", "check_volume_filters", "for key, val in filters.items():")
    words = "'NoneType' object has no attribute 'items'"
    found = way_of_wrong([outer, had, inner], words, is_raised_below=False)
    assert [(each.function[1], each.how) for each in found] == [
        ("_get_volumes", "handed on what was wrong (that it had right)")
    ]


def test_how_values_flow_is_told_by_the_sources() -> None:
    flow = code_map("cinder").flow(("cinder/db/api.py", "volume_get"))
    assert flow.hands == ("context", "volume_id")
    assert flow.gives == (("cinder/db/sqlalchemy/api.py", "volume_get"),)
    assert code_map("cinder").flow(("no/such.py", "f")).asks_outside
