"""A plan says whether everything it was made from was known and there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.golden.recorded import sources
from tests.meta.list_codes import all_codes

from ostler.errors import Refused
from ostler.execution.run_checks import check_applyable
from ostler.facts.model import Unknown
from ostler.planning.model import Plan, plan_to_json
from ostler.planning.upgrade.completeness import NOT_KNOWN
from ostler.planning.upgrade.plan import Sources, plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest

RECORDED = sources("practice-3-2", "2025.1")
OF_PLANS = ("environments.", "replace.", "upgrade.")


def unread(given: Sources, reason: Unknown, *, host: str, fact: str = "") -> Sources:
    """The recorded cloud, where a fact of a host (or all of it) was not read."""
    values = {
        asked: reason if asked.host == host and fact in asked.fact else value
        for asked, value in given.snapshot.values.items()
    }
    return replace(given, snapshot=replace(given.snapshot, values=values))


def cmp2_gone(given: Sources) -> Sources:
    return unread(given, Unknown("cmp2 does not answer in time", "remote.no-answer"), host="cmp2")


def without_environments(given: Sources) -> Sources:
    return replace(given, environments={})


def planned(given: Sources, *accept: str) -> Plan:
    return plan_upgrade(given, UpgradeRequest(target="2025.1", accept=accept, accepted_by="the test"))


def test_a_plan_with_nothing_in_its_way_is_complete() -> None:
    assert planned(RECORDED).is_applyable
    assert planned(RECORDED).is_complete


@pytest.mark.parametrize(
    ("altered", "code"), [(cmp2_gone, "host.unreachable"), (without_environments, "environments.missing")]
)
def test_a_plan_made_without_what_it_needs_says_so_and_is_refused_with_it(
    altered: Callable[[Sources], Sources], code: str
) -> None:
    plan = planned(altered(RECORDED))
    assert json.loads(plan_to_json(plan))["is_complete"] is False
    assert code in {finding.code for finding in plan.refusals}
    with pytest.raises(Refused) as refused:
        check_applyable(plan)
    assert {code, "plan.incomplete"} <= {finding.code for finding in refused.value.findings}


def test_what_is_refused_for_another_reason_is_complete() -> None:
    (one,) = [asked for asked in RECORDED.snapshot.values if asked.fact == "host.disk" and asked.host == "ctl1"]
    full = {place: {**about, "free_bytes": 0} for place, about in RECORDED.snapshot.values[one].items()}
    snapshot = replace(RECORDED.snapshot, values={**RECORDED.snapshot.values, one: full})
    plan = planned(replace(RECORDED, snapshot=snapshot))
    assert plan.refusals
    assert plan.is_complete


def test_what_the_operator_takes_on_leaves_a_plan_complete() -> None:
    given = unread(RECORDED, Unknown("no answer in time"), host="ctl3", fact="host.options")
    told = {finding.code for finding in planned(given).refusals}
    assert not planned(given).is_complete
    taken_on = planned(given, *told)
    assert taken_on.is_complete
    assert taken_on.is_applyable


def test_every_finding_about_what_was_not_read_counts() -> None:
    codes = {each.code for each in all_codes()}
    assert set(NOT_KNOWN) <= codes
    about_reading = {each for each in codes if each.startswith(OF_PLANS) and each.endswith(("not-read", "not-known"))}
    assert about_reading <= set(NOT_KNOWN)
