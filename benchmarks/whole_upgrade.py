"""The whole upgrade 2024.1 -> 2025.1 of a filled practice cloud: `ostler apply` against a plain serial script.

Each gets a fresh cloud of the same size, built for it and taken down afterwards. Both begin with the target's archives
on this machine and nothing of them on the hosts, and end with every service on the new code. By the book (see
by_the_book.py) does one thing after the other, takes every project's APIs away for a while, and proves nothing; Ostler
keeps serving, proves a restore of the dump, every service and the whole functional table, and is measured with its
probe asking every API all the while, and with --unprobed-too without it as well.

    .venv/bin/python benchmarks/whole_upgrade.py [--controllers 3] [--computes 2] [--unprobed-too] [--json]

Takes about half an hour on two cores.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from by_the_book import SOURCE, TARGET, left_behind, open_book, upgrade
from own_cloud import ostler, own_cloud
from tables import show

from ostler.execution.home import Home
from ostler.execution.operation import PROBE_FOLDER
from ostler.execution.probe import figures
from ostler.execution.runs import list_runs
from ostler.practice.layout import state_root

NAME = "bench"


@dataclass(frozen=True)
class Size:
    """How large the clouds are."""

    controllers: int
    computes: int


@contextmanager
def fresh_cloud(size: Size) -> Iterator[str]:
    """The name of a filled cloud at the source release; it is gone afterwards."""
    options = ("--release", SOURCE, "--controllers", str(size.controllers), "--computes", str(size.computes))
    with own_cloud(NAME, *options):
        ostler("practice", "fill", "--name", NAME)
        yield NAME


def by_the_book(size: Size) -> dict[str, float]:
    """Seconds of each chapter."""
    with fresh_cloud(size) as name:
        book = open_book(name)
        upgrade(book)
        wrong = left_behind(book)
        if wrong:
            raise SystemExit(f"not on {TARGET}: {', '.join(wrong)}")
        return book.seconds


def with_ostler(size: Size, *, with_probe: bool) -> dict[str, float]:
    """Seconds of planning and of carrying out."""
    with fresh_cloud(size) as name, tempfile.TemporaryDirectory() as folder:
        home, plan = Path(folder) / "home", str(Path(folder) / "upgrade.plan")
        cloud = str(state_root() / "practice" / name / "cloud.yaml")
        environ = {"OSTLER_CLOUD": cloud, "OSTLER_HOME": str(home)}
        planning_s = ostler("upgrade", "--to", TARGET, "--out", plan, environ=environ)
        probe = "--probe" if with_probe else "--no-probe"
        applying_s = ostler("apply", plan, "--approve", "all", probe, environ=environ)
        if with_probe:
            _tell_what_users_saw(Home(home))
        return {"plan": planning_s, "apply": applying_s}


def _tell_what_users_saw(home: Home) -> None:
    seen = figures(home.run_folder(list_runs(home)[0].id) / PROBE_FOLDER)
    longest = max(api.longest_stall_s for api in seen.apis.values())
    print(f"{seen.failed} of {seen.requests} requests failed, longest wait {longest:.1f} s", file=sys.stderr)


BY_HAND, UNPROBED = "by the book", "ostler"
WAYS: Mapping[str, Callable[[Size], dict[str, float]]] = {
    BY_HAND: by_the_book,
    UNPROBED: partial(with_ostler, with_probe=False),
    "ostler, probed all the while": partial(with_ostler, with_probe=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--controllers", type=int, default=3)
    parser.add_argument("--computes", type=int, default=2)
    parser.add_argument("--unprobed-too", action="store_true", help="also without the probe: another third of the time")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    size = Size(chosen.controllers, chosen.computes)
    ways = [way for way in WAYS if way != UNPROBED or chosen.unprobed_too]
    parts = {way: WAYS[way](size) for way in ways}
    by_hand_s = sum(parts[BY_HAND].values())
    rows: list[dict[str, Any]] = [
        {
            "way": way,
            "seconds": round(sum(took.values()), 1),
            "times by the book": round(sum(took.values()) / by_hand_s, 2),
        }
        for way, took in parts.items()
    ]
    details = {"parts": {way: {name: round(s, 1) for name, s in took.items()} for way, took in parts.items()}}
    show(
        f"Upgrading {size.controllers}+{size.computes} hosts from {SOURCE} to {TARGET}",
        rows,
        as_json=chosen.json,
        **(details if chosen.json else {}),
    )


if __name__ == "__main__":
    main()
