"""Upgrades and rollbacks carried out on a simulated cloud, the way the command line does it."""

from __future__ import annotations

import copy
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from ostler.catalog import load_catalog
from ostler.catalog.catalog import Catalog
from ostler.cloud.model import Cloud
from ostler.execution import runs
from ostler.execution.events import Listener
from ostler.execution.gathering import target_environments
from ostler.execution.history import history_of
from ostler.execution.home import Home
from ostler.execution.means import Means
from ostler.execution.operation import Operation
from ostler.execution.reading import read_snapshot, upgrade_requests
from ostler.execution.run_result import RunResult
from ostler.execution.simulation import Simulation, three_plus_two
from ostler.facts.model import FactRequest, Snapshot
from ostler.planning.model import Plan
from ostler.planning.rehearsed import Rehearsal as Rehearsed
from ostler.planning.rollback.plan import facts_needed as facts_for_rollback
from ostler.planning.rollback.plan import plan_rollback
from ostler.planning.rollback.replaced import cloud_to_look_at
from ostler.planning.upgrade.onto import old_requests, plan_replacement
from ostler.planning.upgrade.plan import Onto, Sources, facts_needed, facts_needed_of_new, plan_upgrade
from ostler.planning.upgrade.request import Strategy, UpgradeRequest
from ostler.planning.upgrade.way import as_one, way_of
from ostler.remote.protocol import Api, Transport
from ostler.remote.simulated import SimulatedCloud
from ostler.remote.simulated.balancer import through_vip
from ostler.remote.simulated.machine import World

WATCHED = ("identity", "image", "placement", "compute", "network", "volumev3")


@dataclass
class Rehearsal:
    """One simulated cloud and the home of the runs on it. ``outages`` are the APIs that did not answer through the
    virtual address after some change, with that change."""

    simulation: Simulation
    home: Home
    source: str
    target: str
    outages: list[str] = field(default_factory=list)

    @property
    def catalog(self) -> Catalog:
        return load_catalog()

    @property
    def effects(self) -> list[str]:
        return self.simulation.simulated.effects

    def snapshot(self, requests: Sequence[FactRequest], cloud: Cloud | None = None) -> Snapshot:
        simulated = self.simulation.simulated
        return read_snapshot(
            cloud or self.simulation.cloud, simulated.transport, simulated.api, requests, simulated.now
        )

    def plan(
        self,
        no_overlap: tuple[str, ...] = (),
        strategy: Strategy = "rolling",
        accept: tuple[str, ...] = (),
        rehearsals: tuple[Rehearsed, ...] = (),
        **limits: int,
    ) -> Plan:
        cloud = self.simulation.cloud
        way = way_of(self.catalog, self.source, self.target, strategy)
        replacement = plan_replacement(cloud, self.simulation.onto) if strategy == "replace" else None
        looked_at = replacement.before(cloud) if replacement else cloud
        users = self.catalog.service_users
        stored = {hop.target.id: target_environments(cloud, hop.target.id) for hop in way}
        between = {hop.target.id: stored[hop.target.id] for hop in way[:-1]}
        hop = as_one(self.catalog, way)
        snapshot = self.snapshot(
            [
                *upgrade_requests(looked_at),
                *facts_needed(self.catalog, hop, looked_at, rehearsals, None if replacement else stored),
                *(old_requests(looked_at, replacement, users) if replacement else ()),
            ],
            looked_at,
        )
        onto = None
        if replacement:
            requests = facts_needed_of_new(self.catalog, hop, cloud, replacement, snapshot, stored)
            onto = Onto(replacement, self.snapshot(requests, replacement.after(cloud)))
        request = UpgradeRequest(
            self.target, accept, accepted_by="the tests", no_overlap=no_overlap, strategy=strategy, **limits
        )
        sources = Sources(self.catalog, cloud, snapshot, stored[self.target], (), between, rehearsals, onto)
        return plan_upgrade(sources, request)

    def plan_back(self, run: str, databases: str = "stay") -> Plan:
        cloud, history = self.simulation.cloud, history_of(run, self.home)
        looked_at = cloud_to_look_at(cloud, history)
        snapshot = self.snapshot(facts_for_rollback(looked_at), looked_at)
        return plan_rollback(self.catalog, cloud, snapshot, history, databases)

    def apply(self, plan: Plan, approve: Sequence[str] = ("all",), listeners: Sequence[Listener] = ()) -> RunResult:
        return self._carry_out(
            lambda means, events: runs.apply(
                plan, *self._doors(), means=means, approve_gates=approve, events=[*events, *listeners]
            )
        )

    def resume(self, run: str, approve: Sequence[str] = ("all",)) -> RunResult:
        return self._carry_out(
            lambda means, events: runs.resume(run, *self._doors(), means=means, approve_gates=approve, events=events)
        )

    def _doors(self) -> tuple[Cloud, Transport, Api]:
        simulated = self.simulation.simulated
        return self.simulation.cloud, simulated.transport, simulated.api

    def _carry_out(self, begin: Callable[[Means, Sequence[Listener]], RunResult]) -> RunResult:
        means = Means(home=self.home, who="the tests", clock=self.simulation.clock)
        operation = Operation(*self._doors(), means, with_probe=False, max_failed=0)
        self.simulation.simulated.watcher = self._watch
        try:
            return begin(operation.means, [operation.listener])
        finally:
            self.simulation.simulated.watcher = None
            operation.close()

    def _watch(self, world: World, changes: Sequence[str]) -> None:
        for service in WATCHED:
            status = through_vip(world, service)
            if status != 200:
                self.outages.append(f"{service} answered {status} after {changes[-1]}")


