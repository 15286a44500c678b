"""Every code that the source or a rule uses is listed in docs/codes.md, and no other."""

from __future__ import annotations

import re

from list_codes import CODES, PAGE, all_codes, data_text

from ostler.catalog import load_catalog

AGAIN = "run: make golden"


def listed() -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(), re.MULTILINE))


def test_every_code_is_listed_with_its_meaning() -> None:
    assert sorted({each.code for each in all_codes()} - listed()) == [], AGAIN


def test_no_code_is_listed_that_nothing_uses() -> None:
    assert sorted(listed() - {each.code for each in all_codes()}) == [], AGAIN


def test_what_explains_codes_is_written_from_the_source() -> None:
    assert CODES.read_text() == data_text(), AGAIN


def test_no_known_blocker_has_the_code_of_something_ostler_says() -> None:
    assert {blocker.code for blocker in load_catalog().blockers} & {each.code for each in all_codes()} == set()


def test_the_scan_finds_codes_of_every_kind() -> None:
    kinds = {each.code: each.kind for each in all_codes()}
    assert kinds["plan.edited"] == "wrong input (exit 2)"
    assert kinds["execution.cloud-busy"] == "refused (exit 3)"
    assert kinds["remote.host-unreachable"] == "outside (exit 1)"
    assert kinds["nova.stale-service-record"] == "rule: warning, before an upgrade failure"
    assert kinds["host.unreachable"] == "finding"


def test_codes_have_hyphens_between_their_words() -> None:
    assert [each.code for each in all_codes() if "_" in re.sub(r"<[^<>]+>", "", each.code)] == []


def test_what_stops_a_way_back_says_what_to_do() -> None:
    codes = ("execution.plan-edited", "execution.vault-damaged", "execution.bad-age-recipient", "remote.file-transfer")
    advice = {each.code: each.do_next for each in all_codes()}
    assert [code for code in codes if not advice[code]] == []
