"""The way back of a replacement: the new control plane lets the address go, and the old one starts as it was left.

Nothing of the old databases was changed. What was made on the new control plane stays in its databases, which go on
running there, and is not in the old ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ostler.catalog.catalog import Catalog
from ostler.cloud.model import Cloud, Host
from ostler.errors import Finding, InputError, Refused, Severity
from ostler.facts.model import Snapshot
from ostler.planning.model import Lane, Plan, Stage
from ostler.planning.replacement import KEY, Replacement, replacement_of, seen_as_past
from ostler.planning.rollback.groups import put_back, stop_all
from ostler.planning.rollback.history import RunHistory, nothing_done, services_gone
from ostler.planning.rollback.losses import losses
from ostler.planning.rollback.proofs import prove_back
from ostler.planning.rollback.restore import (
    groups_on,
    is_within_reach,
    made_settings_gone,
    settings_out_of_reach,
    started_again,
)
from ostler.planning.upgrade.computes import STAGE as COMPUTES
from ostler.planning.upgrade.computes import under
from ostler.planning.upgrade.fast_forward import STOPPING
from ostler.planning.upgrade.host_steps import host_lanes
from ostler.planning.upgrade.moving import DATABASE, TAKE, infrastructure_on, release_address, take_address
from ostler.planning.upgrade.onto import LOAD
from ostler.planning.upgrade.replace import RELEASE, REMOVE_ACCOUNTS, RETIRE
from ostler.planning.upgrade.request import Scene, UpgradeRequest, unit_of
from ostler.planning.upgrade.way import as_one, catalog_of_way, way_of
from ostler.steps.model import Step

STARTED = "roll-"
"""How the stages begin whose services users can ask: from then on something may have been made."""


def replaced_back(
    catalog: Catalog, cloud: Cloud, snapshot: Snapshot, history: RunHistory, databases: str = "stay"
) -> Plan:
    """Plan the way back of a replacement, from any point of it.

    Raises InputError for a run that stopped nothing yet, and Refused when users may have made something on the new
    control plane and `databases` is "stay".
    """
    replacement = _replacement(history)
    old = _scene(catalog, replacement.before(cloud), snapshot, history)
    new = replace(old, cloud=replacement.after(cloud), stands_for=dict(replacement.pairs))
    if history.began(STARTED) and databases == "stay":
        raise _would_lose(old, history)
    stages = [stage for stage in _stages(old, new, history, replacement) if stage is not None]
    if not stages:
        raise nothing_done(history)
    return Plan(
        operation="rollback",
        title=f"Take {cloud.name} back to its old control plane and {old.source} (run {history.run_id})",
        cloud=cloud.name,
        cloud_digest=cloud.digest(),
        created_at=snapshot.taken_at,
        snapshot_digest=snapshot.digest,
        request={
            "run": history.run_id,
            "source": old.target,
            "target": old.source,
            "databases": databases,
            "strategy": "replace",
            "history": history.standing(),
            KEY: replacement.told(),
        },
        stages=(*stages, prove_back(old, history, "restore")),
        findings=losses(snapshot.known, history.inventory) if databases == "restore" else (),
        notes=(*_notes(old, history), *settings_out_of_reach(new, history)),
    ).sealed()


def cloud_to_look_at(cloud: Cloud, history: RunHistory) -> Cloud:
    """The cloud as a replacement has left it: where its databases are asked, with every host within reach; the cloud
    itself for other runs. One that came from a past release is looked at as of that."""
    cloud = seen_as_past(history.plan, cloud)
    if not history.plan.is_replacement:
        return cloud
    replacement = _replacement(history)
    return replacement.after(cloud) if history.began(f"{RELEASE}/") else replacement.before(cloud)


def _replacement(history: RunHistory) -> Replacement:
    found = replacement_of(history.plan)
    if found is None:
        raise InputError(
            "rollback.no-control-plane",
            f"the plan of run {history.run_id} does not say which control plane it replaced",
            do_next="make the plan of a new upgrade with this version of Ostler",
        )
    return replace(found, new_from=None)


def _scene(catalog: Catalog, cloud: Cloud, snapshot: Snapshot, history: RunHistory) -> Scene:
    source, target = (str(history.plan.request[key]) for key in ("source", "target"))
    way = way_of(catalog, source, target, "replace")
    catalog, hop = catalog_of_way(catalog, way), as_one(catalog, way)
    label = f"ostler rollback of {history.run_id}"
    request = UpgradeRequest(target=target, strategy="replace", label=label)
    return Scene(catalog, hop, cloud, snapshot, request, ran=services_gone(catalog, hop, history))


def _would_lose(old: Scene, history: RunHistory) -> Refused:
    finding = Finding(
        code="rollback.replaced",
        severity=Severity.FAILURE,
        subject=f"run {history.run_id}",
        summary="services of the new control plane were started: what users made there is not in the old databases",
        found="the new databases are in use",
        expected="nothing made since the old ones stopped",
        do_next="go back to the old databases, which loses it (the plan lists it): add --databases restore",
    )
    return Refused("rollback.replaced", "users may have made something since", findings=(finding,))


def _stages(old: Scene, new: Scene, history: RunHistory, replacement: Replacement) -> Sequence[Stage | None]:
    began = history.began
    return (
        _stop_new(new, history) if began(STARTED) else None,
        _leave_new(new, replacement) if began(f"{TAKE}/") else None,
        *(_start_infrastructure(old, replacement) if began(f"{RETIRE}/") else ()),
        take_address(replacement.old, back=True) if began(f"{RELEASE}/") else None,
        _computes_put_back(old, history),
        *(started_again(old, history) if any(began(f"{stage}/") for stage in STOPPING) else ()),
        _remove_accounts(old, history),
        *made_settings_gone(new, history),
    )


def _stop_new(new: Scene, history: RunHistory) -> Stage:
    def steps_of(host: Host) -> list[Step]:
        is_new = "controller" in host.roles or history.began(f"{COMPUTES}/{host.name}/")
        groups = [group for group, _ in groups_on(new, host.name)] if is_new else []
        return [under(stop_all("stop-new", host.name, group), f"stop-new/{host.name}", group.name) for group in groups]

    lanes = host_lanes(new, new.cloud.hosts.values(), steps_of)
    return Stage(
        name="stop-new",
        title="Stop every service of the new control plane, and the computes",
        why="nothing may go on writing into databases that are given up",
        undo="started again",
        lanes=lanes,
        in_flight=max(1, len(lanes)),
        gate=(
            "The APIs do not answer until the old control plane has started. What was made since the old one stopped "
            "is not there any more (most of it is listed in the plan: `ostler show PLAN`; key pairs, quotas, roles, "
            "passwords and whatever else was made or changed since are lost as well). Servers keep running. Go on?"
        ),
        is_point_of_no_return=True,
    )


def _leave_new(new: Scene, replacement: Replacement) -> Stage:
    """The new hosts let the address go, and none of their services starts with a boot; their databases and brokers go
    on: what was made there can be looked at."""
    units = {host.name: [unit_of(service) for _, service in new.services(host, new.target)] for host in new.controllers}
    stage = release_address(replacement.new, "leave-new", also=units)
    lanes = (
        replace(lane, steps=(_end_commands(lane.name), *lane.steps)) if lane.name in units else lane
        for lane in stage.lanes
    )
    return replace(
        stage,
        lanes=tuple(lanes),
        title="Take the virtual address from the new hosts",
        undo="taken back by the new hosts, when the old ones have let it go",
    )


def _end_commands(host: str) -> Step:
    return Step(
        id=f"leave-new/{host}/05-end-commands",
        kind="end-commands",
        host=host,
        why="a schema command that was left running would go on in the old databases when the address leads there",
        undo="not needed: the databases it changed are given up",
        estimate_s=2,
    )


def _start_infrastructure(old: Scene, replacement: Replacement) -> tuple[Stage, Stage]:
    plane = replacement.old
    databases = [
        Lane(host, (_start("start-databases", host, [DATABASE], begins=number == 0),))
        for number, host in enumerate(plane.databases.hosts)
    ]
    others = []
    for host in plane.hosts:
        units = [unit for unit in infrastructure_on(plane, host, old.snapshot) if unit != DATABASE]
        if units:
            others.append(Lane(host.name, (_start("start-brokers", host.name, units),)))
    return (
        Stage(
            name="start-databases",
            title="Start the old databases as they were left",
            why="the host that stopped last begins: it has everything",
            undo="stopped again",
            lanes=tuple(databases),
        ),
        Stage(
            name="start-brokers",
            title="Start the old message brokers and caches",
            why="side by side: a broker waits for those it was in a cluster with",
            undo="stopped again",
            lanes=tuple(others),
            in_flight=max(1, len(others)),
        ),
    )


def _start(stage: str, host: str, units: list[str], *, begins: bool = False) -> Step:
    return Step(
        id=f"{stage}/{host}/start",
        kind="start-units",
        host=host,
        why="what the services of the old control plane stand on",
        undo="stopped again",
        estimate_s=10,
        params={"units": units, **({"begins_cluster": True} if begins else {})},
    )


def _computes_put_back(old: Scene, history: RunHistory) -> Stage | None:
    def steps_of(host: Host) -> list[Step]:
        if not history.began(f"{COMPUTES}/{host.name}/"):
            return []
        steps: list[Step] = []
        for group, switch_id in groups_on(old, host.name):
            back = put_back("put-back", old, history, host, group, switch_id)
            steps += [under(step, f"put-back/{host.name}", group.name) for step in back]
        return steps

    lanes = host_lanes(old, old.computes, steps_of)
    if not lanes:
        return None
    return Stage(
        name="put-back",
        title="Put code, units and configuration of the computes back",
        why="exactly the recorded bytes and versions, with the addresses of the old hosts",
        undo="upgrade again",
        lanes=lanes,
        in_flight=len(lanes),
    )


@dataclass(frozen=True)
class _Left:
    """What carries hashed passwords and was never removed: the run's own step for it, the hosts that can be reached,
    and those that cannot."""

    step: Step
    hosts: list[str]
    away: list[str]


def _accounts_left(old: Scene, history: RunHistory) -> _Left | None:
    """None when the run did not come to carry any, or removed them."""
    for _, lane, step in history.plan.steps():
        if step.id != f"{LOAD}/{lane.name}/{REMOVE_ACCOUNTS}":
            continue
        if step.id in history.done or not history.began(f"{LOAD}/{lane.name}/"):
            return None
        hosts = [str(host) for host in step.params["hosts"]]
        known = {host for host in hosts if is_within_reach(old, host)}
        return _Left(step, [host for host in hosts if host in known], [host for host in hosts if host not in known])
    return None


def _remove_accounts(old: Scene, history: RunHistory) -> Stage | None:
    """The last of all: nobody waits for it, and a host that is out of reach does not keep the old control plane
    away."""
    left = _accounts_left(old, history)
    if left is None or not left.hosts:
        return None
    stage, host = "remove-accounts", left.hosts[-1]
    removed = replace(
        left.step,
        id=f"{stage}/{host}/remove-accounts",
        host=host,
        why="they hold hashed passwords, and nobody loads them any more",
        params={**left.step.params, "hosts": left.hosts},
        returns=None,
    )
    return Stage(
        name=stage,
        title="Remove the accounts that were on their way",
        why="the run ended before its own step that does so",
        undo=removed.undo,
        lanes=(Lane(host, (removed,)),),
    )


def _notes(old: Scene, history: RunHistory) -> tuple[str, ...]:
    left = _accounts_left(old, history)
    if left is None or not left.away:
        return _what_stayed(old, history)
    path, hosts = left.step.params["path"], ", ".join(left.away)
    return (*_what_stayed(old, history), f"Not to be reached: {hosts}; remove {path} there once it is, if it is there.")


def _what_stayed(old: Scene, history: RunHistory) -> tuple[str, ...]:
    if not history.began(f"{RELEASE}/"):
        return (f"Services of {old.source} start again as they were; nothing of the old control plane was changed.",)
    return (
        f"The old databases are as they were when the services stopped: run {history.run_id} changed nothing in them.",
        "On the new hosts databases and brokers go on running, so that what was made there can be looked at; drop the "
        "databases there before another attempt.",
    )
