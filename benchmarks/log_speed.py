"""How fast logs are read, beside a plain regular expression, ripgrep and drain3, in the same run; and how much memory a
log takes that is large.

Each way reads all logs below a folder, in a process of its own on one core: what counts is its processor time, so that
a busy machine does not spoil the comparison. With --each, every folder in it is a cloud of its own.

    .venv/bin/python benchmarks/log_speed.py DIR [--each] [--json]
    uv run --with drain3 python benchmarks/log_speed.py DIR [--each]            (drain3 is not among the dependencies)
    .venv/bin/python benchmarks/log_speed.py --large 1024       memory and speed for a log of so many MiB
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib.util
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tables import show

from ostler.cli.logs import COLLECT_AFTER
from ostler.logs.event import Event, Level
from ostler.logs.folder import open_folder
from ostler.logs.rates import Counter
from ostler.logs.reading import Tally, read_events
from ostler.logs.templates import Miner
from ostler.logs.timeline import in_order
from ostler.logs.wanted import EVERYTHING, Wanted

LINE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) (\d+) ([A-Z]+) (\S+) (\[[^\]]*\] )?(.*)")
GRAVE = r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) "


def ostler_events(folder: Path, wanted: Wanted = EVERYTHING) -> Iterator[Event]:
    tally = Tally()
    yield from in_order(open_folder(folder, tally), wanted, tally)


def every_event(folder: Path) -> int:
    return sum(1 for _ in ostler_events(folder))


def every_field(folder: Path) -> int:
    return sum(1 for event in ostler_events(folder) if event.details)


def warnings(folder: Path) -> int:
    return sum(1 for _ in ostler_events(folder, Wanted(level=Level.WARNING)))


def rates(folder: Path) -> int:
    tally, counter, count = Tally(), Counter(), 0
    for log in open_folder(folder, tally):
        for batch in read_events(log, Wanted(level=Level.ERROR), tally):
            counter.add(batch)
            count += len(batch)
    return count


def templates(folder: Path) -> int:
    tally, miner = Tally(), Miner()
    for log in open_folder(folder, tally):
        for batch in read_events(log, EVERYTHING, tally):
            miner.learn(batch)
    return len(miner.templates)


def as_typed(*words: str) -> Callable[[Path], int]:
    """The command itself, its start included; what it prints goes nowhere, so that nothing is counted."""

    def run(folder: Path) -> int:
        ostler = Path(sys.executable).with_name("ostler")
        subprocess.run([ostler, *words, folder], stdout=subprocess.DEVNULL, check=False)
        return 0

    return run


def plain_expression(folder: Path) -> int:
    count = 0
    for path in _files(folder):
        with path.open(errors="replace") as file:
            for line in file:
                found = LINE.match(line)
                if found and found.groups():
                    count += 1
    return count


def ripgrep(folder: Path) -> int:
    done = subprocess.run(["rg", "-j1", "-a", "-I", "-N", GRAVE, str(folder)], stdout=subprocess.PIPE, check=False)
    return done.stdout.count(b"\n")


def drain3_templates(folder: Path) -> int:
    from drain3 import TemplateMiner  # type: ignore[import-not-found, unused-ignore]

    miner = TemplateMiner()
    for path in _files(folder):
        with path.open(errors="replace") as file:
            for line in file:
                found = LINE.match(line)
                miner.add_log_message(found[6] if found else line.rstrip())
    return len(miner.drain.clusters)


WAYS: dict[str, Callable[[Path], int]] = {
    "Ostler, every event in order": every_event,
    "Ostler, every field of every event": every_field,
    "Ostler, warnings and worse": warnings,
    "Ostler, rates of errors": rates,
    "Ostler, templates": templates,
    "`ostler logs DIR`": as_typed("logs"),
    "`ostler logs DIR --json`": as_typed("logs", "--json"),
    "`ostler logs DIR --new`": as_typed("logs", "--new"),
    "`ostler logs DIR --level warning`": as_typed("logs", "--level", "warning"),
    "`ostler diagnose --logs DIR`": as_typed("diagnose", "--logs"),
    "a plain expression, line by line": plain_expression,
    "ripgrep, warnings and worse": ripgrep,
    "drain3, templates": drain3_templates,
}
"""What is measured: each returns how much it found."""


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _lines(folder: Path) -> int:
    """In pieces: the memory of this process would count for those it starts."""
    count = 0
    for path in _files(folder):
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                count += piece.count(b"\n")
    return count


def _folders(where: Path, *, each: bool) -> list[Path]:
    return sorted(path for path in where.iterdir() if path.is_dir()) if each else [where]


def measure(name: str, where: Path, *, each: bool) -> dict[str, Any]:
    """One row, measured in this process."""
    gc.set_threshold(COLLECT_AFTER, 20, 50)
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    began, busy = time.perf_counter(), _busy_s()
    found = sum(WAYS[name](folder) for folder in _folders(where, each=each))
    busy, took = _busy_s() - busy, time.perf_counter() - began
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"way": name, "busy s": busy, "wall s": took, "found": found, "MiB": round(peak / 1024)}


def _busy_s() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def in_a_process_of_its_own(name: str, where: Path, *, each: bool) -> dict[str, Any]:
    argv = [sys.executable, __file__, str(where), "--one", name, *(["--each"] if each else [])]
    row: dict[str, Any] = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)
    return row


def is_there(name: str) -> bool:
    if name.startswith("ripgrep"):
        return shutil.which("rg") is not None
    return not name.startswith("drain3") or importlib.util.find_spec("drain3") is not None


def write_large(path: Path, mib: int) -> None:
    """A log of so many MiB, as a busy API would write it."""
    with path.open("wb") as file:
        number = 0
        while file.tell() < mib << 20:
            second = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1768471548 + number // 200))
            level = "ERROR" if number % 500 == 0 else "INFO"
            file.write(
                b"%s.%03d 7 %s nova.api.openstack.wsgi [req-%08x-0000-0000-0000-000000000000 u p - - -] request %d of "
                b"many that were asked for and answered, with a status and a length, as usual\n"
                % (second.encode(), number % 1000, level.encode(), number, number)
            )
            number += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("where", type=Path, nargs="?")
    parser.add_argument("--each", action="store_true", help="every folder in it is a cloud of its own")
    parser.add_argument("--large", type=int, metavar="MIB", help="read one log of this size, written for the purpose")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one, chosen.where, each=chosen.each)))
        return
    with tempfile.TemporaryDirectory() as made:
        where = chosen.where
        names = list(filter(is_there, WAYS))
        if chosen.large:
            where, names = Path(made), names[:4]
            write_large(where / "nova-api.log", chosen.large)
        lines = _lines(where)
        rows = [in_a_process_of_its_own(name, where, each=chosen.each) for name in names]
    for row in rows:
        row["lines/s busy"] = round(lines / row["busy s"])
    show("Reading logs", rows, as_json=chosen.json, lines=lines)


if __name__ == "__main__":
    main()
