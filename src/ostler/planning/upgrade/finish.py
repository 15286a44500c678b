"""Stages "unpin-…", "finish", "prove": old versions forgotten, pins out, rows in their new form; then every proof."""

from __future__ import annotations

from collections.abc import Callable

from ostler.cloud.model import Host
from ostler.facts.model import JsonValue
from ostler.planning.model import Lane, Stage
from ostler.planning.proving import PROOFS, proof_step, prove_stage
from ostler.planning.upgrade.computes import (
    compute_groups,
    compute_record,
    disable_step,
    enable_step,
    idle_step,
    side_by_side,
)
from ostler.planning.upgrade.config import take_out
from ostler.planning.upgrade.controllers import controller_groups
from ostler.planning.upgrade.host_steps import Group, host_lanes, into_balancer, out_of_balancer, running_params
from ostler.planning.upgrade.ready import online_step
from ostler.planning.upgrade.request import Scene
from ostler.planning.upgrade.volumes import drain, still_enabled
from ostler.steps.expectation import expected
from ostler.steps.model import Step

_RESTARTED = {
    "nova": "restarted, not reloaded: a reload has left nova services unusable (LP#1715374)",
    "cinder": "restarted, not reloaded: cinder-api does not take SIGHUP",
}

COUNTED_BY_NOVA = ("nova-compute", "nova-conductor", "nova-scheduler")
COUNTED_BY_CINDER = ("cinder-backup", "cinder-scheduler", "cinder-volume")
"""Whose records the projects look at for the oldest version of all (source: nova.objects.service and cinder.objects.
service, get_minimum_*_version; read 2026-11-27). APIs of nova write theirs only once, and those of services that
are no more (nova-consoleauth) nobody looks at."""


def unpin(scene: Scene) -> list[Stage]:
    """Services that keep to the oldest versions they saw are started anew, one host at a time, in the hard order."""
    stages = []
    for group in controller_groups(scene):
        kept = group.project.kept_versions(scene.target)
        if kept and not {service.name for service in group.new} <= set(kept.but_for):
            stage = f"unpin-{group.name}"
            lanes = host_lanes(scene, scene.controllers, _anew(stage, scene, group))
            stages.append(
                Stage(
                    name=stage,
                    title=f"Restart {', '.join(s.name for s in group.new)}, so that old RPC versions are forgotten",
                    why=" ".join(kept.why.split()),
                    undo="nothing to undo",
                    lanes=lanes,
                )
            )
    return stages


def unpin_computes(scene: Scene) -> Stage | None:
    """nova-compute caches the oldest version too: each is started anew, drained as before. None without computes."""
    stage = "unpin-computes"

    def steps_of(host: Host) -> list[Step]:
        record = compute_record(scene, host.name)
        groups = [group for group in compute_groups(scene, host) if group.project.name == "nova"]
        if not record or not groups:
            return []
        steps = [idle_step(stage, host.name, record), *take_out(stage, scene, host.name)]
        steps += [restart(stage, scene, host.name, group) for group in groups]
        if record.get("status") != "enabled":
            return steps
        return [disable_step(stage, scene, host.name, record), *steps, enable_step(stage, host.name, record)]

    lanes = host_lanes(scene, scene.computes, steps_of)
    if not lanes:
        return None
    return Stage(
        name=stage,
        title="Restart nova-compute, so that old RPC versions are forgotten",
        why="a compute that started while older ones were left keeps to their messages",
        undo="nothing to undo",
        lanes=lanes,
        in_flight=side_by_side(scene),
        per_domain=scene.request.per_domain,
    )


