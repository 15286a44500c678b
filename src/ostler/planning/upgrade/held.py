"""Stages for a project whose old and new code must not run side by side: requests wait at the load balancers while all
its services stop, its schema is contracted if that is pending, and the first controller starts with the new code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ostler.catalog.project import Project
from ostler.catalog.service import Service
from ostler.cloud.model import Host
from ostler.errors import Finding, Severity
from ostler.facts.haproxy_held import HOLD_MAP
from ostler.planning.model import Lane, Stage
from ostler.planning.upgrade.host_steps import Group, into_balancer, out_of_balancer, preload, start, stop, switch
from ostler.planning.upgrade.request import Scene, unit_of
from ostler.planning.upgrade.schema import contracts_while_stopped, is_early, must_not_overlap, phase_steps
from ostler.steps.model import Step

UNDO_START = "host by host: stopped, pointed back at the old code and configuration, started"


def roll_held(scene: Scene, groups: tuple[Group, ...]) -> Iterator[Stage]:
    """All groups of one project, in the hard order, within one hold; what lies in it is as short as it can be, since
    users wait. Before it the new code is read into memory, what no request waits for stops, and the APIs stop on all
    controllers but one. In it, what takes requests stops first and starts last, and the first controller that serves
    ends it."""
    project = groups[0].project
    yield _prepare(scene, project, groups)
    for group in reversed(groups):
        if _apis(group).old and len(scene.controllers) > 1:
            yield _leave_one(scene, group)
    yield _hold(scene, project, _backends(groups))
    for group in reversed(groups):
        if _serving(group).old:
            yield _stop(scene, group)
    if contracts_while_stopped(scene, project):
        yield _contract(scene, project)
    for group in groups[:-1]:
        yield _start(scene, group)
    yield _start_and_release(scene, groups[-1], _backends(groups))


def stages_before(group: Group) -> tuple[str, ...]:
    """The names of the stages before "roll-…" in which services of a group may stop."""
    before = (f"before-hold-{group.project.name}",) if _quiet(group).old else ()
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


def _quiet(group: Group) -> Group:
    """The part of a group that no request waits for."""
    return _part(group, lambda service: service.is_behind_requests)


def _serving(group: Group) -> Group:
    """The part of a group that requests need."""
    return _part(group, lambda service: not service.is_behind_requests)


def _apis(group: Group) -> Group:
    """The part of a group that takes requests."""
    return _part(group, lambda service: service.api is not None)


def _part(group: Group, belongs: Callable[[Service], bool]) -> Group:
    return replace(group, old=tuple(filter(belongs, group.old)), new=tuple(filter(belongs, group.new)))


def _backends(groups: tuple[Group, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(backend for group in groups for backend in group.backends))


def _hold(scene: Scene, project: Project, backends: tuple[str, ...]) -> Stage:
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


def _prepare(scene: Scene, project: Project, groups: tuple[Group, ...]) -> Stage:
    """Asked before anything stops, where the schema is contracted in the hold: nobody waits for the answer then."""
    stage, pending = f"before-hold-{project.name}", contracts_while_stopped(scene, project)
    old = tuple(service for group in groups for service in _quiet(group).old)
    stopped = f", and stop {', '.join(service.name for service in old)}" if old else ""
    lost = (
        f"The schema of {project.name} is contracted while it is stopped, and code of "
        f"{scene.source} cannot run afterwards. The only way back is restoring the dump. Go on?"
    )

    def steps_of(host: Host) -> list[Step]:
        quiet = [_lent(scene, stop(stage, host.name, Group(project, stage, old, ())), groups)] if old else []
        return [preload(stage, scene, host.name, project), *quiet]

    return Stage(
        name=stage,
        title=f"Read the new code of {project.name} into memory{stopped}",
        why="users wait for none of this: the APIs still serve",
        undo="what was stopped is started again, with the code it had",
        lanes=_lanes(scene, steps_of),
        in_flight=len(scene.controllers),
        gate=lost if pending else None,
        is_point_of_no_return=pending,
    )


def _lent(scene: Scene, stop: Step, groups: tuple[Group, ...]) -> Step:
    """A stop before the hold is a loan: when the run ends while the last of the old APIs runs, all start again."""
    last = next(unit_of(service) for group in groups for service in _apis(group).old)
    while_old = {"only_while": {"host": scene.controllers[-1].name, "unit": last}}
    stage, host, _ = stop.id.split("/")
    return replace(
        stop,
        undo="a loan: started again, with the code it had, unless new code may run already",
        params={**stop.params, **while_old},
        lends=_stopped(stage, host),
    )


def _stopped(stage: str, host: str) -> str:
    return f"services stopped on {host} ({stage})"


def _leave_one(scene: Scene, group: Group) -> Stage:
    stage, apis = f"leave-one-{group.name}", _apis(group)
    *others, last = scene.controllers

    def steps_of(host: Host) -> list[Step]:
        if host not in others:
            return []
        return [*out_of_balancer(stage, host.name, apis), _lent(scene, stop(stage, host.name, apis), (group,))]

    return Stage(
        name=stage,
        title=f"Stop {', '.join(service.name for service in apis.old)} on all controllers but {last.name}",
        why=f"{last.name} serves alone for some seconds, so that requests need to wait only while that one stops",
        undo="started again, with the code they had",
        lanes=_lanes(scene, steps_of),
    )


def _stop(scene: Scene, group: Group) -> Stage:
    stage, serving = f"stop-{group.name}", _serving(group)
    inner = _part(serving, lambda service: service.api is None)
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
        lanes=_lanes(scene, steps_of),
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
        lanes=_lanes(scene, lambda host: _start_steps(scene, host, group, group, at_once=True)),
        in_flight=len(scene.controllers),
    )


def _start_and_release(scene: Scene, group: Group, backends: tuple[str, ...]) -> Stage:
    stage, quiet = f"roll-{group.name}", _quiet(group)

    def steps_of(host: Host) -> list[Step]:
        is_first = host.name == scene.first
        release = _release(stage, scene, backends) if is_first else ()
        stopped = _stopped(f"before-hold-{group.project.name}", host.name) if quiet.old else None
        rest = [start(stage, scene, host.name, quiet, place="97-start-the-rest", returns=stopped)] if quiet.new else ()
        return [*_start_steps(scene, host, group, _serving(group), at_once=is_first), *release, *rest]

    return Stage(
        name=stage,
        title=f"Start {group.services} on {scene.first} and let the waiting requests go on, then on the others",
        why="users wait only until one controller serves; starting all at once would make each slower",
        undo=UNDO_START,
        lanes=_lanes(scene, steps_of),
    )


def _start_steps(scene: Scene, host: Host, group: Group, started: Group, *, at_once: bool) -> list[Step]:
    """The whole group gets its new code; `started` is the part of it that is started with it."""
    stage = f"roll-{group.name}"
    is_last, leave_one = host == scene.controllers[-1], f"leave-one-{group.name}"
    lent_by = f"stop-{group.name}" if is_last else leave_one
    stopped = _stopped(leave_one, host.name) if _apis(group).old and not is_last else None
    return [
        *switch(stage, scene, host, group),
        start(stage, scene, host.name, started, at_once=at_once, returns=stopped),
        *into_balancer(stage, host.name, group, lent_by),
    ]


def _release(stage: str, scene: Scene, backends: tuple[str, ...]) -> Iterator[Step]:
    for backend in backends:
        yield Step(
            id=f"{stage}/{scene.first}/95-release-{backend}",
            kind="release-requests",
            host=None,
            why="the new code serves",
            undo="nothing to undo",
            estimate_s=1,
            params={"backend": backend},
            returns=_loan(backend),
        )


def _lanes(scene: Scene, steps_of: Callable[[Host], list[Step]]) -> tuple[Lane, ...]:
    lanes = (Lane(host.name, tuple(steps_of(host)), scene.cloud.domain_of(host.name)) for host in scene.controllers)
    return tuple(lane for lane in lanes if lane.steps)


def _loan(backend: str) -> str:
    return f"requests to {backend} held"
