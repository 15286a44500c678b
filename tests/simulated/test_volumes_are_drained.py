"""No volume that is being created meets a cinder-volume that stops, and no backend stays disabled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rehearsing import Rehearsal, copy_of, rehearsal

from ostler.execution.records import RunState
from ostler.execution.runs import list_runs
from ostler.facts.model import wanted
from ostler.remote.simulated.machine import World
from ostler.remote.simulated.state import Change, Thing

COPY_S = 20.0
STATES = ("disabled", "enabled")
BIG = {"id": "big", "name": "big", "size": 1, "status": "creating", "attachments": [], "created_at": "2026-11-20"}


def stay_disabled(cloud: Rehearsal) -> list[str]:
    services = cloud.snapshot([wanted("api.volume_services")]).known("api.volume_services")
    return [key for key, service in services.items() if service["status"] != "enabled"]


@dataclass
class WithUsers(Rehearsal):
    """A user's volume is on its way to ctl2 when that is disabled; what it is like when cinder-volume stops there."""

    met: list[str] = field(default_factory=list)

    def _watch(self, world: World, changes: Sequence[str]) -> None:
        super()._watch(world, changes)
        volumes = world.state.things["volumes"]
        if "api: cinder-volume on ctl2@files disabled" in changes:
            values = {**BIG, "updated_at": BIG["created_at"], "os-vol-host-attr:host": "ctl2@files#files"}
            volumes["big"] = Thing(values, change=Change({"status": "available"}, world.state.now + COPY_S))
        if any("ctl2: stop cinder-volume" in change for change in changes):
            thing = volumes["big"]
            is_due = thing.change is None or world.state.now >= thing.change.due
            self.met.append("available" if is_due else str(thing.values["status"]))


@pytest.fixture(scope="module")
def done(shared_folder: Path) -> WithUsers:
    plain = rehearsal(shared_folder / "done")
    cloud = WithUsers(plain.simulation, plain.home, plain.source, plain.target)
    result = cloud.apply(cloud.plan())
    assert (result.state, result.failed, result.lent) == (RunState.DONE, (), ())
    return cloud


def test_what_is_being_created_is_waited_for_and_every_backend_takes_volumes_again(done: WithUsers) -> None:
    assert set(done.met) == {"available"}
    told = [effect for effect in done.effects if effect.startswith("api: cinder-volume on")]
    expected = [f"api: cinder-volume on {host}@files {what}" for host in ("ctl1", "ctl2", "ctl3") for what in STATES]
    assert told == expected * 2, "when the hosts are upgraded, and when old versions are forgotten"
    assert stay_disabled(done) == []


def test_the_way_back_waits_for_them_too(folder: Path, done: WithUsers) -> None:
    cloud = copy_of(done, folder)
    cloud.met = []
    (run,) = list_runs(cloud.home)
    back = cloud.apply(cloud.plan_back(run.id))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert cloud.met == ["available"]
    assert stay_disabled(cloud) == []


FAILURES = {
    "20-stop": ("ctl2: systemctl stop cinder-volume", []),
    "30-switch": ("ctl2: ln .*cinder-volume", ["cinder-volume@ctl2@files"]),
    "80-start": ("ctl2: systemctl start cinder-volume", ["cinder-volume@ctl2@files"]),
}
"""By the step that fails, in their order: its command, and the backend that stays disabled."""


@pytest.fixture(scope="module")
def failed(shared_folder: Path) -> Rehearsal:
    """A cloud whose upgrade failed, and failed again wherever it went on to, mended since."""
    cloud = rehearsal(shared_folder / "failed")
    plan, run = cloud.plan(), ""
    for step, (pattern, disabled) in FAILURES.items():
        cloud.simulation.simulated.fail_command(pattern)
        result = cloud.resume(run) if run else cloud.apply(plan)
        run = result.run
        assert (result.state, result.failed) == (RunState.FAILED, (f"roll-cinder-volume/ctl2/{step}",))
        assert stay_disabled(cloud) == disabled, step
        assert [loan.name for loan in result.lent] == [
            f"new volumes on {host} disabled (roll-cinder-volume)" for host in lent_by(disabled)
        ], step
        cloud.simulation.simulated.mend()
    return cloud


def lent_by(disabled: list[str]) -> list[str]:
    return [key.split("@")[1] for key in disabled]


def test_a_failure_gives_a_backend_back_only_where_cinder_volume_runs(folder: Path, failed: Rehearsal) -> None:
    cloud = copy_of(failed, folder)
    (run,) = list_runs(cloud.home)
    resumed = cloud.resume(run.id)
    assert (resumed.state, resumed.failed, resumed.lent) == (RunState.DONE, (), ())
    assert stay_disabled(cloud) == []


def test_the_way_back_of_a_failed_run_leaves_no_backend_disabled(folder: Path, failed: Rehearsal) -> None:
    cloud = copy_of(failed, folder)
    (run,) = list_runs(cloud.home)
    back = cloud.apply(cloud.plan_back(run.id))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    assert stay_disabled(cloud) == []
