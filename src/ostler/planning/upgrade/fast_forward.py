"""An upgrade over one hop or several while no OpenStack service runs: everything stops once, the databases are brought
through every release on the way by its own code, and everything starts with the target's. Servers go on running."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from ostler.catalog.database import OnlineMigration, SchemaPhase
from ostler.catalog.project import Project
from ostler.catalog.release import Hop
from ostler.catalog.service import Service
from ostler.cloud.model import Host
from ostler.planning.model import Lane, Stage
from ostler.planning.rehearsed import Rehearsal
from ostler.planning.upgrade.computes import STAGE as COMPUTES
from ostler.planning.upgrade.computes import boot_step, compute_groups, compute_record, idle_step, under
from ostler.planning.upgrade.controllers import controller_groups, services_after_computes
from ostler.planning.upgrade.finish import finish, prove, unpin, unpin_computes
from ostler.planning.upgrade.host_steps import Group, host_lanes, start, stop, switch
from ostler.planning.upgrade.leaving import FROM, extraction_steps, leaver_on, settings_of_leavers
from ostler.planning.upgrade.mending import borne, left_undone, mend_steps
from ostler.planning.upgrade.place import place
from ostler.planning.upgrade.protect import dump, save
from ostler.planning.upgrade.ready import online_step, ready
from ostler.planning.upgrade.rehearsals import weigh
from ostler.planning.upgrade.request import Scene, TargetEnvironment
from ostler.planning.upgrade.schema import bare_phase_steps, lent_trust
from ostler.planning.upgrade.volumes import idle_backends
from ostler.steps.model import Step

DOORS = ("nova", "cinder")
"""The projects whose APIs begin work that goes on after they have answered: nothing new begins once these are shut."""

CLOSE, STOP_ALL, BOOTS = "close", "stop-all", "boot-on-computes"
LENT, RETURNED = "trust-creators", "trust-no-more"
SIDE_BY_SIDE = 3
"""Projects whose databases are changed at once: they share one database server, which has to write it all."""

LOST = (
    "Until a database is changed, `ostler rollback` starts all as it was. After that the only way back is restoring "
    "the dump that is taken while nothing runs: it loses nothing until the APIs answer again, and what is made after "
    "that."
)

STOPPING = (CLOSE, STOP_ALL)
"""The stages in which services stop."""


def hop_scenes(
    scene: Scene,
    way: Sequence[Hop],
    on_the_way: Mapping[str, Mapping[str, TargetEnvironment]],
    rehearsals: Sequence[Rehearsal],
) -> tuple[Scene, ...]:
    """The scene of each hop, with the environments of the release it goes to (`on_the_way`, by release) and with what
    rehearsals say of it."""
    found: list[Scene] = []
    stood: dict[str, str] = {}
    for hop in way:
        each = replace(
            scene,
            hop=hop,
            environments=scene.environments if hop is way[-1] else on_the_way.get(hop.target.id, {}),
            rehearsals=weigh(rehearsals, hop, scene.snapshot, scene.catalog, way[0]),
            stood_at=dict(stood),
        )
        with_code = {project.name for project in each.projects}
        there = (project for project in scene.catalog.projects if hop.source.id in project.releases)
        stood = {p.name: stood.get(p.name, hop.source.id) for p in there if p.name not in with_code}
        found.append(each)
    return tuple(found)


def fast_forward(scene: Scene, hops: Sequence[Scene]) -> Iterator[Stage | None]:
    """The stages in order. `scene` goes from the first release to the last, `hops` are the ways between."""
    yield ready(hops[0])
    yield save(scene)
    yield place(scene, hops[:-1])
    yield settings_of_leavers(scene, hops)
    yield close(scene)
    yield let_work_end(scene)
    yield stop_all(scene)
    yield dump(scene, "dump")
    yield from passes(scene, hops)
    late = services_after_computes(scene)
    groups = controller_groups(scene)
    yield from (start_group(scene, group) for group in groups if not group.has_any(late))
    yield start_computes(scene)
    yield from (start_group(scene, group) for group in groups if group.has_any(late))
    yield boot_on_computes(scene)
    yield from unpin(scene)
    yield unpin_computes(scene)
    yield finish(scene)
    yield prove(scene)


def away_s(stages: Iterable[Stage]) -> float:
    """For how many seconds the APIs do not answer, by the plan's estimates."""
    names_open = (COMPUTES, BOOTS, "finish", "prove")
    after = iter(stages)
    for stage in after:
        if stage.name == CLOSE:
            away = takewhile(lambda each: not each.name.startswith(("unpin-", *names_open)), after)
            return stage.estimate_s + sum(each.estimate_s for each in away)
    return 0.0


