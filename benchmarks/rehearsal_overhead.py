"""What a rehearsal adds to the commands it runs: `ostler rehearse` against the same commands alone, on one hop.

Alone, the commands run in a place of the same kind, on the same dumps in the same MariaDB, with the same interpreters
and code; everything they need is there before the clock starts: databases loaded, code unpacked, files written,
placement answering for nova's check. They run one after another, and once more side by side, as a rehearsal has them. A
rehearsal is the whole process from its start: reading the dumps, the place, MariaDB, loading, judging every end,
reading revisions, keeping its journal, and removing it all. It finds the code unpacked as well, as every rehearsal does
but the first of a release; that one is measured, too.

    .venv/bin/python benchmarks/rehearsal_overhead.py --from 2024.1 --to 2025.1 --dump keystone.sql.gz ... [--rounds 3]

Needs root, and builds environments that are not there first. With databases as small as those of a new cloud, commands
take the least time and a rehearsal's own share is the largest.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from own_cloud import OSTLER
from tables import show

from ostler.catalog import load_catalog
from ostler.catalog.release import Hop
from ostler.environments.unpacked import UnpackedStore
from ostler.practice.images import HOST_IMAGE, ensure_image
from ostler.practice.layout import cache_dir, state_root
from ostler.practice.openstack.archives import ensure_way
from ostler.rehearsal import journal as journals
from ostler.rehearsal.copying import load
from ostler.rehearsal.dumps import Part, parts_of
from ostler.rehearsal.judging import judge
from ostler.rehearsal.placement import Environments, Placement
from ostler.rehearsal.scratch import Scratch, database_url, entered, start_database
from ostler.rehearsal.sequence import Planned, code_needed, environments_of, hop_commands, lanes
from ostler.rehearsal.settings import SYSTEM_FILES, config_files
from ostler.rehearsal.side_by_side import side_by_side
from ostler.rehearsal.standing import owners
from ostler.rehearsal.unpacking import Unpacking, unpacking

CATALOG = load_catalog()
UNPACKED = UnpackedStore(cache_dir() / "unpacked")
TIMEOUT_S = 3600.0


@dataclass(frozen=True)
class Bench:
    """One hop with its dumps, and the archives of the code that runs on it."""

    hop: Hop
    files: tuple[Path, ...]
    parts: tuple[Part, ...]
    names: tuple[str, ...]
    environments: Environments

    def planned(self, name: str) -> tuple[Planned, ...]:
        return hop_commands(CATALOG, self.hop, name)


@dataclass(frozen=True)
class Alone:
    """The commands in a place where everything they need is there."""

    bench: Bench
    scratch: Scratch
    unpacked: Unpacking

    def prepare(self) -> None:
        for path, text in SYSTEM_FILES.items():
            self.scratch.write(path, text)
        for name in self.bench.names:
            for path, text in config_files(CATALOG.project(name), database_url).items():
                self.scratch.write(path, text)
            for project, release in environments_of(self.bench.planned(name)):
                self.unpacked.at(self.bench.environments(project, release))

    def lane(self, names: Sequence[str]) -> float:
        """The seconds that the commands of some projects take, one after another."""
        return sum(self._seconds(planned) for name in names for planned in self.bench.planned(name))

    def _seconds(self, planned: Planned) -> float:
        environments = self.bench.environments
        path = self.unpacked.at(environments(planned.project.name, planned.release))
        program, *arguments = planned.argv
        asks = planned.kind == "check" and planned.project.name == "nova"
        placement = Placement(CATALOG, self.scratch, self.unpacked, environments)
        with placement.answering(planned.release) if asks else nullcontext():
            argv, is_more = [f"{path}/bin/{program}", *arguments], True
            began = time.perf_counter()
            while is_more:
                result = self.scratch.run(argv, timeout_s=TIMEOUT_S, check=False)
                is_more = judge(CATALOG, planned, result).again
            return time.perf_counter() - began


def alone(bench: Bench, *, together: bool) -> float:
    """The seconds of the commands alone: their sum one after another, or until the last one when side by side."""
    below = state_root() / "rehearsals"
    below.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=below))
    try:
        image = ensure_image(cache_dir() / "images", HOST_IMAGE, _say)
        with (
            journals.opened(folder) as journal,
            entered(folder, image, [UNPACKED.ready()]) as scratch,
            unpacking(scratch, UNPACKED) as unpacked,
        ):
            start_database(scratch)
            load(scratch, journal, bench.parts, lambda _: None)
            commands = Alone(bench, scratch, unpacked)
            commands.prepare()
            work = [partial(commands.lane, lane) for lane in lanes(CATALOG, bench.names)]
            if not together:
                return sum(lane() for lane in work)
            began = time.perf_counter()
            side_by_side(scratch, work)
            return time.perf_counter() - began
    finally:
        shutil.rmtree(folder)


def rehearsed_first(bench: Bench) -> dict[str, float]:
    """The seconds of a whole rehearsal that finds no code unpacked."""
    UNPACKED.make_room(lambda: False)
    return {FIRST: rehearsed(bench)[WHOLE]}


def rehearsed(bench: Bench) -> dict[str, float]:
    """The seconds of a whole rehearsal, and those from its first command to the end of its last."""
    dumps = [word for file in bench.files for word in ("--dump", str(file))]
    argv = [str(OSTLER), "rehearse", "--from", bench.hop.source.id, "--to", bench.hop.target.id, *dumps, "--json"]
    began = time.perf_counter()
    done = subprocess.run(argv, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"the rehearsal ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    commands = [command for hop in json.loads(done.stdout)["hops"] for command in hop["commands"]]
    first = min(command["began"] for command in commands)
    return {WHOLE: seconds, SPAN: max(each["began"] + each["seconds"] for each in commands) - first}


ALONE, TOGETHER = "the commands alone, one after another", "the commands alone, side by side"
WHOLE, SPAN = "ostler rehearse, whole", "ostler rehearse, from its first command to its last"
FIRST = "ostler rehearse, whole, with nothing unpacked"
WAYS: Sequence[Callable[[Bench], dict[str, float]]] = (
    lambda bench: {ALONE: alone(bench, together=False)},
    rehearsed,
    lambda bench: {TOGETHER: alone(bench, together=True)},
    rehearsed_first,
)


def measured(bench: Bench, rounds: int) -> dict[str, list[float]]:
    """The seconds of every way in every round; the ways take turns."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for way in WAYS:
            for name, seconds in way(bench).items():
                _say(f"{name}: {seconds:.1f} s")
                found.setdefault(name, []).append(seconds)
    return found


