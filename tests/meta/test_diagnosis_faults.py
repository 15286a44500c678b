"""Every fault that can be made on a practice cloud has a cause that a diagnosis must name."""

from __future__ import annotations

from pathlib import Path

import yaml

from ostler.practice.faults.registry import FAULTS
from ostler.rules.component import component

EXPECTED = Path(__file__).parents[2] / "benchmarks" / "diagnosis_faults.yaml"


def test_each_fault_has_its_cause_and_no_other_is_named() -> None:
    expected = yaml.safe_load(EXPECTED.read_text())["faults"]
    assert list(expected) == list(FAULTS)
    for fault in expected.values():
        for pattern in fault["is"]:
            component(pattern.replace("{host}", "ctl1"))
