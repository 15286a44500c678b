"""A cloud is diagnosed while it is being upgraded: what the run does is no fault, and what is broken beside it is."""

from __future__ import annotations

import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

from rehearsing import Rehearsal, rehearsal
from test_living_diagnosis import answers, stopped

from ostler.catalog import load_catalog
from ostler.diagnosis.at_work import CODE
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.living import Focus, LiveDiagnosis, diagnose_cloud
from ostler.diagnosis.observing import Seen
from ostler.execution.events import Event, StepEnded, StepStarted
from ostler.execution.in_hand import works_on
from ostler.execution.live_logs import LiveWanted
from ostler.execution.looking_into import Doors, diagnosis_requests, look_through
from ostler.execution.records import RunState
from ostler.execution.time_limits import TimeLimit

MOMENTS = (
    "after expand/ctl1/nova-sync",
    "after roll-keystone/ctl2/10-out-of-balancer",
    "after roll-keystone/ctl2/20-stop",
    "after roll-neutron/ctl1/20-stop",
    "after hold-glance/*",
    "after leave-one-glance-api/ctl1/20-stop",
    "after roll-computes/cmp1/00-disable",
    "after roll-computes/cmp1/nova-compute-20-stop",
    "before roll-computes/cmp2/*",
)


def diagnosed(cloud: Rehearsal) -> LiveDiagnosis:
    made = cloud.simulation
    transport, api, clock = made.simulated.transport, made.simulated.api, made.clock
    doors = Doors(transport, api, transport, answers, clock.now, clock.sleep)
    works = works_on(made.cloud, cloud.home)
    with tempfile.TemporaryDirectory() as folder:
        logs = LiveWanted(clock.now() - 900, "warning")
        looked = look_through(made.cloud, doors, diagnosis_requests(made.cloud), logs, (), Path(folder), TimeLimit(60))
    return diagnose_cloud(looked.snapshot, load_catalog(), Seen(), knowledge(), Focus(), works=works)


def with_scheduler_stopped(cloud: Rehearsal) -> LiveDiagnosis:
    """A diagnosis while something is broken that the run has nothing to do with."""
    with cloud.simulation.simulated.world() as world:
        unit = world.state.hosts["ctl1"].units["nova-scheduler"]
        before = unit.active, unit.sub, unit.main_pid
        stopped("ctl1", "nova-scheduler")(world.state)
    found = diagnosed(cloud)
    with cloud.simulation.simulated.world() as world:
        unit = world.state.hosts["ctl1"].units["nova-scheduler"]
        unit.active, unit.sub, unit.main_pid = before
    return found


def test_what_a_run_does_is_no_fault_and_what_is_broken_beside_it_is_found(in_memory: Path) -> None:
    cloud = rehearsal(in_memory / "upgraded")
    seen: dict[str, LiveDiagnosis] = {}
    beside: list[LiveDiagnosis] = []

    def listen(_at: float, event: Event) -> None:
        if not isinstance(event, (StepStarted, StepEnded)):
            return
        now = f"{'before' if isinstance(event, StepStarted) else 'after'} {event.step}"
        for moment in MOMENTS:
            if moment not in seen and fnmatchcase(now, moment):
                seen[moment] = diagnosed(cloud)
                if moment.startswith("after roll-keystone/"):
                    beside.append(with_scheduler_stopped(cloud))

    assert cloud.apply(cloud.plan(no_overlap=("glance",)), listeners=[listen]).state is RunState.DONE
    assert seen.keys() == set(MOMENTS)
    assert [cause.cause.finding for each in seen.values() for cause in each.causes] == []
    assert {each.verdict.value for each in seen.values()} == {"healthy"}
    notes = [note for each in seen.values() for note in each.notes if note.code == CODE]
    assert len(notes) == len(MOMENTS)
    told = {line for note in notes for line in note.evidence}
    assert {"keystone is not running on ctl2", "nova-compute is not running on cmp1"} <= told
    for each in beside:
        assert [str(found.cause.first.part) for found in each.causes] == ["service:nova-scheduler@ctl1"]
    assert len(beside) > 1
