"""An upgrade by replacement: the databases are imported on new controllers, brought through every hop there, and the
virtual address moves to them. The old control plane is stopped and stays as it is, for the way back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ostler.cloud.model import Host
from ostler.facts.model import Snapshot
from ostler.planning.model import Lane, Stage
from ostler.planning.replacement import Replacement
from ostler.planning.upgrade.computes import STAGE as COMPUTES
from ostler.planning.upgrade.controllers import controller_groups, services_after_computes
from ostler.planning.upgrade.fast_forward import (
    boot_on_computes,
    close,
    let_work_end,
    passes,
    start_computes,
    start_group,
    stop_all,
)
from ostler.planning.upgrade.finish import finish, prove, unpin, unpin_computes
from ostler.planning.upgrade.leaving import settings_of_leavers
from ostler.planning.upgrade.moving import addresses_of, infrastructure_on, release_address, take_address
from ostler.planning.upgrade.onto import LOAD
from ostler.planning.upgrade.place import place
from ostler.planning.upgrade.prepare_new import (
    UNTOUCHED,
    bring,
    check,
    configuration,
    keys_step,
    make_accounts,
)
from ostler.planning.upgrade.protect import DUMP_BYTES_PER_S, databases_of, dump, dump_folder, save
from ostler.planning.upgrade.ready import finished_source
from ostler.planning.upgrade.request import Scene, unit_of
from ostler.steps.databases_carry import ACCOUNTS as ACCOUNTS_FILE
from ostler.steps.model import Step

RELEASE, RETIRE = "release-address", "retire"
REMOVE_ACCOUNTS = "15-remove-accounts"

LOST = (
    "The databases are copied to the new hosts, and only the copies are changed: `ostler rollback` starts the old "
    "control plane as it is now, from any point. What is made after the new one answers is lost by that."
)


def new_scene(scene: Scene, replacement: Replacement, onto: Snapshot) -> Scene:
    """The cloud as it is from the load on. What was read of the new hosts is added; the databases are known as the old
    hosts have them, since copies of those are loaded."""
    read = {request: value for request, value in onto.values.items() if request.host is not None}
    return replace(
        scene,
        cloud=replacement.after(scene.cloud),
        snapshot=replace(scene.snapshot, values={**scene.snapshot.values, **read}),
        stands_for=dict(replacement.pairs),
    )


def replace_stages(old: Scene, new: Scene, hops: Sequence[Scene], replacement: Replacement) -> Iterator[Stage | None]:
    """The stages in order. `old` is the cloud with its old control plane, `new` with the new one; `hops` are the ways
    between, on the new one."""
    yield Stage(
        name="ready",
        title="Make sure the cloud is ready",
        why=f"the data migrations of {old.source} are finished by its own code, while it serves",
        undo="nothing to undo: no service, setting or schema is changed",
        lanes=(Lane(old.first, tuple(finished_source(old))),),
    )
    yield save(old)
    yield make_accounts(new)
    yield place(new, hops[:-1])
    yield bring(new, replacement)
    yield settings_of_leavers(new, hops)
    yield check(new, hops[0], replacement)
    yield replace(close(old, LOST), is_point_of_no_return=False)
    yield let_work_end(old)
    yield stop_all(old)
    yield _dump(old)
    yield _load(old, new, replacement)
    yield release_address(replacement.old, RELEASE)
    yield _retire(old, replacement)
    yield take_address(replacement.new)
    yield from passes(new, hops)
    late = services_after_computes(new)
    groups = controller_groups(new)
    yield from (start_group(new, group) for group in groups if not group.has_any(late))
    yield start_computes(new, lambda host: [_readdress(new, host, replacement)])
    yield from (start_group(new, group) for group in groups if group.has_any(late))
    yield boot_on_computes(new)
    yield from unpin(new)
    yield unpin_computes(new)
    yield finish(new)
    yield prove(new)


def _dump(old: Scene) -> Stage | None:
    """Not tried on a server of its own: it is loaded on the new hosts and compared there."""
    dumped = dump(old, "dump")
    if dumped is None:
        return None
    lanes = tuple(replace(lane, steps=lane.steps[:1]) for lane in dumped.lanes)
    return replace(dumped, why="nothing writes any more: what is copied is all there is", lanes=lanes)


def _load(old: Scene, new: Scene, replacement: Replacement) -> Stage:
    source, host = old.cloud.databases.hosts[0], new.cloud.databases.hosts[0]
    folder, lane = dump_folder(old), f"{new.cloud.databases.hosts[0]}-databases"
    sizes = old.snapshot.known("databases.sizes") or {}
    seconds = sum(size.get("bytes", 0) for size in sizes.values()) / DUMP_BYTES_PER_S
    schema = old.snapshot.known("databases.schema") or {}
    there = {name: sorted(schema[name]) for name in databases_of(old) if name in schema}
    accounts = f"the accounts of the databases in a file on {source}"
    databases = [
        Step(
            id=f"{LOAD}/{lane}/10-carry",
            kind="carry-databases",
            host=host,
            why="over this machine, checked where it arrives; the accounts keep the passwords that services know",
            undo=UNTOUCHED,
            estimate_s=4 + seconds,
            params={"source": source, "folder": folder, "databases": list(databases_of(old))},
            lends=accounts,
        ),
        Step(
            id=f"{LOAD}/{lane}/{REMOVE_ACCOUNTS}",
            kind="remove-files",
            host=host,
            why="they hold hashed passwords, and are loaded",
            undo="not needed: they can be made again",
            estimate_s=1,
            params={"hosts": [source, host], "path": f"{folder}/{ACCOUNTS_FILE}"},
            returns=accounts,
        ),
        Step(
            id=f"{LOAD}/{lane}/20-load",
            kind="restore-databases",
            host=host,
            why="dumped again and compared: the copy is whole before the old databases stop",
            undo=UNTOUCHED,
            estimate_s=5 + 4 * seconds,
            params={"folder": folder, "schema": there},
        ),
        Step(
            id=f"{LOAD}/{lane}/30-cells",
            kind="readdress-cells",
            host=host,
            why="a cell may name the old brokers or database servers by their addresses",
            undo=UNTOUCHED,
            estimate_s=1,
            params={"addresses": addresses_of(replacement)},
        ),
    ]
    return Stage(
        name=LOAD,
        title="Load the databases on the new hosts, and bring the keys",
        why="from here on the new hosts are the cloud's databases, brokers and load balancers",
        undo=UNTOUCHED,
        lanes=(Lane(lane, tuple(databases)), *_keys(new)),
        in_flight=1 + len(new.controllers),
    )


def _keys(new: Scene) -> Iterator[Lane]:
    """Keystone's keys once more, now that nobody rotates them."""
    for host in new.controllers:
        step = keys_step(new, host, f"{LOAD}/{host.name}-keys/keys")
        if step is not None:
            yield Lane(f"{host.name}-keys", (step,))


