"""Rules of access that the target of a hop would no longer read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.golden.recorded import sources

from ostler.errors import Severity
from ostler.facts.model import FactRequest, Snapshot, Unknown
from ostler.planning.upgrade.policies import policy_findings, policy_requests
from ostler.planning.upgrade.request import Scene, UpgradeRequest

RECORDED = sources("practice-3-2", "2025.1")
CATALOG = RECORDED.catalog
JSON, YAML = "/etc/nova/policy.json", "/etc/nova/policy.yaml"
NOT_SET = {"oslo_policy/policy_file": None}
A_FILE = {"sha256": "0" * 64, "mode": "0640", "owner": "root", "group": "nova", "size": 812}


def told(
    files: Any, nova_options: Any = NOT_SET, source: str = "2025.1", target: str = "2026.1"
) -> list[tuple[Any, ...]]:
    """What is found with these files of rules on ctl2, and none elsewhere."""
    hop, cloud = CATALOG.hop(source, target), replace(RECORDED.cloud, release=source)
    values: dict[FactRequest, Any] = {}
    for request in policy_requests(CATALOG, hop, cloud):
        is_there = request.host == "ctl2"
        if request.fact == "host.files":
            values[request] = files if is_there else {}
        else:
            values[request] = nova_options if is_there and "nova" in request.param("path") else NOT_SET
    scene = Scene(CATALOG, hop, cloud, Snapshot(cloud, 0.0, values), UpgradeRequest(target=target))
    return [(f.code, f.severity, f.subject) for f in policy_findings(scene)]


@pytest.mark.parametrize("source", ["2025.1", "2025.2"])
def test_rules_that_would_be_ignored_refuse_the_upgrade(source: str) -> None:
    expected = [("upgrade.policy-json-ignored", Severity.FAILURE, f"{JSON} on ctl2")]
    assert told({JSON: A_FILE}, source=source) == expected


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({}, NOT_SET),
        ({YAML: A_FILE}, NOT_SET),
        ({JSON: A_FILE, YAML: A_FILE}, NOT_SET),
        ({JSON: {**A_FILE, "size": len("{\n}\n")}}, NOT_SET),
        ({JSON: A_FILE}, {"oslo_policy/policy_file": "policy.json"}),
    ],
)
def test_rules_that_go_on_being_read_as_they_were_are_not_told(files: Any, options: Any) -> None:
    assert told(files, options) == []


@pytest.mark.parametrize(("source", "target"), [("2024.1", "2025.1"), ("2025.1", "2025.2"), ("2026.1", "2026.2")])
def test_other_hops_change_nothing_about_them_and_nothing_is_read(source: str, target: str) -> None:
    assert policy_requests(CATALOG, CATALOG.hop(source, target), RECORDED.cloud) == ()
    assert told({JSON: A_FILE}, source=source, target=target) == []


def test_what_could_not_be_read_is_a_warning() -> None:
    warning = ("upgrade.policy-not-read", Severity.WARNING)
    assert told({JSON: A_FILE}, Unknown("no answer in time")) == [(*warning, f"{JSON} on ctl2")]
    unread = told(Unknown("no answer in time"))
    assert {finding[:2] for finding in unread} == {warning}
    assert len(unread) == len(CATALOG.projects)
