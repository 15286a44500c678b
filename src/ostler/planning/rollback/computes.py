"""The computes' way back, after the control plane's."""

from __future__ import annotations

from dataclasses import replace

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

BACK = "back-computes"


def computes_back(scene: Scene, history: RunHistory) -> Stage | None:
    """None when the run touched no compute's services."""
    lanes = []
    for host in scene.computes:
        steps: list[Step] = []
        for group in compute_groups(scene, host):
            switch_id = f"{STAGE}/{host.name}/{group.name}-30-switch"
            if history.began(f"{STAGE}/{host.name}/{group.name}-") and group.old:
                back = way_back(f"{BACK}/{host.name}", scene, history, host, replace(group, is_first=True), switch_id)
                steps += [under(step, f"{BACK}/{host.name}", group.name) for step in back]
        if not steps and not history.began(f"{STAGE}/{host.name}/"):
            continue
        record = compute_record(scene, host.name)
        was_enabled = record is not None and (
            record.get("status") == "enabled" or f"{STAGE}/{host.name}/00-disable" in history.touched
        )
        before = [idle_step(BACK, host.name, record)] if record else []
        if record and was_enabled:
            before = [disable_step(BACK, scene, host.name, record), *before]
        after: list[Step] = []
        if record and was_enabled:
            after = [
                enable_step(BACK, host.name, record),
                boot_step(BACK, host.name, record, scene.source),
            ]
        lanes.append(Lane(host.name, (*before, *steps, *after), scene.cloud.domain_of(host.name)))
    if not lanes:
        return None
    return Stage(
        name=BACK,
        title=f"Take the computes back to {scene.source}",
        why="after the control plane: computes that went back first were refused by new conductors",
        undo="upgrade again",
        lanes=tuple(lanes),
        in_flight=side_by_side(scene),
        first_alone=True,
    )