def prepared(source: str, target: str, files: Sequence[Path]) -> Bench:
    chain = CATALOG.all_releases.chain(source, target)
    if len(chain) != 1:
        raise SystemExit(f"{source} to {target} is {len(chain)} hops; name two releases with one between them")
    parts = tuple(part for file in files for part in parts_of(file, None))
    found = owners(CATALOG, {part.name: str(part.file) for part in parts})
    names = tuple(dict.fromkeys(project.name for project in found.values()))
    archives = ensure_way(cache_dir(), code_needed(CATALOG, chain, names), datetime.now(UTC), _say)
    return Bench(chain[0], tuple(files), parts, names, lambda project, release: archives[release][project])


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", default="2024.1")
    parser.add_argument("--to", dest="target", default="2025.1")
    parser.add_argument("--dump", type=Path, action="append", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    bench = prepared(chosen.source, chosen.target, chosen.dump)
    seconds = measured(bench, chosen.rounds)
    ratios = {
        way: {base: [one / other for one, other in zip(took, seconds[base], strict=True)] for base in (ALONE, TOGETHER)}
        for way, took in seconds.items()
    }
    rows: list[dict[str, Any]] = [
        {
            "way": way,
            "median s": round(statistics.median(seconds[way]), 1),
            "times alone": round(statistics.median(ratios[way][ALONE]), 2),
            "times side by side": round(statistics.median(ratios[way][TOGETHER]), 2),
        }
        for way in (ALONE, TOGETHER, SPAN, WHOLE, FIRST)
    ]
    commands = sum(len(bench.planned(name)) for name in bench.names)
    show(
        f"Rehearsing {bench.hop} with {len(bench.parts)} databases",
        rows,
        as_json=chosen.json,
        rounds=chosen.rounds,
        commands=commands,
        **({"seconds": seconds} if chosen.json else {}),
    )


if __name__ == "__main__":
    main()