def rehearsal(
    folder: Path,
    source: str = "2024.1",
    target: str = "2025.1",
    between: Sequence[str] = (),
    *,
    has_spares: bool = False,
) -> Rehearsal:
    """A cloud of three controllers and two computes at the source release, and the environments of the target and of
    the releases between; with spares, three hosts that can become its control plane."""
    folder.mkdir(parents=True, exist_ok=True)
    simulation = three_plus_two(source, folder, store=[*between, target], has_spares=has_spares)
    return Rehearsal(simulation, Home(folder / "home"), source, target)


BACKUP = "/etc/nova/nova.conf.4242.2026-11-20@10:22:33~"
"""As Ansible names what it replaces."""


def leave_backup(cloud: Rehearsal) -> None:
    """Leave a file beside a configuration as Ansible does."""
    cloud.simulation.simulated.transport.put("ctl1", BACKUP, b"[DEFAULT]\n", mode=0o640, owner="root", group="nova")


SomeRehearsal = TypeVar("SomeRehearsal", bound=Rehearsal)


def copy_of(cloud: SomeRehearsal, folder: Path) -> SomeRehearsal:
    """The same cloud after the same runs, in memory, for a test that changes it."""
    shutil.copytree(cloud.home.folder, folder / "home")
    with cloud.simulation.simulated.world() as world:
        simulated = SimulatedCloud(world.blueprint, copy.deepcopy(world.state))
    simulation = replace(cloud.simulation, simulated=simulated)
    return replace(cloud, simulation=simulation, home=Home(folder / "home"), outages=list(cloud.outages))


def place_of(effects: list[str], *words: str) -> list[int]:
    """Where something was done that all these words are in."""
    return [at for at, effect in enumerate(effects) if all(word in effect for word in words)]


def in_a_child(act: Callable[[], int], crash_at: str) -> int:
    """What `act` returns in a process of its own; -9 when it was killed at `crash_at`, 70 when it raised."""
    child = os.fork()
    if child == 0:
        os.environ["OSTLER_CRASH_AT"] = crash_at
        try:
            os._exit(act())
        except BaseException:
            traceback.print_exc(file=sys.stdout)
            os._exit(70)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
