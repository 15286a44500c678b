"""Where a run that is asked to stop may do so: where nothing is half done. Pure, from the frozen plan alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ostler.planning.model import Lane, Plan
from ostler.planning.replacement import replacement_of
from ostler.steps.model import Step

STOPS, STARTS = "stop-service", "start-service"
MISSED = ("hold-requests", "take-out-of-balancer", STOPS)
"""Kinds that take away what users miss: also over several stages it is given back before the run stops. What other
kinds lend over stages (nova's RPC pin) is in nobody's way."""


@dataclass(frozen=True)
class SafePoints:
    """Where a plan's run may stop. `stages`: before a stage of these; `lanes`: with lanes of such a stage not begun;
    `steps`: before such a step in its lane. `lenders` are, by step id, the steps whose loans it stands within."""

    stages: frozenset[str]
    lanes: frozenset[str]
    steps: frozenset[str]
    lenders: Mapping[str, tuple[str, ...]]


def safe_points(plan: Plan) -> SafePoints:
    """Within a lane, every loan that it gives back itself is back and every service that it stops runs; over stages,
    nothing is away that users miss."""
    stages, lanes = {stage.name for stage in plan.stages}, {stage.name for stage in plan.stages}
    steps = {step.id for _, _, step in plan.steps()}
    lenders: defaultdict[str, list[str]] = defaultdict(list)
    for begin, end in _stretches(plan):
        if begin.stage == end.stage and begin.lane == end.lane:
            within = begin.lane.steps[begin.index + 1 : end.index + 1]
            steps.difference_update(step.id for step in within)
            for step in within[:-1] if begin.step.lends else ():
                lenders[step.id].append(begin.step.id)
        elif begin.step.kind in MISSED:
            together = plan.stages[begin.stage : end.stage + 1]
            stages.difference_update(stage.name for stage in together[1:])
            lanes.difference_update(stage.name for stage in together)
            steps.difference_update(step.id for stage in together for lane in stage.lanes for step in lane.steps)
    return SafePoints(
        frozenset(stages), frozenset(lanes), frozenset(steps), {step: tuple(by) for step, by in lenders.items()}
    )


@dataclass(frozen=True)
class _Place:
    stage: int
    lane: Lane
    index: int

    @property
    def step(self) -> Step:
        return self.lane.steps[self.index]


def _places(plan: Plan) -> Iterator[_Place]:
    for number, stage in enumerate(plan.stages):
        for lane in stage.lanes:
            for index in range(len(lane.steps)):
                yield _Place(number, lane, index)


def _stretches(plan: Plan) -> Iterator[tuple[_Place, _Place]]:
    """From each step that lends to the one that gives back, and from each that stops services of a host to the one
    that starts them: the next there that starts any and is not yet taken. A host that another takes the place of is
    one with it."""
    replacement = replacement_of(plan)
    same = replacement.pairs if replacement else {}
    lent: dict[str, _Place] = {}
    stopped: defaultdict[str | None, list[_Place]] = defaultdict(list)
    for place in _places(plan):
        step = place.step
        if step.returns in lent:
            yield lent.pop(step.returns), place
        host = same.get(str(step.host), step.host)
        if step.kind == STARTS and stopped[host]:
            yield stopped[host].pop(), place
        if step.lends is not None:
            lent[step.lends] = place
        if step.kind == STOPS:
            stopped[host].append(place)
