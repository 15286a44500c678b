"""Stages "roll-…": the controllers' services, project by project in the hard order, one host at a time."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.catalog.order import Turn
from ostler.catalog.service import Service
from ostler.cloud.model import Host
from ostler.planning.model import Stage
from ostler.planning.upgrade.held import roll_held
from ostler.planning.upgrade.host_steps import Group, host_lanes, into_balancer, out_of_balancer, start, stop, switch
from ostler.planning.upgrade.request import Scene
from ostler.planning.upgrade.schema import must_not_overlap
from ostler.planning.upgrade.volumes import drain
from ostler.steps.model import Step


def roll_controllers(scene: Scene) -> Iterator[Stage]:
    """What the default order has before the computes."""
    late = services_after_computes(scene)
    groups = [group for group in controller_groups(scene) if not group.has_any(late)]
    held: set[str] = set()
    for group in groups:
        project = group.project
        if not must_not_overlap(scene, project):
            yield _rolled(scene, group)
        elif project.name not in held:
            held.add(project.name)
            yield from roll_held(scene, tuple(other for other in groups if other.project.name == project.name))


def roll_agents(scene: Scene) -> list[Stage]:
    """What the default order has after the first services of computes: agents, which on one host follow the agent that
    wires ports, and that is upgraded with the computes."""
    late = services_after_computes(scene)
    return [_rolled(scene, group) for group in controller_groups(scene) if group.has_any(late)]


def services_after_computes(scene: Scene) -> frozenset[str]:
    """The controllers' services whose turn comes after the first of the computes'."""
    turns = scene.catalog.order.default
    first = next((at for at, turn in enumerate(turns) if turn.role == "compute"), len(turns))
    return frozenset(name for turn in turns[first:] if turn.role == "controller" for name in turn.services)


def controller_groups(scene: Scene) -> tuple[Group, ...]:
    """The groups of controller services in the default order."""
    groups: list[Group] = []
    for turn in scene.catalog.order.default:
        if turn.role == "controller":
            seen = any(group.project.name == turn.project for group in groups)
            groups += [
                Group(g.project, g.name, g.old, g.new, is_first=index == 0 and not seen)
                for index, g in enumerate(_split(scene, turn))
            ]
    return tuple(groups)


def _split(scene: Scene, turn: Turn) -> list[Group]:
    """Services of a turn between which a hard edge stands go one after the other, the others together."""
    project = scene.catalog.project(turn.project)
    controllers = scene.controllers
    old = {s.name: s for h in controllers for p, s in scene.services(h, scene.source) if p.name == project.name}
    new = {s.name: s for h in controllers for p, s in scene.services(h, scene.target) if p.name == project.name}
    names: list[list[str]] = []
    for name in turn.services:
        if name not in old and name not in new:
            continue
        if not names or any(e.before in names[-1] and e.after == name for e in scene.catalog.order.hard_edges):
            names.append([])
        names[-1].append(name)
    return [
        Group(project, _name(project.name, members, new), _pick(old, members), _pick(new, members)) for members in names
    ]


def _pick(services: dict[str, Service], names: list[str]) -> tuple[Service, ...]:
    return tuple(services[name] for name in names if name in services)


def _name(project: str, members: list[str], new: dict[str, Service]) -> str:
    """`keystone`, `nova-conductor`, or the project's name when a group holds services that take others' place."""
    kept = [name for name in members if name in new]
    if any(new[name].replaces for name in kept):
        return project
    return kept[0] if kept else members[0]


def _rolled(scene: Scene, group: Group) -> Stage:
    stage = f"roll-{group.name}"
    lanes = host_lanes(scene, scene.controllers, lambda host: _lane(stage, scene, host, group))
    served = f", behind the load balancer ({', '.join(group.backends)})" if group.backends else ""
    return Stage(
        name=stage,
        title=f"Upgrade {group.services}, one controller at a time{served}",
        why="the other controllers serve meanwhile",
        undo="host by host: stopped, pointed back at the old code and configuration, started",
        lanes=lanes,
    )


def _lane(stage: str, scene: Scene, host: Host, group: Group) -> list[Step]:
    before, after = drain(stage, scene, host.name, group)
    return [
        *before,
        *out_of_balancer(stage, host.name, group),
        stop(stage, host.name, group),
        *switch(stage, scene, host, group),
        start(stage, scene, host.name, group),
        *into_balancer(stage, host.name, group),
        *after,
    ]
