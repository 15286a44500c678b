"""A way back is planned only for a run that fits the cloud as it is, and only to a dump that was tried."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.golden.enlarged import enlarged
from tests.golden.recorded import sources

from ostler.errors import Refused
from ostler.facts.model import Unknown, wanted
from ostler.planning.model import Plan
from ostler.planning.rollback.history import RunHistory
from ostler.planning.rollback.plan import plan_rollback
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest

RECORDED = sources("practice-3-2", "2025.1")
PLAN = plan_upgrade(RECORDED, UpgradeRequest(target="2025.1", accepted_by="the test"))
TRIED = frozenset(step.id for _, _, step in PLAN.steps() if step.kind == "try-dump")
BEGUN = RunHistory("a-run", PLAN, frozenset({"roll-keystone/ctl1/30-switch"}), TRIED)


@pytest.mark.parametrize(
    ("history", "release", "code"),
    [
        (replace(BEGUN, plan=replace(PLAN, cloud="elsewhere")), "2024.1", "rollback.other-cloud"),
        (replace(BEGUN, is_taken_back=True), "2024.1", "rollback.already-back"),
        (replace(BEGUN, is_alive=True), "2024.1", "rollback.still-running"),
        (replace(BEGUN, later=("a-later-run",)), "2025.1", "rollback.not-the-newest"),
        (BEGUN, "2023.1", "rollback.not-the-newest"),
    ],
)
def test_a_run_that_does_not_fit_the_cloud_is_not_taken_back(history: RunHistory, release: str, code: str) -> None:
    cloud = replace(RECORDED.cloud, release=release)
    with pytest.raises(Refused) as refused:
        plan_rollback(RECORDED.catalog, cloud, RECORDED.snapshot, history)
    assert (refused.value.code, refused.value.exit_code) == (code, 3)


def test_a_dump_that_was_never_tried_is_not_restored() -> None:
    with pytest.raises(Refused) as refused:
        plan_rollback(RECORDED.catalog, RECORDED.cloud, RECORDED.snapshot, replace(BEGUN, done=frozenset()), "restore")
    assert refused.value.code == "rollback.dump-not-tried"
    plan = plan_rollback(RECORDED.catalog, RECORDED.cloud, RECORDED.snapshot, BEGUN, "restore")
    assert [stage.name for stage in plan.stages][:3] == ["check-dump", "stop-all", "restore"]
    assert "ostler show PLAN" in str(plan.stages[1].gate)


def test_what_could_not_be_read_may_be_lost_unlisted_and_the_plan_says_so() -> None:
    values = {**RECORDED.snapshot.values, wanted("api.volumes"): Unknown("no answer")}
    plan = plan_rollback(RECORDED.catalog, RECORDED.cloud, replace(RECORDED.snapshot, values=values), BEGUN, "restore")
    told = [finding.subject for finding in plan.findings if finding.code == "rollback.loss-not-known"]
    assert "volumes" in told


def test_conductors_forget_the_new_version_before_computes_report_the_edited_one() -> None:
    names = [stage.name for stage in _back_with_computes_at(68).stages]
    assert names.index("records") + 1 == names.index("forget") < names.index("back-nova-api")
    assert names.index("records-conductor") + 1 == names.index("back-nova-conductor")
    assert names.index("records-again") + 1 == names.index("back-computes")


def test_agents_go_back_before_the_servers_that_would_not_understand_them() -> None:
    stages = {stage.name: stage for stage in _back_with_computes_at(68).stages}
    names = list(stages)
    assert names.index("back-agents") + 1 == names.index("back-neutron")
    assert {lane.name for lane in stages["back-agents"].lanes} == {"cmp1", "cmp2"}
    units = {str(step.params.get("units")) for lane in stages["back-agents"].lanes for step in lane.steps}
    assert units == {"None", "['neutron-openvswitch-agent']"}
    last = {str(step.params.get("units")) for lane in stages["back-computes"].lanes for step in lane.steps}
    assert last == {"None", "['nova-compute']"}


def test_conductors_go_on_when_a_compute_is_still_old() -> None:
    names = [stage.name for stage in _back_with_computes_at(67).stages]
    assert "records" in names and "forget" not in names and "records-conductor" not in names


def test_the_operators_limits_on_computes_at_once_hold_there_and_back() -> None:
    many = enlarged(RECORDED, 3 + 40)
    there = plan_upgrade(many, UpgradeRequest(target="2025.1", accepted_by="the test", batch=2, per_domain=1))
    whole = RunHistory("a-run", there, frozenset(step.id for _, _, step in there.steps()), frozenset())
    cloud = replace(many.cloud, release="2025.1")
    back = plan_rollback(many.catalog, cloud, replace(many.snapshot, cloud=cloud), whole)
    limits = {stage.name: (stage.in_flight, stage.per_domain) for stage in (*there.stages, *back.stages)}
    for name in ("roll-computes", "unpin-computes", "back-agents", "back-computes"):
        assert limits[name] == (2, 1)


def test_agents_go_back_before_the_servers_also_where_those_are_held() -> None:
    there = plan_upgrade(RECORDED, UpgradeRequest(target="2025.1", accepted_by="the test", no_overlap=("neutron",)))
    whole = RunHistory("a-run", there, frozenset(step.id for _, _, step in there.steps()), frozenset())
    plan = plan_rollback(RECORDED.catalog, replace(RECORDED.cloud, release="2025.1"), RECORDED.snapshot, whole)
    names = [stage.name for stage in plan.stages]
    at = names.index("back-agents")
    assert names[at + 1 : at + 5] == ["before-hold-neutron", "hold-neutron", "stop-neutron", "back-neutron"]
    assert plan.notes[0].startswith("Requests to neutron wait")


def _back_with_computes_at(version: int) -> Plan:
    """The way back of a whole upgrade, while one of the computes has this version of nova's services."""
    request = wanted("nova.services")
    services = {
        service: {**record, "version": 68 if service != "nova-compute@cmp2" else version}
        for service, record in RECORDED.snapshot.known("nova.services").items()
    }
    snapshot = replace(RECORDED.snapshot, values={**RECORDED.snapshot.values, request: services})
    whole = replace(BEGUN, touched=frozenset(step.id for _, _, step in PLAN.steps()))
    cloud = replace(RECORDED.cloud, release="2025.1")
    return plan_rollback(RECORDED.catalog, cloud, snapshot, whole)
