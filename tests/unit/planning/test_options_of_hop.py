"""Options that the operator's files set, on the way to another release: what is edited, what is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.golden.recorded import sources

from ostler.errors import Severity
from ostler.facts.model import FactRequest, Unknown
from ostler.planning.model import Plan
from ostler.planning.upgrade.options import set_option_requests
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest

RECORDED = sources("practice-3-2", "2025.1")
HOP = RECORDED.catalog.hop("2025.1", "2026.1")
CLOUD = replace(RECORDED.cloud, release="2025.1")
REQUESTS = set_option_requests(RECORDED.catalog, HOP, CLOUD)
NOVA, ML2 = "/etc/nova/nova.conf", "/etc/neutron/plugins/ml2/ml2_conf.ini"


def requests(path: str) -> list[FactRequest]:
    return [request for request in REQUESTS if request.param("path") == path]


def plan(**found: Any) -> Plan:
    """A plan of a cloud whose files set nothing but these: by path, on every host that has the file."""
    values: dict[FactRequest, Any] = {**RECORDED.snapshot.values, **{request: [] for request in REQUESTS}}
    for path, options in found.items():
        values |= dict.fromkeys(requests({"nova": NOVA, "ml2": ML2}[path]), options)
    snapshot = replace(RECORDED.snapshot, cloud=CLOUD, values=values)
    return plan_upgrade(replace(RECORDED, cloud=CLOUD, snapshot=snapshot), UpgradeRequest(target="2026.1"))


def told(made: Plan) -> list[tuple[str, Severity, str]]:
    return [(f.code, f.severity, f.subject) for f in made.findings if f.code.startswith("upgrade.option")]


def test_every_configuration_file_is_asked_for_where_its_services_run() -> None:
    assert {request.host for request in requests(NOVA)} == set(CLOUD.hosts)
    assert {request.host for request in requests(ML2)} == {"ctl1", "ctl2", "ctl3"}
    agent = "/etc/neutron/plugins/ml2/openvswitch_agent.ini"
    assert {"cmp1", "cmp2"} <= {request.host for request in requests(agent)}
    assert not [name for request in REQUESTS for name in request.param("values").split(":") if "password" in name]


def test_a_file_that_sets_nothing_needs_no_change() -> None:
    made = plan()
    assert told(made) == []
    assert not [step for _, _, step in made.steps() if "/50-edit-" in step.id]


def test_an_option_with_another_name_is_renamed_on_each_host_by_its_line_alone() -> None:
    quorum = "rabbit_{}_max_memory_bytes".format
    old, new = quorum("quroum"), quorum("quorum")
    made = plan(ml2=[["oslo_messaging_rabbit", old, None]], nova=[["DEFAULT", "vendordata_providers", None]])
    edits = {step.host: step.params for _, _, step in made.steps() if step.id.endswith("50-edit-ml2_conf-ini")}
    edit = ["rename", "oslo_messaging_rabbit", old, "oslo_messaging_rabbit", new]
    assert edits == {host: {"path": ML2, "edits": [edit]} for host in ("ctl1", "ctl2", "ctl3")}
    edited = [step for _, _, step in made.steps() if step.id.endswith("50-edit-nova-conf")]
    assert {step.host for step in edited} == set(CLOUD.hosts)
    moved = "[DEFAULT] vendordata_providers as [api] vendordata_providers"
    assert edited[0].why == f"2026.1 reads only under its new name: {moved}"
    assert told(made) == []


def test_an_old_name_that_the_target_still_reads_is_left_since_old_code_beside_it_reads_the_file_too() -> None:
    made = plan(ml2=[["ml2", "tenant_network_types", None]])
    assert told(made) == []
    assert not [step for _, _, step in made.steps() if "/50-edit-" in step.id]


def test_what_is_read_no_more_is_a_note_told_once_for_all_hosts() -> None:
    made = plan(nova=[["DEFAULT", "osapi_compute_workers", None]])
    assert told(made) == [("upgrade.option-gone", Severity.NOTE, f"{NOVA} on ctl1 and 4 more")]


def test_a_value_that_the_target_does_not_take_is_refused() -> None:
    made = plan(nova=[["cache", "backend", "oslo_cache.mongo"]])
    assert told(made) == [("upgrade.option-value-refused", Severity.FAILURE, f"{NOVA} on ctl1 and 4 more")]
    assert not made.is_applyable
    assert told(plan(nova=[["cache", "backend", "dogpile.cache.pymemcache"]])) == []


@pytest.mark.parametrize("value", [Unknown("no answer"), None])
def test_a_file_that_could_not_be_read_is_a_warning(value: Any) -> None:
    values: dict[FactRequest, Any] = {**RECORDED.snapshot.values, **{request: [] for request in REQUESTS}}
    for request in requests(ML2):
        if value is None:
            del values[request]
        else:
            values[request] = value
    snapshot = replace(RECORDED.snapshot, cloud=CLOUD, values=values)
    made = plan_upgrade(replace(RECORDED, cloud=CLOUD, snapshot=snapshot), UpgradeRequest(target="2026.1"))
    assert told(made) == [("upgrade.option-names-not-read", Severity.WARNING, f"{ML2} on ctl1 and 2 more")]
