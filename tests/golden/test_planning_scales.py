"""Planning a large cloud: twice the hosts are twice the work, never four times."""

from __future__ import annotations

import sys

from tests.golden.enlarged import enlarged
from tests.golden.recorded import sources

from ostler.planning.upgrade.plan import Sources, plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest

ALMOST_NOTHING = 1.02


def calls_of_planning(cloud: Sources) -> int:
    """How many functions are called to plan its upgrade, those written in C included: the same on every machine."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    request = UpgradeRequest(target="2025.1", accepted_by="the test")
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        plan = plan_upgrade(cloud, request)
    finally:
        sys.setprofile(before)
    assert len([lane for stage in plan.stages for lane in stage.lanes]) > len(cloud.cloud.hosts)
    return calls


def test_work_grows_no_faster_than_the_cloud() -> None:
    small = sources("practice-3-2", "2025.1")
    plan_upgrade(small, UpgradeRequest(target="2025.1"))  # what is read once, is read
    at_60, at_120, at_240 = (calls_of_planning(enlarged(small, hosts)) for hosts in (60, 120, 240))
    assert at_240 - at_120 <= 2 * (at_120 - at_60) * ALMOST_NOTHING
