"""How long it takes to plan an upgrade of a large cloud, and how much memory: 100, 1,000 and 10,000 hosts.

The clouds are made from the recorded 3+2 practice cloud of the golden tests: its first compute, again and again, with
a name, an address, a failure domain and records of its own. No host is needed.

    .venv/bin/python benchmarks/plan_speed.py [--hosts 100 --hosts 10000] [--repeat 3] [--json]
    .venv/bin/python benchmarks/plan_speed.py --profile        where the time goes, for the largest cloud
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tables import show

from ostler.catalog.catalog import load_catalog
from ostler.cloud.file import read_cloud_file
from ostler.facts.archive import snapshot_from_json
from ostler.planning.model import Plan, plan_to_json
from ostler.planning.upgrade.plan import Sources, plan_upgrade
from ostler.planning.upgrade.request import TargetEnvironment, UpgradeRequest

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))
from tests.golden.enlarged import enlarged  # noqa: E402

RECORDED = ROOT / "tests" / "golden" / "clouds" / "practice-3-2"
TARGET = "2025.1"
HOSTS = (100, 1000, 10_000)


def large_cloud(recorded: Path, hosts: int) -> Sources:
    """A recorded cloud (its file, what was read, its archives), made as large as that."""
    small = read_cloud_file(recorded / "cloud.yaml")
    read = snapshot_from_json((recorded / "snapshot.json").read_text(), small)
    stored = json.loads((recorded / "environments.json").read_text())
    environments = {made["project"]: TargetEnvironment(**made) for made in stored[TARGET]}
    return enlarged(Sources(load_catalog(), small, read, environments), hosts)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def measure(recorded: Path, hosts: int, repeat: int) -> dict[str, Any]:
    """One row of the table, measured in this process."""
    sources = large_cloud(recorded, hosts)
    before = _peak_mib()
    request = UpgradeRequest(target=TARGET, accepted_by="the benchmark")
    plans = [timed(lambda: plan_upgrade(sources, request)) for _ in range(repeat)]
    plan: Plan = plans[-1][0]
    text, writing_s = timed(lambda: plan_to_json(plan))
    planning_s = statistics.median(seconds for _, seconds in plans)
    return {
        "hosts": hosts,
        "steps": sum(1 for _ in plan.steps()),
        "plan s": round(planning_s, 2),
        "ms/host": round(1000 * planning_s / hosts, 2),
        "write s": round(writing_s, 2),
        "plan MiB": round(len(text) / 2**20, 1),
        "memory MiB": round(_peak_mib()),
        "of it facts": round(before),
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process_of_its_own(recorded: Path, hosts: int, repeat: int) -> dict[str, Any]:
    argv = [
        sys.executable,
        __file__,
        "--one",
        "--recorded",
        str(recorded),
        "--hosts",
        str(hosts),
        "--repeat",
        str(repeat),
    ]
    row: dict[str, Any] = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)
    return row


def profile(recorded: Path, hosts: int) -> None:
    sources = large_cloud(recorded, hosts)
    profiler = cProfile.Profile()
    profiler.runcall(plan_upgrade, sources, UpgradeRequest(target=TARGET))
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(40)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, action="append", help="how many hosts; repeatable")
    parser.add_argument("--repeat", type=int, default=3, help="plans made of each cloud; the median counts")
    parser.add_argument("--recorded", type=Path, default=RECORDED, help="the folder of the recorded cloud")
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    sizes = chosen.hosts or HOSTS
    if chosen.profile:
        profile(chosen.recorded, max(sizes))
    elif chosen.one:
        print(json.dumps(measure(chosen.recorded, sizes[0], chosen.repeat)))
    else:
        rows = [in_a_process_of_its_own(chosen.recorded, hosts, chosen.repeat) for hosts in sizes]
        show(f"Planning an upgrade to {TARGET}", rows, as_json=chosen.json, repeat=chosen.repeat)


if __name__ == "__main__":
    main()