def close(scene: Scene, lost: str = LOST) -> Stage:
    """The APIs that begin work stop, behind a gate; `lost` is what it says about the way back."""
    doors = [group.part(_is_door) for group in controller_groups(scene) if group.project.name in DOORS]

    def steps_of(host: Host) -> list[Step]:
        return [_named(stop(CLOSE, host.name, door), CLOSE, host, door) for door in doors if door.old]

    lanes = host_lanes(scene, scene.controllers, steps_of)
    return Stage(
        name=CLOSE,
        title=f"Stop the APIs of {' and '.join(DOORS)} on all controllers",
        why="nothing new begins, and what is under way can end",
        undo="started again, with the code they had",
        lanes=lanes,
        in_flight=max(1, len(lanes)),
        gate=(
            f"From here on the APIs do not answer, until services of {scene.target} have started. Servers, their disks "
            f"and their networks go on (but nova's metadata). {lost} Go on?"
        ),
        is_point_of_no_return=True,
    )


def let_work_end(scene: Scene) -> Stage | None:
    """Builds and volumes end, before what they need stops. None for a cloud without either."""
    stage = "let-work-end"

    def steps_of(host: Host) -> Iterator[Step]:
        record = compute_record(scene, host.name) if "compute" in host.roles else None
        backends = list(scene.volume_records.get(scene.recorded_as(host.name), {}))
        if record:
            yield _without_apis(under(idle_step(stage, host.name, record), f"{stage}/{host.name}", "nova"))
        if backends:
            yield _without_apis(under(idle_backends(stage, host.name, backends), f"{stage}/{host.name}", "cinder"))

    lanes = host_lanes(scene, scene.cloud.hosts.values(), steps_of)
    if not lanes:
        return None
    return Stage(
        name=stage,
        title="Wait until no server and no volume is being made or changed",
        why="a build that is under way when its service stops ends in ERROR",
        undo="nothing is changed",
        lanes=lanes,
        in_flight=scene.request.batch,
    )


def _without_apis(step: Step) -> Step:
    """A wait whose advice must not need the APIs, which the run has stopped."""
    return replace(step, params={**step.params, "apis_are_away": True})


def stop_all(scene: Scene) -> Stage:
    """What is left of OpenStack stops, on every host."""

    def steps_of(host: Host) -> list[Step]:
        groups = [group for group in map(_behind_doors, _groups_on(scene, host)) if group.old]
        return [_named(stop(STOP_ALL, host.name, group), STOP_ALL, host, group) for group in groups]

    lanes = host_lanes(scene, scene.cloud.hosts.values(), steps_of)
    return Stage(
        name=STOP_ALL,
        title="Stop every service of OpenStack",
        why="old code must not meet the databases, the messages or the services of later releases; servers go on",
        undo="started again, with the code they had",
        lanes=lanes,
        in_flight=max(1, len(lanes)),
    )


def _behind_doors(group: Group) -> Group:
    """What is left of a group when the doors are shut."""
    return group.part(lambda service: not _is_door(service)) if group.project.name in DOORS else group


def _is_door(service: Service) -> bool:
    """Whether it takes requests that begin work; nova's own placement, of before Stein, is needed for what is under
    way."""
    return service.api is not None and service.api.service_type != "placement"


def _groups_on(scene: Scene, host: Host) -> tuple[Group, ...]:
    """What stops on a host, in this order: what takes requests before what they need."""
    on_controller = tuple(reversed(controller_groups(scene))) if "controller" in host.roles else ()
    on_compute = tuple(reversed(compute_groups(scene, host))) if "compute" in host.roles else ()
    return (*on_compute, *on_controller)


def passes(scene: Scene, hops: Sequence[Scene]) -> Iterator[Stage]:
    """The databases go through every hop, with what migrations need that make triggers lent around all of them."""
    trust = lent_trust(
        scene, LENT, [pair for hop in hops for project in hop.projects for pair in _phases(hop, project)]
    )
    if trust is not None:
        yield _alone(scene, "Let migrations make triggers", trust[0])
    for at, hop in enumerate(hops):
        yield _pass(hop, is_first=at == 0, is_last=at == len(hops) - 1)
    if trust is not None:
        returned = replace(trust[1], id=trust[1].id.replace(LENT, RETURNED, 1))
        yield _alone(scene, "Let nobody else make triggers", returned)


def _phases(hop: Scene, project: Project) -> list[tuple[Project, SchemaPhase]]:
    return [(project, phase) for phase in project.schema_phases(hop.target)]


def _alone(scene: Scene, title: str, step: Step) -> Stage:
    return Stage(step.id.partition("/")[0], title, step.why, step.undo, (Lane(scene.first, (step,)),))


