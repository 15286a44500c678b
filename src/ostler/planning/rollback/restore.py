"""Back with the databases restored: everything stops, the dump is put back, everything starts with the old code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostler.errors import Refused
from ostler.planning.model import Lane, Stage
from ostler.planning.rollback.groups import put_back, start_old, stop_all
from ostler.planning.rollback.history import RunHistory
from ostler.planning.upgrade.computes import STAGE, compute_groups, under
from ostler.planning.upgrade.controllers import controller_groups
from ostler.planning.upgrade.fast_forward import STOPPING
from ostler.planning.upgrade.host_steps import Group
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step


def restore_stages(scene: Scene, history: RunHistory) -> list[Stage]:
    """Stop, restore, put back, start. Raises Refused when the run's dump was never tried."""
    _check_tried(history)
    hosts = {host.name: groups_on(scene, host.name) for host in scene.cloud.hosts.values()}
    stop = [
        Lane(name, tuple(under(stop_all("stop-all", name, g), f"stop-all/{name}", g.name) for g, _ in groups))
        for name, groups in hosts.items()
        if groups
    ]
    back = []
    for name, groups in hosts.items():
        host = scene.cloud.host(name)
        put: list[Step] = []
        for group, switch_id in groups:
            steps = put_back("put-back", scene, history, host, group, switch_id)
            put += [under(step, f"put-back/{name}", group.name) for step in steps]
        if groups:
            back.append(Lane(name, tuple(put)))
    return [
        _checked_dump(history),
        Stage(
            name="stop-all",
            title="Stop every service",
            why="nothing may write while the databases are put back",
            undo="started again",
            lanes=tuple(stop),
            in_flight=len(stop),
            gate=(
                "The APIs do not answer until the databases are restored, and what was created since the dump is lost "
                "(most of it is listed in the plan: `ostler show PLAN`; key pairs, quotas, roles, passwords and "
                "whatever else was made or changed since are lost as well). Servers keep running. Go on?"
            ),
            is_point_of_no_return=True,
        ),
        _restore(scene, history),
        Stage(
            name="put-back",
            title="Put code, units and configuration back",
            why="exactly the recorded bytes and versions",
            undo="upgrade again",
            lanes=tuple(back),
            in_flight=len(back),
        ),
        _start_all(
            scene, history, hosts, "controllers and computes side by side: no old and new code can meet any more"
        ),
    ]


def started_again(scene: Scene, history: RunHistory) -> list[Stage]:
    """The stages that take a fast-forward back which changed no database yet: what it stopped starts as it was."""
    stopped = {
        host.name: groups_on(scene, host.name)
        for host in scene.cloud.hosts.values()
        if any(history.began(f"{stage}/{host.name}/") for stage in STOPPING)
    }
    why = "no database was changed, and no service is of another release: they go on where they were"
    return [_start_all(scene, history, stopped, why)] if stopped else []


def made_settings_gone(scene: Scene, history: RunHistory) -> list[Stage]:
    """The stage that removes what the run wrote from settings of the source, where nothing was; the last of all: nobody
    waits for it, and a host that is out of reach does not keep the cloud away."""
    lanes = [
        Lane(
            host,
            (
                Step(
                    id=f"settings-gone/{host}/restore-files",
                    kind="restore-files",
                    host=host,
                    why="there was none before the run; a later upgrade makes it from what is set then",
                    undo="the run's own file is kept in the vault",
                    estimate_s=1,
                    params={"files": {path: None}},
                ),
            ),
            scene.cloud.domain_of(host),
        )
        for host, path in _made_settings(scene, history)
        if is_within_reach(scene, host)
    ]
    if not lanes:
        return []
    return [
        Stage(
            name="settings-gone",
            title=f"Remove the settings that the run wrote for {scene.target}",
            why=f"nothing of {scene.source} reads them",
            undo="written again",
            lanes=tuple(lanes),
            in_flight=len(lanes),
        )
    ]


def settings_out_of_reach(scene: Scene, history: RunHistory) -> tuple[str, ...]:
    """What is told of hosts on which such settings stay."""
    return tuple(
        f"Not to be reached: {host}; remove {path} there once it is: the run wrote it."
        for host, path in _made_settings(scene, history)
        if not is_within_reach(scene, host)
    )


def _made_settings(scene: Scene, history: RunHistory) -> list[tuple[str, str]]:
    made = [(str(step.host), step.params["path"]) for step in history.begun("derive-settings")]
    return [
        (host, path)
        for host, path in made
        if host in scene.cloud.hosts and history.files.get(host, {}).get(path, "") is None
    ]


def is_within_reach(scene: Scene, host: str) -> bool:
    """Whether a host answered when the way back was planned."""
    return scene.snapshot.known("host.units", host) is not None