def finish(scene: Scene) -> Stage:
    steps = [
        online_step(scene, project, migration, "finish", "target")
        for project in scene.projects
        if (migration := project.online_migration(scene.target))
    ]
    balancers = scene.cloud.load_balancer.hosts if scene.cloud.load_balancer else ()
    steps.append(
        Step(
            id=f"finish/{scene.first}/nothing-left-out",
            kind="expect",
            host=scene.first,
            why="whatever was taken out for a while must be back",
            undo="nothing is changed",
            estimate_s=2,
            params={
                "says": "no host is out of a load balancer, no compute or volume backend is left disabled by this run, "
                "no service record is left behind",
                "facts": [
                    expected(
                        "haproxy.servers",
                        balancer,
                        ["*", "*", "status"],
                        "MAINT",
                        f"no server is in maintenance on {balancer}",
                        operation="lacks",
                    )
                    for balancer in balancers
                ]
                + _none_left_disabled(scene)
                + _none_left_behind(scene),
            },
        )
    )
    return Stage(
        name="finish",
        title="Finish: rows in their new form, nothing left lent",
        why=f"the next upgrade begins only when {scene.target}'s data migrations are done",
        undo="none needed",
        lanes=(Lane(scene.first, tuple(steps)),),
    )


def _none_left_disabled(scene: Scene) -> list[dict[str, JsonValue]]:
    """What must be so of each compute and each volume backend that was enabled when the plan was made. One that
    somebody else disabled since stays so, and is no failure."""
    computes = [
        f"nova-compute@{record['service_host']}"
        for record in scene.compute_records.values()
        if record.get("status") == "enabled"
    ]
    reason = scene.request.label
    return [
        expected(fact, None, [key], reason, f"{key} is not left disabled by this run", operation="not_disabled_for")
        for fact, keys in (("api.compute_services", computes), ("api.volume_services", still_enabled(scene)))
        for key in sorted(keys)
    ]


def _none_left_behind(scene: Scene) -> list[dict[str, JsonValue]]:
    """What must be so of service records: one that is older, or of nobody any more, holds messages and objects to old
    versions, or keeps the next upgrade from its floor. Nothing where no database hosts are known: such a plan is
    refused."""
    if not scene.cloud.databases.hosts:
        return []
    hosts = sorted(scene.cloud.host(name).service_name for name in scene.cloud.hosts)
    least = scene.catalog.nova.at(scene.target).service_version
    there = {project.name for project in scene.projects_with_databases}
    found = []
    for project, binaries, version, by_hand in (
        ("nova", list(COUNTED_BY_NOVA), {"version": least}, "openstack compute service delete ID"),
        ("cinder", list(COUNTED_BY_CINDER), {}, "cinder-manage service remove BINARY HOST"),
    ):
        if project not in there:
            continue
        fact, at_least = f"{project}.services", f"older than {least}" if version else "older than others"
        older: JsonValue = {"binaries": binaries, **version}
        behind: JsonValue = {"binaries": binaries, "hosts": hosts}
        says = f"no service record of {project} is left of a host that is no more ({by_hand})"
        found += [
            expected(fact, None, [], older, f"no service record of {project} is {at_least}", operation="none_older"),
            expected(fact, None, [], behind, says, operation="none_left_behind"),
        ]
    return found


def prove(scene: Scene) -> Stage:
    steps = [
        proof_step(scene.first, name, scene.target, says, why="done means seen on the running cloud")
        for name, says in PROOFS
    ]
    return prove_stage(scene.first, f"Prove that the cloud is on {scene.target}", steps)


def _anew(stage: str, scene: Scene, group: Group) -> Callable[[Host], list[Step]]:
    def steps_of(on: Host) -> list[Step]:
        host = on.name
        before, after = drain(stage, scene, host, group)
        return [
            *(take_out(stage, scene, host) if group.is_first and group.project.name == "nova" else []),
            *before,
            *out_of_balancer(stage, host, group),
            restart(stage, scene, host, group),
            *into_balancer(stage, host, group),
            *after,
        ]

    return steps_of


def restart(stage: str, scene: Scene, host: str, group: Group) -> Step:
    """Start the services of a group anew; code of the target must be seen running afterwards."""
    return Step(
        id=f"{stage}/{host}/50-restart",
        kind="restart-service",
        host=host,
        why=_RESTARTED.get(group.project.name, "restarted: what a process cached ends with it"),
        undo="nothing to undo",
        estimate_s=12,
        params=running_params(scene, host, group),
    )
