"""Stage "roll-computes": a canary first, then batches; servers go on running, none is built or changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ostler.catalog.service import Service
from ostler.cloud.model import Host
from ostler.planning.model import Lane, Stage
from ostler.planning.upgrade.host_steps import Group, start, stop, switch
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

STAGE = "roll-computes"


def roll_computes(scene: Scene) -> Stage | None:
    """None for a cloud without computes."""
    lanes = tuple(
        Lane(host.name, tuple(_lane(scene, host)), scene.cloud.domain_of(host.name)) for host in scene.computes
    )
    if not lanes:
        return None
    return Stage(
        name=STAGE,
        title="Upgrade the computes, a canary first",
        why="no server is stopped: each compute's builds and tasks end before its services start again",
        undo="host by host, after the controllers: stopped, pointed back at the old code, started",
        lanes=lanes,
        in_flight=side_by_side(scene),
        per_domain=scene.request.per_domain,
        first_alone=True,
    )


def _lane(scene: Scene, host: Host) -> list[Step]:
    groups = compute_groups(scene, host)
    steps: list[Step] = []
    record = compute_record(scene, host.name)
    if record and record.get("status") == "enabled":
        steps.append(disable_step(STAGE, scene, host.name, record))
    if record:
        steps.append(idle_step(STAGE, host.name, record))
    for group in groups:
        stage = f"{STAGE}/{host.name}"
        renamed = [
            stop(stage, host.name, group),
            *switch(stage, scene, host, group),
            start(stage, scene, host.name, group),
        ]
        steps += [under(step, stage, group.name) for step in renamed]
    if record and record.get("status") == "enabled":
        steps += [enable_step(STAGE, host.name, record), boot_step(STAGE, host.name, record, scene.target)]
    return steps


def side_by_side(scene: Scene) -> int:
    """How many computes may be out of scheduling at once: the batch, and never more than half of those there are, so
    that users can still boot servers (both of two computes out: "No valid host was found", seen 2026-11-20)."""
    return max(1, min(scene.request.batch, len(scene.computes) // 2))


def compute_groups(scene: Scene, host: Host) -> tuple[Group, ...]:
    """Agents first, nova-compute last, as the default order has them."""
    old = {s.name: s for _, s in scene.services(host, scene.source) if s.role == "compute"}
    new = {s.name: (p, s) for p, s in scene.services(host, scene.target) if s.role == "compute"}
    ordered = [name for turn in scene.catalog.order.default if turn.role == "compute" for name in turn.services]
    groups: list[Group] = []
    for name in [*ordered, *(name for name in new if name not in ordered)]:
        if name in new:
            project, service = new[name]
            before: tuple[Service, ...] = (old[name],) if name in old else ()
            is_first = "controller" not in host.roles and all(g.project.name != project.name for g in groups)
            groups.append(Group(project, name, before, (service,), is_first))
    return tuple(groups)


def compute_record(scene: Scene, host: str) -> Mapping[str, Any] | None:
    """nova's record of a host's nova-compute ({id, service_host, status}); None when it has none."""
    return scene.compute_records.get(host)


def under(step: Step, stage: str, service: str) -> Step:
    """Give a step of a service its place in the host's lane."""
    last = step.id.rpartition("/")[2]
    return replace(step, id=f"{stage}/{service}-{last}")


def _loan(stage: str, host: str) -> str:
    return f"scheduling to {host} disabled ({stage})"


def disable_step(stage: str, scene: Scene, host: str, record: Mapping[str, Any]) -> Step:
    return Step(
        id=f"{stage}/{host}/00-disable",
        kind="disable-compute",
        host=host,
        why="a build that is on its way to a nova-compute that stops would end in ERROR",
        undo="a loan: enabled again",
        estimate_s=1,
        params={
            "service_host": record["service_host"],
            "service_id": str(record["id"]),
            "reason": scene.request.label,
        },
        lends=_loan(stage, host),
    )


def idle_step(stage: str, host: str, record: Mapping[str, Any]) -> Step:
    return Step(
        id=f"{stage}/{host}/05-wait-for-idle",
        kind="wait-for-idle-compute",
        host=host,
        why="builds and tasks under way end before the service stops",
        undo="nothing is changed",
        estimate_s=6,
        params={"service_host": record["service_host"]},
    )


def enable_step(stage: str, host: str, record: Mapping[str, Any]) -> Step:
    return Step(
        id=f"{stage}/{host}/95-enable",
        kind="enable-compute",
        host=host,
        why="the host takes servers again",
        undo="nothing to undo",
        estimate_s=1,
        params={"service_host": record["service_host"], "service_id": str(record["id"])},
        returns=_loan(stage, host),
    )


def boot_step(stage: str, host: str, record: Mapping[str, Any], release: str) -> Step:
    return Step(
        id=f"{stage}/{host}/99-boot-a-server",
        kind="prove",
        host=host,
        why="a compute counts as upgraded when a server was booted on it, before the next batch begins",
        undo="the test server is deleted at once",
        estimate_s=8,
        params={
            "proof": f"boot-on:{record['service_host']}",
            "release": release,
            "says": f"a server boots on {host} and is deleted again",
        },
    )
