"""Whether a cloud is still as it was when a plan was made: the facts its steps rely on, and how ready it is. Reads
only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ostler.catalog import catalog_of
from ostler.cloud.model import Cloud
from ostler.errors import Finding, Refused, Severity
from ostler.execution.clock_reading import TimedTransport
from ostler.execution.means import Means
from ostler.execution.second_look import look_again, read_twice
from ostler.execution.waiting import Verdict, judge
from ostler.facts.model import FactRequest, JsonValue, Snapshot, Unknown
from ostler.facts.predicate import Expectation
from ostler.planning.model import Plan
from ostler.planning.readiness import readiness, readiness_requests
from ostler.planning.replacement import cloud_at
from ostler.remote.protocol import Api, Transport

AS_PLANNED = ("host.environments", "databases.schema")
"""The facts of which steps rely on what the planner saw. What they rely on in others, the run may bring about."""


def check_as_planned(plan: Plan, cloud: Cloud, transport: Transport, api: Api | None, means: Means) -> None:
    """Raises Refused, naming each fact that has changed and everything that stands in the way now and did not when the
    plan was made. One round trip per host, and another for what did not answer or may be passing."""
    relied_on = _relied_on(plan, cloud)
    target = _target(plan)
    about = readiness_requests(cloud, is_upgrade=True) if target else ()
    requests = list(dict.fromkeys([*(expectation.request for expectation in relied_on), *about]))
    if not requests:
        return
    timed = TimedTransport(transport, means.clock.now)
    taken_at = means.clock.now()
    values = read_twice(lambda asked: means.read_facts(cloud, timed, api, asked), requests)
    changed = [_stale(verdict) for verdict in _changed(relied_on, values)]
    snapshot = Snapshot(cloud, taken_at, values, timed.clock_read)
    in_the_way = list(_in_the_way(plan, target, snapshot, transport, api, means)) if target else []
    if changed or in_the_way:
        raise Refused(
            "execution.stale",
            "the cloud is not as it was when the plan was made",
            findings=[*changed, *in_the_way],
            do_next="make the plan again" if changed else "see to the findings and apply the plan, or make it again",
        )


def _relied_on(plan: Plan, cloud: Cloud) -> list[Expectation]:
    """Of steps that find the cloud as it is now: those of another control plane rely on what the run brings there."""
    here = {stage.name for stage in plan.stages if cloud_at(plan, cloud, stage.name) == cloud}
    return [
        expectation
        for stage, _, step in plan.steps()
        if stage.name in here
        for expectation in step.relies_on
        if expectation.request.fact in AS_PLANNED
    ]


def _target(plan: Plan) -> str | None:
    """The release whose readiness the plan was made from; None for a way back, which is for clouds that are unwell."""
    target = plan.request.get("target")
    return str(target) if plan.operation == "upgrade" and target else None


def _changed(relied_on: Iterable[Expectation], values: Mapping[FactRequest, JsonValue | Unknown]) -> Iterator[Verdict]:
    verdicts = (judge(expectation, values[expectation.request]) for expectation in relied_on)
    return (verdict for verdict in verdicts if not verdict.holds)


def _stale(verdict: Verdict) -> Finding:
    expectation = verdict.expectation
    where = ".".join(str(part) for part in expectation.path)
    return Finding(
        "execution.stale",
        Severity.FAILURE,
        f"{expectation.request} {where}",
        "a fact that the plan was made from could not be read" if verdict.holds is None else "a fact has changed",
        found=verdict.found,
        expected=str(expectation),
        do_next="make the plan again",
    )


def _in_the_way(
    plan: Plan, target: str, snapshot: Snapshot, transport: Transport, api: Api | None, means: Means
) -> Iterator[Finding]:
    """What is told of the cloud now and would have kept the plan from being carried out. A warning whose code was
    accepted stays accepted, whatever it is about."""
    seen = look_again(snapshot, transport, api, target, means.clock.now, means.clock.sleep)
    accepted = {acceptance.code for acceptance in plan.accepted}
    for finding in readiness(catalog_of(seen.cloud.release), seen, target, is_rolling=not plan.takes_apis_away):
        is_open = finding.severity is Severity.WARNING and finding.code not in accepted
        if finding.severity is Severity.FAILURE or is_open:
            yield finding
