"""Runs on a practice cloud end with it; those on a real cloud of the same name do not."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from ostler.cloud.file import read_cloud_file
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.records import RunState
from ostler.execution.runs import load_run
from ostler.planning.model import Lane, Plan, Stage
from ostler.practice import open_runs
from ostler.practice.cloud_file import ensure
from ostler.practice.layout import Layout
from ostler.practice.state import State
from ostler.steps.model import Step

LENDING = Step("roll/ctl1/1-out", "stop-service", "ctl1", "why", "start it", 1.0, lends="balancer:ctl1")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(name="unit", state_root=tmp_path / "state", cache_dir=tmp_path)
    State(made).begin()
    ensure(made)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def plan(layout: Layout) -> Plan:
    stage = Stage("roll", "Roll", "why", "an undo", (Lane("ctl1", (LENDING,)),))
    digest = read_cloud_file(layout.cloud_file).digest()
    return Plan("upgrade", "Upgrade", layout.name, digest, 0.0, "s", {}, (stage,)).sealed()


def begun(home: Home, plan: Plan, state: RunState) -> str:
    """A run that has lent something and is in a state."""
    with contextlib.closing(Journal(home)) as journal:
        run = journal.runs.begin(plan, "anna")
        journal.steps.add_intent(run, LENDING, 1, {})
        journal.runs.set_state(run, state)
    return run


def test_open_runs_end_with_what_they_lent(layout: Layout, home: Home) -> None:
    failed = begun(home, plan(layout), RunState.FAILED)
    done = begun(home, plan(layout), RunState.DONE)
    assert open_runs.find(layout, home) == [failed]
    assert open_runs.end(layout, home) == [failed]
    history = load_run(failed, home)
    assert (history.record.state, history.record.message) == (RunState.CANCELLED, open_runs.WHY)
    assert [loan.name for loan in history.loans] == ["balancer:ctl1"]
    assert not any(loan.is_open for loan in history.loans)
    assert load_run(done, home).record.state is RunState.DONE
    assert open_runs.find(layout, home) == []


def test_a_run_on_a_real_cloud_of_the_same_name_stays_open(layout: Layout, home: Home) -> None:
    real = begun(home, replace(plan(layout), cloud_digest="of another cloud").sealed(), RunState.FAILED)
    assert open_runs.end(layout, home) == []
    history = load_run(real, home)
    assert history.record.state is RunState.FAILED
    assert all(loan.is_open for loan in history.loans)


def test_without_a_cloud_file_or_a_journal_there_are_none(layout: Layout, home: Home) -> None:
    assert open_runs.find(layout, home) == []
    begun(home, plan(layout), RunState.FAILED)
    layout.cloud_file.unlink()
    assert open_runs.end(layout, home) == []
