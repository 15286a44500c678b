"""What `ostler catalog explain` says about blockers, rules and Ostler's own codes."""

import json

import pytest

from ostler.catalog import load_catalog
from ostler.errors import InputError
from ostler.reporting.explanation import CODES, WIDTH, explanation, explanation_text

CATALOG = load_catalog()
KNOWN = [each["code"] for each in json.loads(CODES.read_text())]


def explained(code: str) -> str:
    return explanation_text(explanation(CATALOG, code))


def test_a_blocker_tells_its_signs_its_meaning_and_how_far_the_fix_is_known() -> None:
    text = explained("keystone.system-is-reserved")
    assert text.splitlines()[0] == "keystone.system-is-reserved: blocker of keystone in queens"
    assert "keystone-manage db_sync --expand: ends with 1 and says /1064" in text
    assert "what to do (carried out, and worked)" in text
    assert text.endswith("source: keystone 13.0.4 on MariaDB 10.11.19, 2026-11-20\n")


@pytest.mark.parametrize(
    ("code", "first"),
    [
        ("nova.computes-too-old", "blocker of nova, from wallaby on"),
        ("environment.no-pkg-resources", "blocker, from yoga up to 2024.2"),
        ("nova.unmigrated-services", "blocker of nova, from train up to victoria"),
        ("database.harmless-warnings", "trap, in every release"),
    ],
)
def test_the_first_line_says_where_it_is_met(code: str, first: str) -> None:
    assert explained(code).splitlines()[0] == f"{code}: {first}"


def test_rows_that_belong_to_nothing_are_explained() -> None:
    text = explained("nova.servers-without-mapping")
    assert text.startswith("nova.servers-without-mapping: rows of databases: warning, where a rehearsal finds them\n")
    assert "map_instances" in text
    assert "verify_instance in the wheel 29.4.0" in text


def test_an_open_beginning_is_told_as_such() -> None:
    document = {**explanation(CATALOG, "nova.unmigrated-services"), "since": None}
    assert "blocker of nova, up to victoria" in explanation_text(document)


def test_a_command_that_never_ends_is_told_as_such() -> None:
    assert "online_data_migrations: does not come to an end" in explained("cinder.shared-targets-wants-volume-services")


def test_a_rule_is_explained_with_its_source() -> None:
    text = explained("nova.stale-service-record")
    assert "rule: warning, before an upgrade failure" in text
    assert "openstack compute service delete" in text and "source: nova.utils" in text


def test_a_code_of_ostlers_own_is_explained_without_one() -> None:
    document = explanation(CATALOG, "plan.edited")
    assert document["kind"] == "wrong input (exit 2)" and document["source"] is None
    assert "source" not in explanation_text(document)


def test_a_code_with_a_part_that_varies_is_found() -> None:
    document = explanation(CATALOG, "nova.status-check-cells-v2")
    assert (document["code"], document["kind"]) == ("nova.status-check-cells-v2", "finding")


@pytest.mark.parametrize("code", [*KNOWN, *(blocker.code for blocker in CATALOG.blockers)])
def test_every_code_has_an_explanation_that_fits_a_terminal(code: str) -> None:
    example = code.replace("<project>", "nova").replace("<", "").replace(">", "")
    lines = explained(example).splitlines()
    assert lines[0].startswith(f"{example}: ")
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in lines[1:])
    assert "what it means" in lines


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("nova.stale-servce-record", "did you mean nova.stale-service-record"),
        ("keystone.system-reserved", "keystone.system-is-reserved"),
    ],
)
def test_an_unknown_code_names_the_nearest(code: str, advice: str) -> None:
    with pytest.raises(InputError) as caught:
        explanation(CATALOG, code)
    assert caught.value.code == "catalog.unknown-code" and advice in caught.value.do_next


@pytest.mark.parametrize("code", ["", "zzzz", "../../etc/passwd", "nova/../x.y"])
def test_nonsense_is_no_code(code: str) -> None:
    with pytest.raises(InputError) as caught:
        explanation(CATALOG, code)
    assert "ostler catalog hops" in caught.value.do_next
