"""The computes' way back: neutron's agents before its servers, nova-compute after nova's control plane."""

from __future__ import annotations

from dataclasses import replace

from ostler.cloud.model import Host
from ostler.planning.model import Lane, Stage
from ostler.planning.rollback.groups import way_back
from ostler.planning.rollback.history import RunHistory
from ostler.planning.upgrade.computes import (
    STAGE,
    boot_step,
    compute_groups,
    compute_record,
    disable_step,
    enable_step,
    idle_step,
    side_by_side,
    under,
)
from ostler.planning.upgrade.request import Scene
from ostler.steps.model import Step

AGENTS, COMPUTES = "back-agents", "back-computes"
NOVA = "nova"


def agents_back(scene: Scene, history: RunHistory) -> Stage | None:
    """Everything on the computes but nova's; None when the run touched nothing of it.

    Servers understand older agents, never newer ones: neutron-rpc-server of 2025.1 refuses the reports of agents of
    2026.1, and after agent_down_time (75 s) no port is bound (report_state of RPC version 1.4, seen 2026-11-24).
    """
    why = "before neutron's servers, which understand older agents and never newer ones"
    return _stage(AGENTS, scene, history, f"Take the agents on the computes back to {scene.source}", why)


def computes_back(scene: Scene, history: RunHistory) -> Stage | None:
    """nova's services on the computes; None when the run touched none of them."""
    why = "after the control plane: computes that went back first were refused by new conductors"
    return _stage(COMPUTES, scene, history, f"Take the computes back to {scene.source}", why)


def _stage(name: str, scene: Scene, history: RunHistory, title: str, why: str) -> Stage | None:
    lanes = tuple(
        Lane(host.name, tuple(steps), scene.cloud.domain_of(host.name))
        for host in scene.computes
        if (steps := _lane(name, scene, history, host))
    )
    if not lanes:
        return None
    return Stage(
        name=name,
        title=title,
        why=why,
        undo="upgrade again",
        lanes=lanes,
        in_flight=side_by_side(scene),
        per_domain=scene.request.per_domain,
        first_alone=True,
    )


def _lane(stage: str, scene: Scene, history: RunHistory, host: Host) -> list[Step]:
    """The services of one compute going back, no server being built or changed there meanwhile."""
    steps = _services(stage, scene, history, host)
    was_disabled = f"{STAGE}/{host.name}/00-disable" in history.touched
    if not steps and not (stage == COMPUTES and history.began(f"{STAGE}/{host.name}/")):
        return []
    record = compute_record(scene, host.name)
    if record is None:
        return steps
    steps = [idle_step(stage, host.name, record), *steps]
    if record.get("status") == "enabled" or was_disabled:
        steps = [disable_step(stage, scene, host.name, record), *steps, enable_step(stage, host.name, record)]
        if stage == COMPUTES:
            steps.append(boot_step(stage, host.name, record, scene.source))
    return steps


def _services(stage: str, scene: Scene, history: RunHistory, host: Host) -> list[Step]:
    steps: list[Step] = []
    for group in compute_groups(scene, host):
        is_due = (group.project.name == NOVA) == (stage == COMPUTES)
        if is_due and group.old and history.began(f"{STAGE}/{host.name}/{group.name}-"):
            switch_id = f"{STAGE}/{host.name}/{group.name}-30-switch"
            back = way_back(f"{stage}/{host.name}", scene, history, host, replace(group, is_first=True), switch_id)
            steps += [under(step, f"{stage}/{host.name}", group.name) for step in back]
    return steps
