"""A healthy cloud at the source release, looked at before anything is done to it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema
import pytest
from cloud_users import CloudUsers
from diagnosis_faults import WELL_WITHIN_S, attempt
from fault_bench import RIGHT, OperatorsBench
from looks import diagnosed_meanwhile
from practice_operator import SOURCE, TARGET, PracticeOperator

pytestmark = [pytest.mark.practice, pytest.mark.timeout(2400)]

SCHEMAS = Path(__file__).resolve().parents[3] / "docs" / "schemas"

AT_ONCE_S = 5.0
"""The faults that are made here can be seen as soon as they are there."""


def schema(name: str) -> dict[str, object]:
    """A published schema."""
    found: dict[str, object] = json.loads((SCHEMAS / f"{name}.json").read_text())
    return found


def test_the_cloud_works_for_its_users(cloud: PracticeOperator) -> None:
    cloud.practice("verify")


def test_status_is_fine_and_says_so_in_one_line(cloud: PracticeOperator) -> None:
    said = cloud.ostler("status").stdout.splitlines()
    document = cloud.ostler("status", "--json").document
    jsonschema.validate(document, schema("status"))
    assert said[0] == f"all {len(document['services'])} services answer"
    assert document["is_fine"]
    assert {service["release"] for service in document["services"]} == {SOURCE}
    assert {service["host"] for service in document["services"]} == set(cloud.hosts())


def test_nothing_stands_in_the_way_of_an_upgrade(cloud: PracticeOperator, environments: None) -> None:
    findings = cloud.ostler("check", "--to", TARGET, "--json").document["findings"]
    assert [finding["code"] for finding in findings if finding["severity"] != "note"] == []


def test_a_compute_that_is_drained_is_no_fault(cloud: PracticeOperator) -> None:
    with diagnosed_meanwhile(cloud, pause_s=1.0) as looks, CloudUsers(cloud.name).drained("cmp1") as moved:
        assert moved
        meanwhile = len(looks.all)
        while len(looks.all) < meanwhile + 2:  # the first of them may have begun before
            time.sleep(0.5)
    assert looks.findings() == []


@pytest.mark.parametrize("fault", ["nova-conductor-hung", "endpoint-wrong", "fernet-keys-unequal"])
def test_what_is_broken_is_named_first_and_nothing_is_found_once_it_is_mended(
    cloud: PracticeOperator, fault: str
) -> None:
    bench = OperatorsBench(cloud)
    row = attempt(bench, [fault], {fault: {**RIGHT[fault], "wait_s": AT_ONCE_S}}, ())
    assert row["is_right"], row
    assert bench.well_again((), WELL_WITHIN_S) == []


def test_a_plan_is_made_and_follows_its_published_schema(cloud: PracticeOperator, environments: None) -> None:
    plan = cloud.work / "first.plan"
    document = cloud.ostler("upgrade", "--to", TARGET, "--out", plan, "--json").document
    jsonschema.validate(document, schema("plan"))
    assert json.loads(plan.read_text()) == document
    assert plan.stat().st_mode & 0o777 == 0o600
    shown = cloud.ostler("show", plan).stdout
    assert TARGET in shown
    assert "ASKS FIRST" in shown
    cloud.kept["configuration"] = cloud.configuration()
    cloud.kept["code"] = cloud.running_code()
