"""A run's history tells whether it can still be taken back."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.golden.recorded import sources

from ostler.execution.history import LOOKING, history_of
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.records import RunState
from ostler.planning.rollback.history import RunHistory
from ostler.planning.rollback.plan import plan_rollback
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest


def test_the_stages_of_a_way_back_that_only_look_are_known_as_such() -> None:
    recorded = sources("practice-3-2", "2025.1")
    plan = plan_upgrade(recorded, UpgradeRequest(target="2025.1"))
    tried = frozenset(step.id for _, _, step in plan.steps() if step.kind == "try-dump")
    history = RunHistory("a-run", plan, frozenset({"roll-keystone/ctl1/30-switch"}), tried)
    first = [
        plan_rollback(recorded.catalog, recorded.cloud, recorded.snapshot, history, databases).stages[0]
        for databases in ("stay", "restore")
    ]
    assert tuple(f"{stage.name}/" for stage in first) == LOOKING


def test_a_later_run_counts_when_it_changed_something_and_was_not_taken_back(tmp_path: Path) -> None:
    plan = plan_upgrade(sources("practice-3-2", "2025.1"), UpgradeRequest(target="2025.1"))
    steps = {step.id: step for _, _, step in plan.steps()}
    home = Home(tmp_path)
    with contextlib.closing(Journal(home)) as journal:
        first, later = journal.runs.begin(plan, "anna"), journal.runs.begin(plan, "anna")
        journal.steps.add_intent(later, steps["ready/ctl1/record-inventory"], 1, {})
        assert history_of(first, home).later == ()
        journal.steps.add_intent(later, steps["roll-keystone/ctl1/30-switch"], 1, {})
        assert history_of(first, home).later == (later,)
        assert history_of(later, home).later == ()
        journal.runs.set_state(later, RunState.ROLLED_BACK)
        assert history_of(first, home).later == ()
        assert (history_of(first, home).is_taken_back, history_of(later, home).is_taken_back) == (False, True)
