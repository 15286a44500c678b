"""Where a run that is asked to stop may do so: nowhere something is half done."""

from __future__ import annotations

from ostler.execution.safe_points import safe_points
from ostler.planning.model import Lane, Plan, Stage
from ostler.steps.model import Step


def step(
    name: str, kind: str = "prove", host: str = "ctl1", lends: str | None = None, returns: str | None = None
) -> Step:
    return Step(f"{host}/{name}", kind, host, "why", "undo", 1.0, lends=lends, returns=returns)


def plan(*stages: Stage) -> Plan:
    return Plan("upgrade", "a plan", "tiny", "", 0.0, "", {}, stages)


def stage(name: str, *lanes: Lane) -> Stage:
    return Stage(name, name, "why", "undo", lanes)


def in_lane(*steps: Step) -> list[str]:
    """The steps before which a lane of these may stop."""
    safe = safe_points(plan(stage("roll", Lane("ctl1", steps))))
    assert (safe.stages, safe.lanes) == ({"roll"}, {"roll"})
    return [each.id.partition("/")[2] for each in steps if each.id in safe.steps]


def test_between_a_loan_and_its_return_a_lane_does_not_stop() -> None:
    lane = (step("disable", lends="a"), step("stop"), step("enable", returns="a"), step("boot"))
    assert in_lane(*lane) == ["disable", "boot"]


def test_between_stopping_a_service_and_starting_one_a_lane_does_not_stop() -> None:
    lane = (
        step("stop-a", "stop-service"),
        step("switch-a"),
        step("start-a", "start-service"),
        step("stop-b", "stop-service"),
        step("start-b", "start-service"),
        step("prove"),
    )
    assert in_lane(*lane) == ["stop-a", "stop-b", "prove"]


def test_what_stays_lent_or_stopped_by_the_plan_keeps_no_lane_from_stopping() -> None:
    assert in_lane(step("pin", lends="pin"), step("more")) == ["pin", "more"]
    assert in_lane(step("stop", "stop-service"), step("more")) == ["stop", "more"]


def test_a_pin_lent_over_stages_keeps_no_run_from_stopping() -> None:
    first = stage("roll", Lane("ctl1", (step("pin", "edit-config", lends="pin"),)))
    last = stage("unpin", Lane("ctl1", (step("unpin", "edit-config", returns="pin"),)))
    safe = safe_points(plan(first, last))
    assert safe.stages == safe.lanes == {"roll", "unpin"}
    assert safe.steps == {"ctl1/pin", "ctl1/unpin"}


def test_while_requests_are_held_no_stage_is_left_before_they_go_on() -> None:
    hold = stage("hold", Lane("ctl1", (step("hold", "hold-requests", lends="held"),)))
    roll = stage("roll", Lane("ctl2", (step("roll", host="ctl2"),)), Lane("ctl3", (step("roll", host="ctl3"),)))
    release = stage("release", Lane("ctl1", (step("release", returns="held"),)))
    after = stage("after", Lane("ctl1", (step("after"),)))
    safe = safe_points(plan(hold, roll, release, after))
    assert safe.stages == {"hold", "after"}
    assert safe.lanes == {"after"}
    assert safe.steps == {"ctl1/after"}


def test_services_stopped_in_one_stage_and_started_in_a_later_one_run_before_the_run_stops() -> None:
    stops = Lane("ctl1", (step("stop-a", "stop-service"), step("stop-b", "stop-service")))
    starts = Lane("ctl1", (step("start-a", "start-service"), step("start-b", "start-service")))
    safe = safe_points(plan(stage("stop", stops), stage("restore"), stage("start", starts)))
    assert safe.stages == {"stop"}
    assert safe.lanes == safe.steps == frozenset()


def test_steps_within_a_loan_know_who_lent_it() -> None:
    lane = (step("before"), step("lend", lends="a"), step("idle"), step("return", returns="a"), step("after"))
    safe = safe_points(plan(stage("roll", Lane("ctl1", lane))))
    assert safe.lenders == {"ctl1/idle": ("ctl1/lend",)}
