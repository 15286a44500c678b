"""A whole upgrade whose process is killed (SIGKILL) again and again, and gone on with each time."""

from __future__ import annotations

import random
import signal
from collections import Counter
from pathlib import Path

import dbos  # noqa: F401  (imported once here, not once in each of the processes)
import pytest
import twin
from rehearsing import Rehearsal, in_a_child, rehearsal
from test_simulated_upgrade import changes, kept, running

from ostler.execution.home import Home
from ostler.execution.records import RunState
from ostler.execution.runs import list_runs, load_run
from ostler.execution.simulation import open_simulation, three_plus_two
from ostler.execution.step_book import effects_repeated

POINTS = ("before_intent", "after_intent", "after_effect", "before_outcome", "after_outcome")
KILLS = 25
MOST_STEPS_BETWEEN_KILLS = 14
SEED = 20261120

SAFE_TWICE = ("balancer:", "set global ")
"""What a step of several effects may do to a host twice ("ctl1: ..."), because the process was killed between such an
effect and its end in the journal. Whatever is done in one effect is found done."""


def carried_on(cloud: Rehearsal, folder: Path, run: str | None, crash_at: str) -> int:
    """Apply the plan, or resume a run, in a process of its own; -9 when it was killed, 1 when an API was away."""

    def carry_on() -> int:
        own = Rehearsal(open_simulation(folder), cloud.home, cloud.source, cloud.target)
        result = own.apply(own.plan()) if run is None else own.resume(run)
        return 1 if own.outages else result.exit_code

    return in_a_child(carry_on, crash_at)


@pytest.mark.timeout(600)
def test_however_often_it_is_killed_the_upgrade_ends_the_same(folder: Path, in_memory: Path) -> None:
    undisturbed = rehearsal(in_memory / "undisturbed")
    plan = undisturbed.plan()
    expected = undisturbed.apply(plan)
    assert expected.state is RunState.DONE

    simulation = three_plus_two(undisturbed.source, folder, store=[undisturbed.target], is_kept=True)
    cloud = Rehearsal(simulation, Home(folder / "home"), undisturbed.source, undisturbed.target)
    chance = random.Random(SEED)
    run: str | None = None
    for _ in range(KILLS):
        crash_at = f"{chance.choice(POINTS)}::{chance.randint(1, MOST_STEPS_BETWEEN_KILLS)}"
        assert carried_on(cloud, folder, run, crash_at) == -signal.SIGKILL
        (record,) = list_runs(cloud.home)
        run = record.id
    assert run is not None
    assert carried_on(cloud, folder, run, "") == 0

    cloud = Rehearsal(open_simulation(folder), cloud.home, cloud.source, cloud.target)
    history = load_run(run, cloud.home)
    assert history.record.state is RunState.DONE
    assert [loan.name for loan in history.loans if loan.is_open] == []
    assert effects_repeated(history.effects) == []
    assert history.unfinished == ()
    assert kept(cloud) == kept(undisturbed)
    assert running(cloud) == running(undisturbed)
    assert changes(undisturbed) - changes(cloud) == Counter()
    assert [change for change in changes(cloud) - changes(undisturbed) if not change.startswith(SAFE_TWICE, 6)] == []
    done = twin.done_in(run, cloud.home, twin.ids(history.plan, plan))
    assert done == twin.done_in(expected.run, undisturbed.home, {})
