"""What `ostler diagnose` names first for each fault that can be made on a practice cloud.

    sudo nice .venv/bin/python benchmarks/diagnosis_faults.py --name practice [--cloud FILE] [--results FILE]
        [--only FAULT …] [--from FAULT] [--pairs N [--seed S]] [--lock FILE] [--json]

For each fault: break, wait until it can be seen, `ostler diagnose --json`, mend, wait until the cloud is as
it was before. With --pairs, two faults drawn at random are made one after the other each time, and both must be found.
What is right stands in diagnosis_faults.yaml. Results are kept, a line of JSON for each fault, so that a stopped run
goes on where it was (--from) and single faults can be repeated (--only). It always mends, also when it is interrupted.
With --lock the cloud is locked (as flock does) while one fault is made, so that others can use it in between.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from tables import by_sureness, show

from ostler.practice.faults.registry import FAULTS

EXPECTED = Path(__file__).with_suffix(".yaml")
WAIT_S = 20.0
WELL_WITHIN_S = 240.0
LONGEST_S = 30.0
OSTLER = str(Path(sys.executable).parent / "ostler")

Row = dict[str, Any]


class Bench:
    """One practice cloud, and how Ostler is called on it."""

    def __init__(self, name: str, cloud: str | None) -> None:
        self.name = ["--name", name]
        self.cloud = ["--cloud", cloud] if cloud else []

    def run(self, *arguments: str) -> tuple[int, str, float]:
        began = time.monotonic()
        done = subprocess.run([OSTLER, *arguments], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1) or not done.stdout:
            print(f"ostler {' '.join(arguments)}: {done.stderr.strip()[-400:]}", file=sys.stderr)
        return done.returncode, done.stdout, time.monotonic() - began

    def make(self, fault: str) -> list[str] | None:
        """Break it; the places it was made at, or None when it could not be made."""
        code, out, _ = self.run("practice", "break", fault, *self.name, "--json")
        return [str(place) for place in json.loads(out)["places"]] if code == 0 else None

    def mend(self, fault: str) -> None:
        self.run("practice", "mend", fault, *self.name)

    def diagnose(self) -> tuple[Row, float]:
        _, out, seconds = self.run("diagnose", *self.cloud, "--json")
        return (json.loads(out) if out.startswith("{") else {"verdict": "none", "findings": []}), seconds

    def well_again(self, before: Collection[str], within_s: float) -> list[str]:
        """Wait until nothing is found that was not there before, or it takes too long; what is left."""
        ends = time.monotonic() + within_s
        while True:
            left = [named(each) for each in found_in(self.diagnose()[0])]
            if not set(left) - set(before) or time.monotonic() > ends:
                return left
            time.sleep(5)


def found_in(document: Row) -> list[Row]:
    """The findings of rules."""
    return [each for each in document["findings"] if each.get("severity")]


def named(finding: Row) -> str:
    return f"{finding['code']} {finding['component']}"


def is_right(finding: Row, patterns: Sequence[str], places: Sequence[str]) -> bool:
    """Whether a finding names a root cause of a fault that was made at these places."""
    wanted = [pattern.replace("{host}", place) for pattern in patterns for place in places]
    return any(fnmatchcase(part, each) for part in finding["components"] for each in wanted)


def attempt(bench: Bench, faults: Sequence[str], expected: Row, before: Collection[str]) -> Row:
    """Make faults, diagnose, mend. What was found before does not count. One fault alone must come first; of several,
    each must be found."""
    places: dict[str, list[str]] = {}
    try:
        for fault in faults:
            made = bench.make(fault)
            if made is None:
                return {"fault": " + ".join(faults), "is_right": None, "first": f"{fault} could not be made"}
            places[fault] = made
        time.sleep(max(expected[fault].get("wait_s", WAIT_S) for fault in faults))
        document, seconds = bench.diagnose()
    finally:
        for fault in reversed(faults):
            bench.mend(fault)
    found = [each for each in found_in(document) if named(each) not in before]
    ranks = {
        fault: next((at for at, each in enumerate(found, 1) if is_right(each, expected[fault]["is"], places[fault])), 0)
        for fault in faults
    }
    return {
        "fault": " + ".join(faults),
        "places": [place for fault in faults for place in places[fault]],
        "verdict": document["verdict"],
        "first": named(found[0]) if found else "-",
        "sure": found[0]["confidence"] if found else None,
        "all": [named(each) for each in found],
        "expected": " + ".join(" ".join(expected[fault]["is"]) for fault in faults),
        "rank": " + ".join(str(rank or "-") for rank in ranks.values()),
        "is_right": all(ranks.values()) if len(faults) > 1 else ranks[faults[0]] == 1,
        "seconds": seconds,
        "unread": [f"{each['subject']}: {each['summary']} ({each['found']})" for each in document.get("unread", [])],
    }


def drawn(names: Sequence[str], pairs: int, seed: int) -> list[tuple[str, ...]]:
    """Pairs of different faults; the same seed draws the same ones."""
    chance = random.Random(seed)
    return [tuple(chance.sample(names, 2)) for _ in range(pairs)]


@contextlib.contextmanager
def locked(path: str | None) -> Iterator[None]:
    if path is None:
        yield
        return
    with Path(path).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="practice")
    parser.add_argument("--cloud")
    parser.add_argument("--results", default="diagnosis_faults.jsonl")
    parser.add_argument("--only", nargs="*", default=[], metavar="FAULT")
    parser.add_argument("--from", dest="begin", metavar="FAULT")
    parser.add_argument("--pairs", type=int, metavar="N", help="make two faults at once, N times, drawn at random")
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    parser.add_argument("--well", type=float, default=WELL_WITHIN_S, help="seconds to wait at most after each fault")
    parser.add_argument("--lock", metavar="FILE")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    expected = yaml.safe_load(EXPECTED.read_text())["faults"]
    names = asked.only or list(FAULTS)
    names = names[names.index(asked.begin) :] if asked.begin else names
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # mends on the way out
    bench, results = Bench(asked.name, asked.cloud), Path(asked.results)
    before: list[str] | None = None
    batches = drawn(names, asked.pairs, asked.seed) if asked.pairs else [(name,) for name in names]
    for faults in batches:
        with locked(asked.lock):
            before = bench.well_again((), 0) if before is None or asked.lock else before
            row = attempt(bench, faults, expected, before)
            with results.open("a") as file:
                file.write(json.dumps(row) + "\n")
            before = bench.well_again(before, asked.well)
        print(
            f"{row['fault']}: {row['first']} {'' if row['is_right'] else '<-- NOT RIGHT'}", file=sys.stderr, flush=True
        )
    tell(results, as_json=asked.json)


def tell(results: Path, *, as_json: bool) -> None:
    """Show the last result of each fault."""
    last = {row["fault"]: row for row in map(json.loads, results.read_text().splitlines())}
    made = [row for row in last.values() if row["is_right"] is not None]
    rows = [
        {
            "fault": row["fault"],
            "first": row["first"],
            "expected": row["expected"],
            "rank": row["rank"],
            "seconds": row["seconds"],
            "right": "yes" if row["is_right"] else "NO",
        }
        for row in made
    ]
    right = sum(row["is_right"] for row in made)
    show(
        "what was found first, and whether that is right", rows, as_json=as_json, faults=len(made),
        right=f"{right / max(1, len(made)):.0%}", in_time=sum(row["seconds"] <= LONGEST_S for row in made),
    )  # fmt: skip
    first = [
        (row["sure"], row["is_right"]) for row in made if row.get("sure") is not None and " + " not in row["fault"]
    ]
    show("how sure what was found first is, and how often it is right", by_sureness(first), as_json=as_json)


if __name__ == "__main__":
    main()