def _retire(old: Scene, replacement: Replacement) -> Stage:
    """One after the other, the first database host last: a Galera cluster begins again where it ended."""
    first = replacement.old.databases.hosts[:1]
    others = [host for host in replacement.old.hosts if host.name not in first]
    hosts = [*others[::-1], *(host for host in replacement.old.hosts if host.name in first)]
    lanes = []
    for host in hosts:
        services = [unit_of(service) for _, service in old.services(host, old.source) if "compute" not in host.roles]
        units = [*services, *infrastructure_on(replacement.old, host, old.snapshot)]
        step = Step(
            id=f"{RETIRE}/{host.name}/retire",
            kind="retire-units",
            host=host.name,
            why="nothing may write into the old databases any more, nor start with the next boot",
            undo="started again, as they are",
            estimate_s=10,
            params={"units": units},
        )
        lanes.append(Lane(host.name, (step,)))
    return Stage(
        name=RETIRE,
        title="Stop the old control plane for good",
        why="its databases and files stay exactly as they are now: the way back is to start it again",
        undo="started again, the host that stopped last first",
        lanes=tuple(lanes),
    )


def _readdress(new: Scene, host: Host, replacement: Replacement) -> Step:
    return Step(
        id=f"{COMPUTES}/{host.name}/00-addresses",
        kind="carry-files",
        host=host.name,
        why="the compute's messages go to the new brokers",
        undo="the recorded bytes are put back",
        estimate_s=2,
        params=configuration(new, host, replacement, host.name),
    )
