"""Stages for a project whose old and new code must not run side by side: requests wait at the load balancers while all
its services stop, its schema is contracted if that is pending, and the first controller starts with the new code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ostler.catalog.project import Project
from ostler.cloud.model import Host
from ostler.errors import Finding, Severity
from ostler.facts.haproxy_held import HOLD_MAP
from ostler.planning.model import Lane, Stage
from ostler.planning.upgrade.host_steps import Group, host_lanes, into_balancer, out_of_balancer, start, stop, switch
from ostler.planning.upgrade.request import Scene, unit_of
from ostler.planning.upgrade.schema import contracts_while_stopped, is_early, must_not_overlap, phase_steps
from ostler.steps.model import Step

UNDO_START = "host by host: stopped, pointed back at the old code and configuration, started"


def roll_held(scene: Scene, groups: tuple[Group, ...]) -> Iterator[Stage]:
    """All groups of one project, in the hard order, within one hold; what lies in it is as short as it can be, since
    users wait. Before it what no request waits for stops, and the APIs stop on all controllers but one. In it, what
    takes requests stops first and starts last, and the first controller that serves ends it. Where the schema is
    contracted in the hold, that is asked before anything stops: nobody waits for the answer."""
    project = groups[0].project
    first, *others = _stages(scene, project, groups)
    yield _asked(scene, project, first) if contracts_while_stopped(scene, project) else first
    yield from others


def _stages(scene: Scene, project: Project, groups: tuple[Group, ...]) -> Iterator[Stage]:
    behind = behind_requests(project, groups)
    if behind.old:
        yield _stop_behind(scene, behind, groups)
    for group in reversed(groups):
        if group.takes_requests.old and len(scene.controllers) > 1:
            yield _leave_one(scene, group)
    yield hold(scene, project, backends_of(groups))
    for group in reversed(groups):
        if serving_part(group).old:
            yield _stop(scene, group)
    if contracts_while_stopped(scene, project):
        yield _contract(scene, project)
    for group in groups[:-1]:
        yield _start(scene, group)
    yield _start_and_release(scene, groups[-1], behind, backends_of(groups))


def stages_before(group: Group) -> tuple[str, ...]:
    """The names of the stages before "roll-…" in which services of a group may stop."""
    before = (_before(group.project),) if quiet(group).old else ()
    return (*before, f"leave-one-{group.name}", f"stop-{group.name}")


def hold_findings(scene: Scene) -> list[Finding]:
    """Failures for load balancers that cannot hold the requests this plan wants held."""
    projects = [project.name for project in scene.projects if must_not_overlap(scene, project)]
    balancers = scene.cloud.load_balancer.hosts if scene.cloud.load_balancer else ()
    return [
        Finding(
            code="upgrade.cannot-hold",
            severity=Severity.FAILURE,
            subject=host,
            summary=f"requests to {', '.join(projects)} must wait on this hop, and HAProxy on {host} cannot hold them",
            found=f"no map {HOLD_MAP}",
            expected="the map, and the lines of Lua that look into it",
            do_next="set it up as docs/operator/haproxy.md shows under holding requests; then make the plan again",
        )
        for host in balancers
        if projects and (scene.snapshot.known("haproxy.held", host) or {}).get("can_hold") is False
    ]


def quiet(group: Group) -> Group:
    """The part of a group that no request waits for."""
    return group.part(lambda service: service.is_behind_requests)


def serving_part(group: Group) -> Group:
    """The part of a group that requests need."""
    return group.part(lambda service: not service.is_behind_requests)


def behind_requests(project: Project, groups: tuple[Group, ...]) -> Group:
    """What no request waits for in all groups: it stops before the hold and starts after it."""
    parts = [quiet(group) for group in groups]
    old = tuple(service for part in parts for service in part.old)
    return Group(project, _before(project), old, tuple(service for part in parts for service in part.new))


def _before(project: Project) -> str:
    return f"before-hold-{project.name}"


def backends_of(groups: tuple[Group, ...]) -> tuple[str, ...]:
    """The APIs of all groups, by their names in the load balancer."""
    return tuple(dict.fromkeys(backend for group in groups for backend in group.backends))


def hold(scene: Scene, project: Project, backends: tuple[str, ...]) -> Stage:
    """From here on, requests to these APIs wait: a loan for each."""
    stage = f"hold-{project.name}"
    steps = tuple(
        Step(
            id=f"{stage}/{scene.first}/hold-{backend}",
            kind="hold-requests",
            host=None,
            why="requests wait for some seconds instead of failing",
            undo="a loan: the waiting requests go on",
            estimate_s=1,
            params={"backend": backend},
            lends=_loan(backend),
        )
        for backend in backends
    )
    return Stage(
        name=stage,
        title=f"Hold requests to {', '.join(backends)}",
        why=f"old and new code of {project.name} must not run side by side on this hop",
        undo="the waiting requests go on",
        lanes=(Lane(scene.first, steps),),
    )


def _asked(scene: Scene, project: Project, stage: Stage) -> Stage:
    lost = (
        f"The schema of {project.name} is contracted while it is stopped, and code of "
        f"{scene.source} cannot run afterwards. The only way back is restoring the dump. Go on?"
    )
    return replace(stage, gate=lost, is_point_of_no_return=True)


def _stop_behind(scene: Scene, behind: Group, groups: tuple[Group, ...]) -> Stage:
    return Stage(
        name=behind.name,
        title=f"Stop {', '.join(service.name for service in behind.old)} on all controllers",
        why="no request waits for them, so that users need not wait until they have stopped",
        undo="started again, with the code they had",
        lanes=host_lanes(scene, scene.controllers, lambda host: [_lent_stop(scene, behind.name, host, behind, groups)]),
        in_flight=len(scene.controllers),
    )


def _lent_stop(scene: Scene, stage: str, host: Host, stopped: Group, groups: tuple[Group, ...]) -> Step:
    """A stop before the hold is a loan: when the run ends while the last of the old APIs runs, all start again."""
    last = next(unit_of(service) for group in groups for service in group.takes_requests.old)
    while_old = {"only_while": {"host": scene.controllers[-1].name, "unit": last}}
    step = stop(stage, host.name, stopped)
    return replace(
        step,
        undo="a loan: started again, with the code it had, unless new code may run already",
        params={**step.params, **while_old},
        lends=_stopped(stage, host.name),
    )


def _stopped(stage: str, host: str) -> str:
    return f"services stopped on {host} ({stage})"


def _leave_one(scene: Scene, group: Group) -> Stage:
    stage, apis = f"leave-one-{group.name}", group.takes_requests
    *others, last = scene.controllers

    def steps_of(host: Host) -> list[Step]:
        if host not in others:
            return []
        return [*out_of_balancer(stage, host.name, apis), _lent_stop(scene, stage, host, apis, (group,))]

    return Stage(
        name=stage,
        title=f"Stop {', '.join(service.name for service in apis.old)} on all controllers but {last.name}",
        why=f"{last.name} serves alone for some seconds, so that requests need to wait only while that one stops",
        undo="started again, with the code they had",
        lanes=host_lanes(scene, scene.controllers, steps_of),
    )


def _stop(scene: Scene, group: Group) -> Stage:
    stage, serving = f"stop-{group.name}", serving_part(group)
    inner = serving.part(lambda service: service.api is None)
    last = scene.controllers[-1]

    def steps_of(host: Host) -> list[Step]:
        if host == last:
            out = out_of_balancer(stage, host.name, serving, may_be_last=True)
            return [*out, stop(stage, host.name, serving)]
        return [stop(stage, host.name, inner)] if inner.old else []

    return Stage(
        name=stage,
        title=f"Stop {', '.join(service.name for service in serving.old)} where they still run",
        why="requests under way end first; new ones wait",
        undo="started again, with the code they had",
        lanes=host_lanes(scene, scene.controllers, steps_of),
        in_flight=len(scene.controllers),
    )


def _contract(scene: Scene, project: Project) -> Stage:
    late = [phase for phase in project.schema_phases(scene.target) if not is_early(phase)]
    stage = f"contract-{project.name}"
    return Stage(
        name=stage,
        title=f"Contract the schema of {project.name}",
        why="what only the old code used is taken away, while none of it runs",
        undo="none: only restoring the dump leads back",
        lanes=(Lane(scene.first, phase_steps(scene, stage, [(project, phase) for phase in late])),),
    )


def _start(scene: Scene, group: Group) -> Stage:
    return Stage(
        name=f"roll-{group.name}",
        title=f"Start {group.services} on all controllers",
        why="all at once: users wait meanwhile",
        undo=UNDO_START,
        lanes=host_lanes(scene, scene.controllers, lambda host: _start_steps(scene, host, group, at_once=True)),
        in_flight=len(scene.controllers),
    )


def _start_and_release(scene: Scene, group: Group, behind: Group, backends: tuple[str, ...]) -> Stage:
    stage = f"roll-{group.name}"

    def steps_of(host: Host) -> list[Step]:
        is_first = host.name == scene.first
        released = release(stage, host.name, backends, "the new code serves") if is_first else ()
        stopped = _stopped(behind.name, host.name) if behind.old else None
        started = [*_start_steps(scene, host, group, at_once=is_first), *released]
        if behind.new:
            started.append(start(stage, scene, host.name, behind, place="97-start-the-rest", returns=stopped))
        return started

    return Stage(
        name=stage,
        title=f"Start {group.services} on {scene.first} and let the waiting requests go on, then on the others",
        why="users wait only until one controller serves; starting all at once would make each slower",
        undo=UNDO_START,
        lanes=host_lanes(scene, scene.controllers, steps_of),
    )


def _start_steps(scene: Scene, host: Host, group: Group, *, at_once: bool) -> list[Step]:
    """The whole group gets its new code, and what requests need of it starts."""
    stage = f"roll-{group.name}"
    is_last, leave_one = host == scene.controllers[-1], f"leave-one-{group.name}"
    lent_by = f"stop-{group.name}" if is_last else leave_one
    stopped = _stopped(leave_one, host.name) if group.takes_requests.old and not is_last else None
    serving = serving_part(group)
    return [
        *switch(stage, scene, host, group),
        *([start(stage, scene, host.name, serving, at_once=at_once, returns=stopped)] if serving.new else []),
        *into_balancer(stage, host.name, group, lent_by),
    ]


def release(stage: str, host: str, backends: tuple[str, ...], why: str) -> Iterator[Step]:
    """In the lane of the host that serves first, requests to these APIs go on."""
    for backend in backends:
        yield Step(
            id=f"{stage}/{host}/95-release-{backend}",
            kind="release-requests",
            host=None,
            why=why,
            undo="nothing to undo",
            estimate_s=1,
            params={"backend": backend},
            returns=_loan(backend),
        )


def _loan(backend: str) -> str:
    return f"requests to {backend} held"
