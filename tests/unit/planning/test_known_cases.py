"""Known cases from the field in configuration files, on the way of a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.golden.recorded import sources

from ostler.catalog.catalog import load_catalog
from ostler.errors import Finding, Severity
from ostler.facts.model import FactRequest, Snapshot
from ostler.planning.upgrade.known_cases import known_findings
from ostler.planning.upgrade.options import set_option_requests
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import Scene, UpgradeRequest
from ostler.planning.upgrade.way import as_one, catalog_of_way, way_of

RECORDED = sources("practice-3-2", "2025.1")
NOVA, NEUTRON, GLANCE = "/etc/nova/nova.conf", "/etc/neutron/neutron.conf", "/etc/glance/glance-api.conf"
KEYSTONE = "/etc/keystone/keystone.conf"
TOKEN = "keystone_authtoken"
OLD = [[TOKEN, name, None] for name in ("identity_uri", "admin_user", "admin_password")]
NAMED = [["placement", "auth_type", "password"], ["placement", "username", None], ["placement", "project_name", None]]
WHOLE = [*NAMED, ["placement", "user_domain_name", None], ["placement", "project_domain_id", None]]


def scene_of(source: str, target: str, files: dict[str, Any]) -> Scene:
    """A way of a cloud whose files set nothing but these: by path, on every host that has the file."""
    catalog, cloud = load_catalog(), replace(RECORDED.cloud, release=source)
    way = way_of(catalog, source, target, "fast-forward")
    whole, hop = catalog_of_way(catalog, way), as_one(catalog, way)
    values: dict[FactRequest, Any] = {
        request: files.get(request.param("path"), []) for request in set_option_requests(whole, hop, cloud)
    }
    request = UpgradeRequest(target=target, strategy="fast-forward")
    return Scene(whole, hop, cloud, Snapshot(cloud, 0.0, values), request)


def found(files: dict[str, Any], source: str = "pike", target: str = "2025.1") -> list[Finding]:
    return known_findings(scene_of(source, target, files))


def told(findings: list[Finding]) -> list[tuple[str, Severity, str]]:
    return [(each.code, each.severity, each.subject) for each in findings]


def test_a_user_in_old_words_is_refused_where_requests_are_answered() -> None:
    (finding,) = found({NOVA: OLD})
    assert told([finding]) == [("upgrade.old-credentials", Severity.FAILURE, f"{NOVA} on ctl1 and 2 more")]
    assert finding.found == "[keystone_authtoken] identity_uri, admin_user, admin_password, and no auth_type"
    assert f"ostler config migrate --project nova --from pike --to pike {NOVA}" in finding.do_next


def test_a_user_without_a_domain_is_refused_on_every_host() -> None:
    (finding,) = found({NOVA: NAMED})
    assert told([finding]) == [("upgrade.domain-missing", Severity.FAILURE, f"{NOVA} on ctl1 and 4 more")]
    assert finding.found == "[placement] username, project_name, and no user_domain_name, no project_domain_name"
    assert f"ostler config migrate --project nova --from pike --to pike {NOVA}" in finding.do_next


def test_every_file_of_every_project_is_looked_at() -> None:
    assert [each.subject for each in found({GLANCE: OLD, NEUTRON: OLD, NOVA: WHOLE})] == [
        f"{GLANCE} on ctl1 and 2 more",
        f"{NEUTRON} on ctl1 and 2 more",
    ]


def test_a_plugin_that_is_no_more_is_refused_where_it_would_be_loaded() -> None:
    plugins = [["DEFAULT", "service_plugins", "router,lbaasv2"], ["DEFAULT", "core_plugin", None]]
    (finding,) = found({NEUTRON: plugins})
    assert told([finding]) == [("upgrade.option-in-the-way", Severity.FAILURE, f"{NEUTRON} on ctl1 and 2 more")]
    assert finding.found == "router,lbaasv2"
    assert "octavia" in finding.summary


@pytest.mark.parametrize(("target", "is_refused"), [("queens", False), ("rocky", True), ("2025.1", True)])
def test_tokens_of_a_kind_that_is_no_more_are_refused(target: str, is_refused: bool) -> None:
    findings = found({KEYSTONE: [["token", "provider", "uuid"]]}, target=target)
    refusal = ("upgrade.option-in-the-way", Severity.FAILURE, f"{KEYSTONE} on ctl1 and 2 more")
    assert told(findings) == ([refusal] if is_refused else [])


def test_a_list_of_plugins_that_is_not_told_is_a_warning() -> None:
    (finding,) = found({NEUTRON: [["DEFAULT", "service_plugins", None]]})
    assert told([finding]) == [("upgrade.option-not-read", Severity.WARNING, f"{NEUTRON} on ctl1 and 2 more")]


@pytest.mark.parametrize(
    ("files", "source", "target"),
    [
        ({NOVA: WHOLE, NEUTRON: [["DEFAULT", "service_plugins", "router,qos"]]}, "pike", "2025.1"),
        ({NOVA: [*OLD, *NAMED], NEUTRON: [["DEFAULT", "service_plugins", "lbaasv2"]]}, "2023.1", "2025.1"),
        ({NOVA: None, NEUTRON: None}, "pike", "2025.1"),
    ],
    ids=["as-it-should-be", "no-matter-of-this-way", "not-read-which-is-told-elsewhere"],
)
def test_other_clouds_and_ways_hear_nothing(files: dict[str, Any], source: str, target: str) -> None:
    assert found(files, source, target) == []


def test_the_values_of_plugins_are_read_on_the_way_on_which_they_go_and_no_secret_is() -> None:
    def asked(source: str, target: str) -> set[str]:
        requests = scene_of(source, target, {}).snapshot.values
        return {name for request in requests for name in request.param("values").split(":")}

    assert "service_plugins" in asked("pike", "2025.1")
    assert "service_plugins" not in asked("2023.1", "2025.1")
    assert not [name for name in asked("pike", "2025.1") if "password" in name or "token" in name]


def test_a_plan_tells_of_them_and_cannot_be_carried_out() -> None:
    scene = scene_of("pike", "2025.1", {NOVA: OLD})
    made = plan_upgrade(replace(RECORDED, cloud=scene.cloud, snapshot=scene.snapshot), scene.request)
    assert "upgrade.old-credentials" in [finding.code for finding in made.findings]
    assert not made.is_applyable