def _pass(hop: Scene, *, is_first: bool, is_last: bool) -> Stage:
    """All schema phases of one hop, project beside project, and the rows that the next one wants moved; the last hop's
    are moved when its services run again."""
    stage, leaver = f"pass-{hop.target}", leaver_on(hop)
    lanes: dict[str, list[Step]] = {}
    for project in hop.projects:
        is_new = leaver is not None and leaver[0] is project
        moved = () if is_first and not is_new else [database.name for database in project.databases]
        steps = extraction_steps(hop, stage, *leaver) if leaver and is_new else []
        steps += mend_steps(hop, stage, project)
        steps += bare_phase_steps(hop, stage, _phases(hop, project), moved)
        migration = None if is_last else project.online_migration(hop.target)
        if migration:
            steps.append(_alone_online(hop, project, migration, stage))
        if steps and leaver and project.name == FROM:
            # What leaves it goes first: its rows are still here.
            steps = [*lanes.pop(f"{hop.first}-{leaver[0].name}"), *steps]
        if steps:
            lanes[f"{hop.first}-{project.name}"] = steps
    rows = "" if is_last else ", and move the rows that only its code moves"
    return Stage(
        name=stage,
        title=f"Bring the databases from {hop.source} to {hop.target}{rows}",
        why=f"with the code of {hop.target} itself, while nothing else runs",
        undo="none needed: the old databases are not changed, and the way back uses them"
        if hop.stands_for
        else "none: only restoring the dump leads back, and it loses nothing while the APIs are away",
        lanes=tuple(Lane(name, tuple(steps)) for name, steps in lanes.items()),
        in_flight=SIDE_BY_SIDE,
    )


def _alone_online(hop: Scene, project: Project, migration: OnlineMigration, stage: str) -> Step:
    """A row migration while nothing else runs: what it could only do with services up is left undone, and told."""
    step = online_step(hop, project, migration, stage, "target")
    left = left_undone(hop, migration)
    return replace(step, params={**step.params, "borne": borne(left, migration)}) if left else step


def start_group(scene: Scene, group: Group) -> Stage:
    """The target's services of a group start on all controllers at once; on a new control plane nothing was there."""
    stage = f"roll-{group.name}"

    group = replace(group, old=()) if scene.stands_for else group

    def steps_of(host: Host) -> list[Step]:
        begin = [start(stage, scene, host.name, group, at_once=True)] if group.new else []
        return [*switch(stage, scene, host, group), *begin]

    lanes = host_lanes(scene, scene.controllers, steps_of)
    return Stage(
        name=stage,
        title=f"Start {group.services} on all controllers",
        why="all at once: users wait meanwhile",
        undo=f"stopped, pointed back at the old code and configuration; started {scene.way_back}",
        lanes=lanes,
        in_flight=len(lanes),
    )


def start_computes(scene: Scene, first: Callable[[Host], Iterable[Step]] = lambda host: ()) -> Stage | None:
    """The computes start with the target's code; `first` are steps of a host before that. None without computes."""

    def steps_of(host: Host) -> Iterator[Step]:
        yield from first(host)
        for group in compute_groups(scene, host):
            new = [*switch(COMPUTES, scene, host, group), start(COMPUTES, scene, host.name, group)]
            yield from (_named(step, COMPUTES, host, group) for step in new)

    lanes = host_lanes(scene, scene.computes, steps_of)
    if not lanes:
        return None
    return Stage(
        name=COMPUTES,
        title="Start the computes with the new code, a canary first",
        why="none of them takes servers before it has started; those they have go on meanwhile",
        undo=f"stopped, pointed back at the old code and configuration; started {scene.way_back}",
        lanes=lanes,
        in_flight=scene.request.batch,
        first_alone=True,
    )


def boot_on_computes(scene: Scene) -> Stage | None:
    """A server is booted on each compute that takes any. None when there is none."""

    def steps_of(host: Host) -> Iterator[Step]:
        record = compute_record(scene, host.name)
        if record and record.get("status") == "enabled":
            yield boot_step(BOOTS, host.name, record, scene.target)

    lanes = host_lanes(scene, scene.computes, steps_of)
    if not lanes:
        return None
    return Stage(
        name=BOOTS,
        title="Boot a server on every compute",
        why="a compute counts as upgraded when a server was booted on it",
        undo="the test servers are deleted at once",
        lanes=lanes,
        in_flight=scene.request.batch,
    )


def _named(step: Step, stage: str, host: Host, group: Group) -> Step:
    """A step in a lane that several groups have such steps in."""
    return under(step, f"{stage}/{host.name}", group.name)
