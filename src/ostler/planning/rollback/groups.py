"""One host's services of one project going back to the code, units and configuration they had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ostler.cloud.model import Host
from ostler.deployment.paths import current_link
from ostler.deployment.venv import code_links
from ostler.planning.rollback.history import RecordedFile, RunHistory
from ostler.planning.upgrade.host_steps import START_S, Group, into_balancer, nova_records, out_of_balancer
from ostler.planning.upgrade.request import Scene, unit_of
from ostler.steps.model import Step


def way_back(stage: str, scene: Scene, history: RunHistory, host: Host, group: Group, switch_id: str) -> list[Step]:
    """Out of the balancer, stopped, everything recorded put back, started with the old code, back in."""
    name = host.name
    return [
        # A run that ended inside a hold has left no server of the project in the balancer.
        *out_of_balancer(stage, name, group, may_be_last=group.project.name in history.held),
        stop_all(stage, name, group),
        *put_back(stage, scene, history, host, group, switch_id),
        start_old(stage, scene, history, name, group, switch_id),
        *into_balancer(stage, name, group),
    ]


def stop_all(stage: str, host: str, group: Group) -> Step:
    """Stop the services of both releases: after a failure either may run."""
    units = dict.fromkeys(unit_of(service) for service in (*group.new, *group.old))
    return Step(
        id=f"{stage}/{host}/20-stop",
        kind="stop-service",
        host=host,
        why="its code and configuration go back to what was recorded",
        undo="started again",
        estimate_s=3,
        params={"units": list(units)},
    )


def put_back(stage: str, scene: Scene, history: RunHistory, host: Host, group: Group, switch_id: str) -> list[Step]:
    """Links and files as they were recorded before the run touched them."""
    steps = []
    by_environment: dict[str, list[str]] = {}
    for service in group.old:
        by_environment.setdefault(_old_environment(scene, history, host.name, group, switch_id), []).append(
            service.name
        )
    for environment, services in by_environment.items():
        steps.append(
            Step(
                id=f"{stage}/{host.name}/30-switch-back",
                kind="switch-environment",
                host=host.name,
                why="this is where the link pointed before the run",
                undo="pointed at the new environment again",
                estimate_s=1,
                params={"services": services, "environment": environment},
            )
        )
    files = _files(scene, history, host, group)
    if files:
        kept = {unit_of(service) for service in group.old}
        steps.append(
            Step(
                id=f"{stage}/{host.name}/40-restore-files",
                kind="restore-files",
                host=host.name,
                why="exactly the bytes, modes and owners from before the run",
                undo="the run's own files are kept in the vault",
                estimate_s=2,
                params={
                    "files": {path: _told(file) for path, file in sorted(files.items())},
                    "disable": [unit_of(service) for service in group.new if unit_of(service) not in kept],
                    "links": _links(group),
                    "unlink": [current_link(service.name) for service in group.new if unit_of(service) not in kept],
                },
            )
        )
    return steps


def start_old(
    stage: str, scene: Scene, history: RunHistory, host: str, group: Group, switch_id: str, *, at_once: bool = False
) -> Step:
    """`at_once`: nothing serves meanwhile that could be starved."""
    records = [record for service in group.old for record in nova_records(scene, host, service)]
    params: dict[str, Any] = {
        "units": [unit_of(service) for service in group.old],
        "environment": _old_environment(scene, history, host, group, switch_id),
        "backends": [service.api.backend for service in group.old if service.api],
        "reports_as": records,
    }
    if at_once:
        params["at_once"] = True
    if records:
        params["service_version"] = scene.catalog.nova.at(scene.source).service_version
    return Step(
        id=f"{stage}/{host}/80-start",
        kind="start-service",
        host=host,
        why=f"every process must be seen running the code of {scene.source} again, and answering",
        undo="stopped",
        estimate_s=sum(START_S[service.kind] for service in group.old),
        params=params,
    )


def _old_environment(scene: Scene, history: RunHistory, host: str, group: Group, switch_id: str) -> str:
    for service in group.old:
        before = history.link_before(switch_id, service.name)
        if before:
            return before
    return scene.old_environment(group.project, host, group.old[0].name)


def _files(scene: Scene, history: RunHistory, host: Host, group: Group) -> Mapping[str, RecordedFile | None]:
    """The recorded files of the group's units, and of its project's configuration when it is the first to go back.

    Files that switch with the code are links: they are linked again, never written as files of their own.
    """
    recorded = history.files.get(host.name, {})
    units = {f"/{service.unit}" for service in (*group.old, *group.new)}
    starts = {f"/{service.name}.ini" for service in (*group.old, *group.new)}
    config = f"{group.project.config_dir}/"
    linked = _linked(scene, group)
    return {
        path: file
        for path, file in recorded.items()
        if path not in linked and (path.endswith(tuple(units | starts)) or (group.is_first and path.startswith(config)))
    }


def _links(group: Group) -> dict[str, str]:
    return {path: to for service in group.old for path, to in code_links(group.project, service.name).items()}


def _linked(scene: Scene, group: Group) -> frozenset[str]:
    """The paths of the project's configuration that are links to files of its code, in either release."""
    services = (
        service
        for release in (scene.source, scene.target)
        if release in group.project.releases
        for service in group.project.services(release, optional=True)
    )
    return frozenset(path for service in services for path in code_links(group.project, service.name))


def _told(file: RecordedFile | None) -> dict[str, str] | None:
    if file is None:
        return None
    return {"sha256": file.sha256, "mode": file.mode, "owner": file.owner, "group": file.group}