def _start_all(scene: Scene, history: RunHistory, hosts: Mapping[str, Sequence[tuple[Group, str]]], why: str) -> Stage:
    lanes = []
    for name, groups in hosts.items():
        steps = [
            under(
                start_old("start-all", scene, history, name, group, switch_id, at_once=True),
                f"start-all/{name}",
                group.name,
            )
            for group, switch_id in groups
            if group.old
        ]
        if steps:
            lanes.append(Lane(name, tuple(steps)))
    return Stage(
        name="start-all",
        title=f"Start every service with the code of {scene.source}",
        why=why,
        undo="stopped",
        lanes=tuple(lanes),
        in_flight=len(lanes),
    )


def _check_tried(history: RunHistory) -> None:
    tried = (step.id for _, _, step in history.plan.steps() if step.kind == "try-dump")
    if not any(step in history.done for step in tried):
        raise Refused(
            "rollback.dump-not-tried",
            f"run {history.run_id} has no dump that was restored once and compared",
            do_next="take the run back with the databases as they are: leave out --databases restore",
        )


def _checked_dump(history: RunHistory) -> Stage:
    host, folder = str(history.plan.request["database_host"]), history.plan.request["dump_folder"]
    there = Step(
        id=f"check-dump/{host}/send-back",
        kind="send-dump-back",
        host=host,
        why="the disk it lay on may be gone: the run keeps a copy on the machine it was carried out on",
        undo="not needed: what is written is the dump itself, which stays until you remove it",
        estimate_s=5,
        params={"folder": folder, "databases": _dumped(history), "run": history.run_id},
    )
    check = Step(
        id=f"check-dump/{host}/try-restore",
        kind="try-dump",
        host=host,
        why="it was whole when it was made; disks and people may have been at it since",
        undo="the scratch server is removed",
        estimate_s=30,
        params={"folder": folder, "is_fetched": False},
    )
    return Stage(
        name="check-dump",
        title="See that the dump can be restored",
        why="the cloud is stopped only for a dump that is whole",
        undo="nothing is changed",
        lanes=(Lane(host, (there, check)),),
    )


def _dumped(history: RunHistory) -> list[str]:
    """The databases that are in the run's dump."""
    return [
        name
        for _, _, step in history.plan.steps()
        if step.kind == "dump-databases"
        for name in step.params["databases"]
    ]


def groups_on(scene: Scene, name: str) -> list[tuple[Group, str]]:
    """Every group of services of a host, those that are new with the target too, with the id of the step that switches
    it in an upgrade."""
    host = scene.cloud.host(name)
    found: list[tuple[Group, str]] = []
    if "controller" in host.roles:
        found += [(_all(g), f"roll-{g.name}/{name}/30-switch") for g in controller_groups(scene)]
    found += [(_all(g), f"{STAGE}/{name}/{g.name}-30-switch") for g in compute_groups(scene, host)]
    return found


def _all(group: Group) -> Group:
    return Group(group.project, group.name, group.old, group.new, is_first=True)


def schema_after(scene: Scene, history: RunHistory) -> dict[str, list[str]]:
    """Each database's revisions once it is restored: those it had when it was dumped."""
    recorded, source = history.schema_at_dump, source_schema(scene)
    return source if recorded is None else {name: sorted(recorded[name]) for name in source if name in recorded}


def source_schema(scene: Scene) -> dict[str, list[str]]:
    """Each database's revisions as the release that the cloud goes back to makes them."""
    return {
        database.name: sorted(project.version_rows(database.name, scene.source))
        for project in scene.projects
        if scene.source in project.releases
        for database in project.databases
    }


def schemas_unlike_release(scene: Scene, history: RunHistory) -> tuple[str, ...]:
    """The databases that are at other revisions than their release makes once they are restored."""
    source = source_schema(scene)
    return tuple(name for name, revisions in schema_after(scene, history).items() if revisions != source[name])


def _restore(scene: Scene, history: RunHistory) -> Stage:
    host = str(history.plan.request["database_host"])
    restore = Step(
        id=f"restore/{host}/databases",
        kind="restore-databases",
        host=host,
        why=f"the schemas of {scene.target} have no way down",
        undo="none: what was in the databases after the dump is gone",
        estimate_s=30,
        params={"folder": history.plan.request["dump_folder"], "schema": schema_after(scene, history)},
    )
    flush = tuple(
        Step(
            id=f"restore/{controller.name}/flush-memcached",
            kind="flush-caches",
            host=controller.name,
            why="what new code cached may not be readable for old code",
            undo="none needed: caches fill again",
            estimate_s=1,
        )
        for controller in scene.controllers
    )
    purge: tuple[Step, ...] = ()
    if scene.cloud.messaging:
        broker = scene.cloud.messaging.hosts[0]
        purge = (
            Step(
                id=f"restore/{broker}/purge-queues",
                kind="purge-queues",
                host=broker,
                why="messages of the new code would reach old code, about things that are not there any more",
                undo="none: the messages belong to the databases that were given up",
                estimate_s=5,
            ),
        )
    return Stage(
        name="restore",
        title="Restore the databases from the dump",
        why="every row as it was when the run began",
        undo="none: what was in the databases after the dump is gone",
        lanes=(Lane(host, (restore, *purge, *flush)),),
    )
