"""A practice cloud that a benchmark builds for itself: nobody else's is taken, and nothing stays of it. And Ostler's
command line, as whoever operates it gives it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ostler.practice.layout import state_root
from ostler.practice.state import known_names

OSTLER = Path(__file__).resolve().parents[1] / ".venv" / "bin" / "ostler"


@contextmanager
def own_cloud(name: str, *options: str, keep: bool = False) -> Iterator[Path]:
    """The cloud file of a practice cloud of that name, built with these options of `practice up`, gone afterwards."""
    if name in known_names(state_root()):
        raise SystemExit(f"there is a practice cloud {name} already: ostler practice down --name {name}")
    try:
        _practice("up", "--name", name, *options)
        yield state_root() / "practice" / name / "cloud.yaml"
    finally:
        if not keep:
            _practice("down", "--name", name)


def _practice(*words: str) -> None:
    subprocess.run([str(OSTLER), "practice", *words], check=True, stdout=sys.stderr)


def ostler(*words: str, environ: Mapping[str, str] | None = None, code: Collection[int] = (0,)) -> float:
    """Run a command line of ostler; how many seconds it took. Another exit code than these ends the benchmark."""
    started = time.monotonic()
    argv, environment = [str(OSTLER), *words], {**os.environ, **(environ or {})}
    done = subprocess.run(argv, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode not in code:
        raise SystemExit(f"ostler {' '.join(words)} ended with {done.returncode}:\n{done.stdout[-3000:]}")
    seconds = time.monotonic() - started
    print(f"ostler {words[0]} {words[1]}: {seconds:.0f} s", file=sys.stderr)
    return seconds
