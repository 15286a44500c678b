"""New conductors that forget what they cached, so that computes are not refused while the control plane goes back."""

from __future__ import annotations

from ostler.planning.model import Lane, Stage
from ostler.planning.rollback.history import RunHistory
from ostler.planning.upgrade.controllers import controller_groups
from ostler.planning.upgrade.finish import restart
from ostler.planning.upgrade.request import Scene

CONDUCTOR, COMPUTE = "nova-conductor", "nova-compute"
STAGE = "forget"


def forget_versions(scene: Scene, history: RunHistory) -> Stage | None:
    """Right after the service records were edited: every conductor that runs the new code is started anew.

    A conductor caches the oldest service version it saw. A compute takes over the edited version with its next report,
    and is then refused (ServiceTooOld) by every conductor that remembers the newer one; service_down_time (60 s) later
    the scheduler finds no host (seen 2026-11-20 and 2026-11-24). None when the records are not edited, or some compute
    is of the old version: then no conductor can have seen a newer one as the oldest.
    """
    old, new = (scene.catalog.nova.at(release).service_version for release in (scene.source, scene.target))
    group = next((group for group in controller_groups(scene) if group.name == CONDUCTOR), None)
    if group is None or new <= old or _has_old_compute(scene, old):
        return None
    lanes = tuple(
        Lane(host.name, (restart(STAGE, scene, host.name, group),), scene.cloud.domain_of(host.name))
        for host in scene.controllers
        if history.began(f"roll-{group.name}/{host.name}/")
    )
    if not lanes:
        return None
    return Stage(
        name=STAGE,
        title=f"Restart {CONDUCTOR}, so that it takes reports of the computes",
        why="it remembers the version from before the edit, and would refuse computes that report the edited one",
        undo="nothing to undo",
        lanes=lanes,
        in_flight=max(1, len(lanes) // 2),
    )


def _has_old_compute(scene: Scene, old: int) -> bool:
    records = scene.snapshot.known("nova.services") or {}
    return any(
        record["version"] <= old
        for service, record in records.items()
        if service.startswith(f"{COMPUTE}@") and not record["deleted"]
    )
