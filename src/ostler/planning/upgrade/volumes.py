"""What stands around a restart of cinder-volume: its host's backends take no new volumes, and what is under way there
ends. Only where another backend is left that takes them; where none is, the plan says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ostler.catalog.project import DeafEnable
from ostler.planning.upgrade.host_steps import Group
from ostler.planning.upgrade.request import Scene
from ostler.planning.upgrade.schema import must_not_overlap
from ostler.steps.model import Step

SERVICE = "cinder-volume"


def drain(stage: str, scene: Scene, host: str, group: Group) -> tuple[list[Step], list[Step]]:
    """The steps before a group's services of a host stop and those after they started again; none for a group
    without cinder-volume."""
    records = scene.volume_records.get(scene.recorded_as(host), {}) if _stops_volumes(group) else {}
    if not records or not _others_take_volumes(scene, host):
        return [], []
    before: list[Step] = []
    after: list[Step] = []
    enabled = [backend for backend, record in records.items() if record.get("status") == "enabled"]
    if enabled:
        before.append(_disable(stage, scene, host, enabled))
        after.append(_enable(stage, scene, host, enabled))
    return [*before, idle_backends(stage, host, list(records))], after


def drain_notes(scene: Scene) -> Iterator[str]:
    """Where a volume that is being created while cinder-volume restarts may end in ERROR."""
    for host in scene.controllers:
        if all(service.name != SERVICE for _, service in scene.services(host, scene.source)):
            continue
        why = None
        if must_not_overlap(scene, scene.catalog.project("cinder")):
            why = "all of them stop at once"
        elif scene.recorded_as(host.name) not in scene.volume_records:
            why = "cinder's service list has no backend under its name"
        elif not _others_take_volumes(scene, host.name):
            why = "no other host has a backend that is enabled and up"
        if why:
            yield (
                f"cinder-volume on {host.name} restarts without being drained, since {why}: "
                "a volume that is being created there at that moment may end in ERROR"
            )
    if any(_others_take_volumes(scene, host.name) for host in scene.controllers):
        for release, enable in _deaf_enables(scene).items():
            yield (
                f"cinder's API of {release} cannot enable a service that is disabled ({' '.join(enable.why.split())}): "
                f"the flag of a backend disabled by this plan is cleared in the database {enable.database}; "
                "by hand: cinder freeze-host, then thaw-host"
            )


def still_enabled(scene: Scene) -> list[str]:
    """The keys in `api.volume_services` of the backends that were enabled when the plan was made."""
    return [
        f"{SERVICE}@{backend}"
        for _, records in sorted(scene.volume_records.items())
        for backend, record in records.items()
        if record.get("status") == "enabled"
    ]


def _deaf_enables(scene: Scene) -> Mapping[str, DeafEnable]:
    """By release, of source and target: either's API may be asked."""
    cinder = scene.catalog.project("cinder")
    found = {release: cinder.deaf_enable(release) for release in (scene.source, scene.target)}
    return {release: deaf for release, deaf in found.items() if deaf}


def _clearing(scene: Scene) -> dict[str, str]:
    """Where the flag of a backend that was disabled for this reason is cleared, for an API that does not; empty where
    it does (and where no database hosts are known: such a plan is refused)."""
    deaf = next(iter(_deaf_enables(scene).values()), None)
    hosts = scene.cloud.databases.hosts
    if deaf is None or not hosts:
        return {}
    return {"database": deaf.database, "database_host": hosts[0], "reason": scene.request.label}


def _stops_volumes(group: Group) -> bool:
    return any(service.name == SERVICE for service in group.old)


def _others_take_volumes(scene: Scene, host: str) -> bool:
    others = (records for name, records in scene.volume_records.items() if name != scene.recorded_as(host))
    return any(r.get("status") == "enabled" and r.get("state") == "up" for records in others for r in records.values())


def _loan(stage: str, host: str) -> str:
    return f"new volumes on {host} disabled ({stage})"


def _disable(stage: str, scene: Scene, host: str, backends: list[str]) -> Step:
    return Step(
        id=f"{stage}/{host}/00-disable",
        kind="disable-volume-backends",
        host=host,
        why="a cinder-volume that starts sets to ERROR what it was told to create before",
        undo="a loan: enabled again",
        estimate_s=1,
        params={"backends": list(backends), **_clearing(scene), "reason": scene.request.label},
        lends=_loan(stage, host),
    )


def idle_backends(stage: str, host: str, backends: list[str]) -> Step:
    """Wait until nothing is under way on some backends of a host."""
    return Step(
        id=f"{stage}/{host}/05-wait-for-idle",
        kind="wait-for-idle-volume-backends",
        host=host,
        why="volumes and snapshots that are being made or changed are finished before the service stops",
        undo="nothing is changed",
        estimate_s=6,
        params={"backends": list(backends)},
    )


def _enable(stage: str, scene: Scene, host: str, backends: list[str]) -> Step:
    return Step(
        id=f"{stage}/{host}/95-enable",
        kind="enable-volume-backends",
        host=host,
        why="the backend takes new volumes again",
        undo="nothing to undo",
        estimate_s=1,
        params={"backends": list(backends), **_clearing(scene)},
        returns=_loan(stage, host),
    )
