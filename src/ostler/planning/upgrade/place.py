"""Stage "place": target environments lie beside the old ones on every host; nothing that runs changes."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.catalog.project import Project
from ostler.environments.old_releases import has_own_python
from ostler.planning.model import Lane, Stage
from ostler.planning.upgrade.interpreters import try_step
from ostler.planning.upgrade.request import Scene, checked_projects
from ostler.steps.model import Step

BYTES_PER_S = 30e6
"""Copying and unpacking together, as seen on a small host; for the estimate alone."""

AT_ONCE = 2
"""Hosts at once: unpacking takes processor time from what serves users."""


def place(scene: Scene, between: Sequence[Scene] = ()) -> Stage:
    """The target's environments on every host; on the first controller also those of the hops `between`, whose code
    only changes the databases. What stage "ready" has placed is left out; on a new control plane it places nothing."""
    lanes = []
    for host in scene.cloud.hosts.values():
        steps = [
            place_step("place", each, project, host.name)
            for each in ((*between, scene) if host.name == scene.first else (scene,))
            for project in each.projects_on(host)
            if not (each is (*between, scene)[0] and _placed_by_ready(each, project, host.name))
        ]
        if host.name == scene.first:
            steps += [try_step("place", each, p, host.name) for each in _past(between, scene) for p in each.projects]
        if steps:
            lanes.append(Lane(host.name, tuple(steps), scene.cloud.domain_of(host.name)))
    placed = (step for lane in lanes for step in lane.steps if step.kind == "send-environment")
    releases = dict.fromkeys(str(step.params["release"]) for step in placed)
    return Stage(
        name="place",
        title=f"Place the {' and '.join(releases)} environments",
        why="so that each service later stops only for as long as it takes to start again",
        undo="the environments can be removed; nothing uses them yet",
        lanes=tuple(lanes),
        in_flight=AT_ONCE,
    )


def _past(between: Sequence[Scene], scene: Scene) -> list[Scene]:
    """The hops to past releases."""
    return [each for each in (*between, scene) if has_own_python(each.target)]


def place_step(stage: str, scene: Scene, project: Project, host: str) -> Step:
    """One project's target environment on one host."""
    made = scene.environments.get(project.name)
    version = made.version if made else project.version(scene.target)
    return Step(
        id=f"{stage}/{host}/place-{project.name}{'' if scene.is_rolling else '-' + scene.target}",
        kind="send-environment",
        host=host,
        why=f"{project.name} {version} is {project.name} of {scene.target}",
        undo="remove the folder; nothing uses it before its service is switched",
        estimate_s=2 + (made.unpacked_bytes / BYTES_PER_S if made else 5),
        params={
            "project": project.name,
            "release": scene.target,
            "version": version,
            "address": made.address if made else "",
            "sha256": made.sha256 if made else "",
        },
    )


def _placed_by_ready(scene: Scene, project: Project, host: str) -> bool:
    checked = {each.name for each, _ in checked_projects(scene)}
    return not scene.stands_for and host == scene.first and project.name in checked
