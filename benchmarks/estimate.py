"""How near the estimates of a plan that a rehearsal stands behind come to what the upgrade then takes, on databases of
a million records.

A practice cloud is built at the source release and filled; `ostler rehearse --live` tries the migrations on a copy of
its databases, `ostler upgrade --rehearsal` takes the times up, and `ostler apply` carries the plan out. Compared are
the commands that change schemas and rows: the estimate of each in the plan, and the seconds of its step in the journal;
and both in sum. A schema that is the target's already runs no command: such steps are only counted.

    .venv/bin/python benchmarks/estimate.py [--from 2025.1] [--to 2026.1] [--rows 450000] [--ports 100000]
        [--into FOLDER] [--keep] [--json]
    .venv/bin/python benchmarks/estimate.py --of REPORT.json

The second compares the same of a run that was carried out already (`ostler report RUN --json REPORT.json`). Ends with 1
when the sum of the estimates is further than 20 % from what the commands took. The first needs root, and takes about an
hour on two cores; the documents stay in FOLDER.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from own_cloud import ostler, own_cloud
from tables import show

from ostler.execution.home import Home
from ostler.execution.runs import list_runs

NAME = "bench"
DATABASE_COMMANDS = "run-management"
"""The kind of the steps that change a schema or move rows."""

NEAR = 0.2
"""The part of what the commands took that their estimate may be off, in sum."""


def carried_out(chosen: argparse.Namespace, folder: Path) -> Mapping[str, Any]:
    """The report of an upgrade that a rehearsal said the times of, on a cloud built for it."""
    rehearsal, plan, report = (str(folder / name) for name in ("rehearsal.json", "upgrade.plan", "report.json"))
    ostler("env", "build", "--practice", chosen.target)
    with own_cloud(NAME, "--release", chosen.source, keep=chosen.keep) as cloud:
        home = folder / "home"
        environ = {"OSTLER_CLOUD": str(cloud), "OSTLER_HOME": str(home)}
        ostler("practice", "fill", "--name", NAME, "--rows", str(chosen.rows), "--ports", str(chosen.ports))
        ostler("rehearse", "--live", "--to", chosen.target, "--report", rehearsal, environ=environ)
        words = ("upgrade", "--to", chosen.target, "--rehearsal", rehearsal, "--out", plan)
        ostler(*words, environ=environ)
        ostler("apply", plan, "--approve", "all", environ=environ)
        ostler("report", list_runs(Home(home))[0].id, "--json", report, environ=environ, code=(0, 1))
    return read(Path(report))


def read(path: Path) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(path.read_text())
    return document


def rows_of(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each step, and one for all of them."""
    told = [(step["id"], float(step["estimate_s"]), float(step["seconds"])) for step in steps]
    whole = ("altogether", sum(row[1] for row in told), sum(row[2] for row in told))
    return [
        {
            "step": name,
            "estimated s": round(estimated, 1),
            "took s": round(took, 1),
            "estimated / took": round(estimated / took, 2) if took else None,
        }
        for name, estimated, took in (*told, whole)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", default="2025.1")
    parser.add_argument("--to", dest="target", default="2026.1")
    parser.add_argument("--rows", type=int, default=450_000, help="old records in each of four tables")
    parser.add_argument("--ports", type=int, default=100_000)
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="where rehearsal, plan, run and report stay")
    parser.add_argument("--of", type=Path, metavar="REPORT.json", help="compare what this report tells; build nothing")
    parser.add_argument("--keep", action="store_true", help="leave the cloud running")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ostler-estimate-") as temporary:
        folder = chosen.into or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        report = read(chosen.of) if chosen.of else carried_out(chosen, folder.resolve())
    run, steps = report["run"], [step for step in report["steps"] if step["kind"] == DATABASE_COMMANDS]
    ran = [step for step in steps if step["outcome"] == "done"]
    if not ran:
        raise SystemExit("no step of that run changed a schema or moved rows")
    facts = {
        "steps already so": len(steps) - len(ran),
        "whole plan, estimated s": run["estimate_s"],
        "whole run, s": run["seconds"],
    }
    show(f"Estimates of {run['title']}", rows_of(ran), as_json=chosen.json, **facts)
    estimated, took = (sum(step[name] for step in ran) for name in ("estimate_s", "seconds"))
    return 0 if abs(estimated - took) <= NEAR * took else 1


if __name__ == "__main__":
    raise SystemExit(main())
