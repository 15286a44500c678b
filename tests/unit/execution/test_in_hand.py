"""What runs under way have in hand, as the journal tells: nothing of what failed, ended or cannot be read."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from test_leftovers import Controller, holder

from ostler.cloud.model import Cloud, Host
from ostler.execution.database import Database
from ostler.execution.home import Home
from ostler.execution.in_hand import BACK, OUT, work_elsewhere, works_on
from ostler.execution.journal import Journal
from ostler.execution.lock import hold_here, holder_to_json, this_process
from ostler.execution.records import Outcome, RunState, StepOutcome
from ostler.execution.tables import RUNS, TABLES
from ostler.planning.model import Lane, Plan, Stage
from ostler.steps.model import Step
from ostler.steps.registry import KINDS

CLOUD = Cloud("example", "2024.1", "venv", {"ctl1": Host("ctl1", "10.0.0.11", ("controller",))})


def step(name: str, kind: str, host: str, *units: str) -> Step:
    return Step(name, kind, host, "", "", 1.0, {"units": list(units)})


STOP1, START1 = step("roll/ctl1/1", "stop-service", "ctl1", "api"), step("roll/ctl1/2", "start-service", "ctl1", "api")
STOP2, START2 = step("roll/ctl2/1", "stop-service", "ctl2", "api"), step("roll/ctl2/2", "start-service", "ctl2", "api")


def plan(operation: str = "upgrade", **request: str) -> Plan:
    lanes = (Lane("ctl1", (STOP1, START1)), Lane("ctl2", (STOP2, START2)))
    stage = Stage("roll", "", "", "", lanes, tolerate=1)
    return Plan(operation, "Change example", "example", CLOUD.digest(), 0.0, "", dict(request), (stage,)).sealed()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def journal(home: Home) -> Iterator[Journal]:
    with contextlib.closing(Journal(home)) as journal:
        yield journal


def came_to(journal: Journal, run: str, each: Step, outcome: Outcome, attempt: int = 1) -> None:
    journal.steps.add_intent(run, each, attempt, {})
    journal.steps.add_outcome(run, each, StepOutcome(each.id, each.digest, attempt, outcome, "", (), 1.0, 0.0))


def units(home: Home, run: str) -> frozenset[tuple[str, str]]:
    """What a run has in hand while a process carries it out."""
    with hold_here(home.lock(CLOUD.name), CLOUD.name, this_process(run, "anna", 0.0)):
        (work,) = works_on(CLOUD, home)
    return work.units


def test_every_kind_is_one_of_steps() -> None:
    assert {*OUT, *BACK} <= set(KINDS)


def test_a_run_has_in_hand_what_its_open_lanes_act_on(home: Home, journal: Journal) -> None:
    run = journal.runs.begin(plan(), "anna")
    assert units(home, run) == frozenset()
    came_to(journal, run, STOP1, Outcome.DONE)
    assert units(home, run) == {("api", "ctl1")}
    came_to(journal, run, START1, Outcome.DONE)
    journal.steps.add_intent(run, STOP2, 1, {})
    assert units(home, run) == {("api", "ctl2")}


def test_a_lane_that_failed_excuses_nothing_while_others_go_on_until_it_is_tried_again(
    home: Home, journal: Journal
) -> None:
    run = journal.runs.begin(plan(), "anna")
    came_to(journal, run, STOP1, Outcome.DONE)
    came_to(journal, run, START1, Outcome.FAILED)
    journal.steps.add_intent(run, STOP2, 1, {})
    assert units(home, run) == {("api", "ctl2")}
    journal.steps.add_intent(run, START1, 2, {})
    assert units(home, run) == {("api", "ctl1"), ("api", "ctl2")}


def test_a_run_that_was_killed_has_nothing_in_hand(home: Home, journal: Journal) -> None:
    run = journal.runs.begin(plan(), "anna")
    came_to(journal, run, STOP1, Outcome.DONE)
    assert works_on(CLOUD, home) == ()


def test_what_came_and_went_since_a_moment_was_in_hand_then(home: Home, journal: Journal) -> None:
    run = journal.runs.begin(plan(), "anna")
    came_to(journal, run, STOP1, Outcome.DONE)
    came_to(journal, run, START1, Outcome.DONE)
    since = time.time()
    assert works_on(CLOUD, home, since) == ()
    came_to(journal, run, STOP2, Outcome.DONE)
    came_to(journal, run, START2, Outcome.DONE)
    journal.runs.set_state(run, RunState.DONE)
    (work,) = works_on(CLOUD, home, since)
    assert work.units == {("api", "ctl2")}
    assert works_on(CLOUD, home) == ()


def test_a_run_that_waits_keeps_what_it_has_out_until_another_begins_to_take_it_back(
    home: Home, journal: Journal
) -> None:
    run = journal.runs.begin(plan(), "anna")
    came_to(journal, run, STOP1, Outcome.DONE)
    journal.runs.set_state(run, RunState.WAITING, "before finish")
    (work,) = works_on(CLOUD, home)
    assert work.units == {("api", "ctl1")}
    assert work.waits_since == journal.runs.get(run).ended_at is not None
    back = journal.runs.begin(plan("rollback", run=run), "anna")
    assert works_on(CLOUD, home) == ()
    assert units(home, back) == {("api", "ctl1")}
    came_to(journal, back, START1, Outcome.DONE)
    came_to(journal, back, STOP1, Outcome.DONE)
    assert units(home, back) == frozenset()


def test_once_all_is_being_given_back_a_run_that_takes_the_apis_away_excuses_nothing_more(
    home: Home, journal: Journal
) -> None:
    run = journal.runs.begin(plan(strategy="fast-forward"), "anna")
    came_to(journal, run, STOP1, Outcome.DONE)
    assert units(home, run) == {("api", "ctl1"), ("api", "ctl2")}
    for each in (START1, STOP2, START2):
        came_to(journal, run, each, Outcome.DONE)
    assert units(home, run) == frozenset()


def test_a_run_that_only_prepared_has_changed_nothing(home: Home, journal: Journal) -> None:
    run = journal.runs.begin(plan(), "anna")
    journal.steps.add_intent(run, step("protect/ctl1/10-dump", "dump-databases", "ctl1"), 1, {})
    journal.runs.set_state(run, RunState.WAITING)
    assert [work.has_changed for work in works_on(CLOUD, home)] == [False]
    came_to(journal, run, STOP1, Outcome.DONE)
    assert [work.has_changed for work in works_on(CLOUD, home)] == [True]


def test_of_a_run_whose_plan_cannot_be_read_nothing_is_known_but_that_it_is_there(home: Home, journal: Journal) -> None:
    run = journal.runs.begin(plan(), "anna")
    journal.runs.set_state(run, RunState.WAITING)
    with contextlib.closing(Database(home.journal, TABLES)) as database, database.changing() as connection:
        connection.execute(sa.update(RUNS).values(plan='{"format": "of-another-version"}'))
    assert [(work.run, work.is_known, work.units) for work in works_on(CLOUD, home)] == [(run, False, frozenset())]


def test_a_broken_journal_tells_of_no_run(home: Home) -> None:
    home.journal.write_bytes(b"no database at all, for more than one hundred bytes " * 50)
    assert works_on(CLOUD, home) == ()


def test_a_run_of_another_machine_is_known_by_the_lock_it_holds(home: Home) -> None:
    (work,) = work_elsewhere(CLOUD, home, Controller(holder_to_json(holder(time.time() - 10))))
    assert (work.run, work.machine, work.is_known) == ("2026-11-20-1-upgrade", "another-machine", False)
    assert "bob" in work.title


@pytest.mark.parametrize("lock", [None, "", holder_to_json(holder(time.time() - 1000))])
def test_nobody_works_elsewhere_when_no_lock_is_held(lock: str | None, home: Home) -> None:
    assert work_elsewhere(CLOUD, home, Controller(lock)) == ()


def test_a_run_of_this_journal_does_not_work_elsewhere(home: Home) -> None:
    mine = this_process("2026-11-20-2-upgrade", "anna", time.time())
    with hold_here(home.lock(CLOUD.name), CLOUD.name, mine):
        assert work_elsewhere(CLOUD, home, Controller(holder_to_json(mine))) == ()
