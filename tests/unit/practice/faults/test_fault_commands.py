"""What `ostler practice break`, `mend` and `faults` say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostler.cli.main import main
from ostler.practice.faults.record import FaultRecord, Made
from ostler.practice.faults.registry import FAULTS
from ostler.practice.layout import Layout
from ostler.practice.state import State
from ostler.secret import Secret


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv("OSTLER_STATE_DIR", str(tmp_path))
    made = Layout(name="practice", state_root=tmp_path)
    State(made).begin()
    return made


def test_every_fault_is_listed_with_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["practice", "faults"]) == 0
    shown = capsys.readouterr().out
    for fault in FAULTS.values():
        assert f"  {fault.name}\n    does   {fault.does}\n    where  {fault.where()}\n" in shown
        assert fault.users_see in shown


def test_the_list_is_a_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["practice", "faults", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(FAULTS)
    assert set(rows[0]) == {"family", "name", "does", "where", "users_see", "needs", "made"}


def test_what_a_cloud_has_now_is_shown_without_what_is_remembered(
    layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    since = datetime(2026, 11, 26, 12, tzinfo=UTC)
    FaultRecord(layout).put([Made("vip-twice", "ctl3", since, Secret("geheim"), is_seen=False)])
    assert main(["practice", "faults", "--made"]) == 0
    shown = capsys.readouterr().out
    assert "MADE   on ctl3 since 2026-11-26T12:00:00+00:00 (begun, not seen)" in shown
    assert ("geheim" in shown, "nova-compute-hung" in shown) == (False, False)


def test_nothing_broken_is_said(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["practice", "faults", "--made"]) == 0
    assert "Nothing is broken on purpose" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["break", "nova-compute-hang"], "practice.unknown-fault"),
        (["break", "vip-twice", "--name", "absent"], "practice.unknown-cloud"),
        (["mend", "vip-twice", "--all"], "practice.fault-and-all"),
        (["faults", "--made", "--name", "absent"], "practice.unknown-cloud"),
    ],
)
def test_wrong_words_are_wrong_usage(
    layout: Layout, capsys: pytest.CaptureFixture[str], arguments: list[str], code: str
) -> None:
    assert main(["practice", *arguments]) == 2
    assert code in capsys.readouterr().err
