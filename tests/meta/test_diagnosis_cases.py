"""Labelled runs can be judged by weights that did not see them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from diagnosing.cases import cases_in, read_all
from diagnosis_cases import tell

from ostler.diagnosis.model import Verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "diagnosis"))
from invented import ASKED, answered, write_logs

LABELS = {
    "failed": True, "fault_active": True, "residual": False, "subsystem": "cinder", "module": "cinder/x.py",
    "function": "x",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    write_logs(tmp_path / "run", api=answered("10:05:01.000", "cinder", "POST /v3/volumes/x/action", 500, ASKED))
    (tmp_path / "labels.json").write_text(json.dumps({"run": LABELS}))
    return tmp_path


@pytest.mark.parametrize(("always", "verdict"), [(50.0, Verdict.FAILURE), (-50.0, Verdict.HEALTHY)])
def test_runs_are_diagnosed_with_the_weights_that_are_given(folder: Path, always: float, verdict: Verdict) -> None:
    (read,) = read_all(cases_in(folder), is_diagnosed=True, weighed={"failure": {"always": always}})
    assert read.diagnosis is not None
    assert read.diagnosis.verdict is verdict


def test_every_table_says_whether_the_runs_were_seen_in_fitting(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell("one half, seen in fitting", list(read_all(cases_in(folder), is_diagnosed=True)), (), as_json=True)
    titles = [line for line in capsys.readouterr().out.splitlines() if '"benchmark"' in line]
    assert len(titles) == 5
    assert all("seen in fitting" in title for title in titles)
