"""Projects whose requests the run held go back as they came: requests wait while all their services stop and the first
controller starts with the old code. Old and new code never run side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from ostler.cloud.model import Host
from ostler.planning.model import Stage
from ostler.planning.rollback.groups import put_back, start_old, stop_all
from ostler.planning.rollback.history import RunHistory
from ostler.planning.upgrade.held import backends_of, behind_requests, hold, quiet, release, serving_part
from ostler.planning.upgrade.host_steps import Group, host_lanes, into_balancer, out_of_balancer
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step


def goes_back_held(history: RunHistory, groups: Collection[Group]) -> bool:
    """Whether the run held requests to these groups' project and began to give any of them new code. Before that, all
    code of the project is old: each host may start it by itself."""
    began = any(history.began(f"roll-{group.name}/") for group in groups)
    return began and any(group.project.name in history.without_overlap for group in groups)


def held_back(scene: Scene, history: RunHistory, groups: tuple[Group, ...]) -> Iterator[Stage]:
    """All groups of one project, in the order they became new, within one hold. Which hosts serve, and with what code,
    is not asked: after a failure it may be any, and all of them stop."""
    groups = tuple(group for group in groups if group.old)
    project, backends = groups[0].project, backends_of(groups)
    behind = behind_requests(project, groups)
    if behind.old or behind.new:
        yield _stop_behind(scene, behind)
    yield hold(scene, project, backends)
    for group in reversed([serving_part(group) for group in groups]):
        if group.old or group.new:
            yield _stop(scene, group)
    for group in groups[:-1]:
        yield _start(scene, history, group)
    yield _start_and_release(scene, history, groups, behind)


def _stop_behind(scene: Scene, behind: Group) -> Stage:
    return Stage(
        name=behind.name,
        title=f"Stop {_named(behind)} on all controllers",
        why="no request waits for them, so that users need not wait until they have stopped",
        undo="upgrade again",
        lanes=host_lanes(scene, scene.controllers, lambda host: [stop_all(behind.name, host.name, behind)]),
        in_flight=len(scene.controllers),
    )


def _stop(scene: Scene, group: Group) -> Stage:
    stage = _stopping(group)

    def steps_of(host: Host) -> list[Step]:
        return [*out_of_balancer(stage, host.name, group, may_be_last=True), stop_all(stage, host.name, group)]

    return Stage(
        name=stage,
        title=f"Stop {_named(group)} on all controllers",
        why="requests under way end first; new ones wait",
        undo="upgrade again",
        lanes=host_lanes(scene, scene.controllers, steps_of),
        in_flight=len(scene.controllers),
    )


def _start(scene: Scene, history: RunHistory, group: Group) -> Stage:
    return Stage(
        name=f"back-{group.name}",
        title=f"Start {_old(group)} of {scene.source} on all controllers",
        why="all at once: users wait meanwhile",
        undo="upgrade again",
        lanes=host_lanes(
            scene, scene.controllers, lambda host: _start_steps(scene, history, host, group, at_once=True)
        ),
        in_flight=len(scene.controllers),
    )


def _start_and_release(scene: Scene, history: RunHistory, groups: tuple[Group, ...], behind: Group) -> Stage:
    group, stage = groups[-1], f"back-{groups[-1].name}"
    first_behind = next((each for each in groups if quiet(each).old), group)

    def lane(host: Host) -> list[Step]:
        is_first = host.name == scene.first
        steps = _start_steps(scene, history, host, group, at_once=is_first)
        if is_first:
            steps += release(stage, host.name, backends_of(groups), "the old code serves")
        if behind.old:
            rest = start_old(stage, scene, history, host.name, behind, _switch_id(first_behind, host))
            steps.append(replace(rest, id=f"{stage}/{host.name}/97-start-the-rest"))
        return steps

    return Stage(
        name=stage,
        title=f"Start {_old(group)} of {scene.source} on {scene.first} and let the waiting requests go on, then on the "
        "others",
        why="users wait only until one controller serves; starting all at once would make each slower",
        undo="upgrade again",
        lanes=host_lanes(scene, scene.controllers, lane),
    )


def _start_steps(scene: Scene, history: RunHistory, host: Host, group: Group, *, at_once: bool) -> list[Step]:
    """The whole group gets its old code and files, and what requests need of it starts."""
    stage, serving, switch_id = f"back-{group.name}", serving_part(group), _switch_id(group, host)
    steps = put_back(stage, scene, history, host, group, switch_id)
    if serving.old:
        steps.append(start_old(stage, scene, history, host.name, serving, switch_id, at_once=at_once))
    return [*steps, *into_balancer(stage, host.name, group, _stopping(group))]


def _stopping(group: Group) -> str:
    return f"stop-{group.name}"


def _switch_id(group: Group, host: Host) -> str:
    return f"roll-{group.name}/{host.name}/30-switch"


def _named(group: Group) -> str:
    """The services of both releases: after a failure either may run."""
    return ", ".join(dict.fromkeys(service.name for service in (*group.new, *group.old)))


def _old(group: Group) -> str:
    return ", ".join(service.name for service in group.old)
