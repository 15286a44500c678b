"""The process is killed (SIGKILL) at each named point; then the run is gone on with."""

from __future__ import annotations

from pathlib import Path

import pytest
from execution_driver import KILLED, drive
from execution_world import Shop

from ostler.execution.records import RunState
from ostler.execution.runs import list_runs, load_run
from ostler.execution.step_book import effects_repeated

POINTS = ("before_intent", "after_intent", "after_effect", "before_outcome", "after_outcome")
STEPS = ("ready/ctl1/dump", "roll/cmp2/1-lend", "roll/cmp1/2-add", "roll/cmp1/3-version", "roll/cmp3/4-return")

HOST_AFTER = {"out": 0, "a": 1, "version": 2, "schema": 5}


def added_twice(shop: Shop) -> list[str]:
    """What was added to a host more than once. Setting a number to the same value again is harmless, and happens when
    the kill met another lane between its effect and the journal."""
    added = [change for change in shop.world.done if ": add " in change]
    return sorted({change for change in added if added.count(change) > 1})


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_ends_the_same_with_no_effect_twice_and_no_loan_left(
    tmp_path: Path, point: str, step: str
) -> None:
    assert drive(tmp_path, crash_at=f"{point}:{step}") == KILLED
    shop = Shop(tmp_path)
    (run,) = list_runs(shop.home)
    assert run.state is RunState.RUNNING

    assert drive(tmp_path, run.id) == 0

    for host in ("cmp1", "cmp2", "cmp3"):
        assert shop.world.numbers(host) == HOST_AFTER
    assert shop.world.numbers("ctl1") == {"dumped": 1, "finished": 1}
    history = load_run(run.id, shop.home)
    assert history.record.state is RunState.DONE
    assert [loan.name for loan in history.loans if loan.is_open] == []
    assert effects_repeated(history.effects) == []
    assert history.unfinished == ()
    assert added_twice(shop) == []


def test_what_was_done_and_is_not_in_the_journal_yet_is_found_done_and_not_repeated(tmp_path: Path) -> None:
    assert drive(tmp_path, crash_at="after_effect:roll/cmp1/2-add") == KILLED
    shop = Shop(tmp_path)
    (run,) = list_runs(shop.home)
    begun = [effect for effect in load_run(run.id, shop.home).effects if effect.step == "roll/cmp1/2-add"]
    assert [effect.has_ended for effect in begun] == [False]
    assert shop.world.done.count("cmp1: add a") == 1

    assert drive(tmp_path, run.id) == 0
    assert shop.world.done.count("cmp1: add a") == 1
    told = load_run(run.id, shop.home).last_outcomes["roll/cmp1/2-add"]
    assert told.reason == "found done when the run was gone on with"


def test_of_several_effects_that_one_is_repeated_which_is_not_in_the_journal_and_may_be(tmp_path: Path) -> None:
    assert drive(tmp_path, crash_at="after_effect:roll/cmp1/3-version") == KILLED
    shop = Shop(tmp_path)
    (run,) = list_runs(shop.home)
    assert drive(tmp_path, run.id) == 0
    counts = {key: shop.world.done.count(f"cmp1: set {key}") for key in ("version 2", "schema 5")}
    assert counts == {"version 2": 2, "schema 5": 1}


def test_killed_again_and_again_it_still_ends_the_same(tmp_path: Path) -> None:
    ended = drive(tmp_path, crash_at="after_effect")
    (run,) = list_runs(Shop(tmp_path).home)
    kills = 0
    while ended == KILLED:
        kills += 1
        ended = drive(tmp_path, run.id, crash_at=f"{POINTS[kills % len(POINTS)]}::2" if kills < 8 else "")
    assert (kills, ended) == (8, 0)
    for host in ("cmp1", "cmp2", "cmp3"):
        assert Shop(tmp_path).world.numbers(host) == HOST_AFTER
    assert added_twice(Shop(tmp_path)) == []
