"""What `benchmarks/estimate.py` makes of the report of a run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "estimate.py"


def step(name: str, estimate_s: float, seconds: float, kind: str = "run-management", outcome: str = "done") -> Any:
    return {"id": name, "kind": kind, "outcome": outcome, "estimate_s": estimate_s, "seconds": seconds}


@pytest.mark.parametrize(("estimate_s", "code"), [(70.0, 0), (110.0, 0), (68.0, 1), (112.0, 1)])
def test_a_fifth_too_little_or_too_much_in_sum_is_near_enough(estimate_s: float, code: int, tmp_path: Path) -> None:
    steps = [
        step("nova-sync", estimate_s, 80.0),
        step("nova-online", 10.0, 20.0),
        step("glance-expand", 60.0, 0.1, outcome="already_so"),
        step("inventory", 2.0, 90.0, kind="prove"),
    ]
    run = {"title": "Upgrade", "estimate_s": 200.0, "seconds": 300.0}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"run": run, "steps": steps}))
    argv = [sys.executable, str(SCRIPT), "--of", str(report), "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    told = json.loads(done.stdout)
    assert told["steps already so"] == 1
    assert [row["step"] for row in told["rows"]] == ["nova-sync", "nova-online", "altogether"]
    assert told["rows"][-1]["estimated s"] == estimate_s + 10.0
    assert told["rows"][-1]["took s"] == 100.0
