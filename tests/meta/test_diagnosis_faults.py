"""Every fault that can be made on a practice cloud has a cause that a diagnosis must name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from diagnosis_faults import EXPECTED, tell

from ostler.practice.faults.registry import FAULTS
from ostler.rules.component import component


def test_each_fault_has_its_cause_and_no_other_is_named() -> None:
    expected = yaml.safe_load(EXPECTED.read_text())["faults"]
    assert list(expected) == list(FAULTS)
    for fault in expected.values():
        for pattern in fault["is"]:
            component(pattern.replace("{host}", "ctl1"))


def test_how_sure_it_was_is_told_beside_how_often_it_was_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = {"fault": "x", "first": "a b", "expected": "b", "rank": "1", "seconds": 1.0, "is_right": True, "sure": 0.97}
    made = [{}, {"fault": "y", "is_right": False}, {"fault": "z", "sure": 0.6}, {"fault": "none", "sure": None}]
    results = tmp_path / "results"
    results.write_text("\n".join(json.dumps(usual | each) for each in made))
    tell(results, as_json=False)
    table = capsys.readouterr().out.partition("how sure")[2].splitlines()[3:]
    rows = {step: cells for step, *cells in map(str.split, table)}
    assert rows["0.9-1.0"] == ["2", "0.97", "0.50"]
    assert rows["0.6-0.7"] == ["1", "0.60", "1"]
    assert rows["0.0-0.1"] == ["0", "-", "-"]
