"""A practice cloud that a benchmark builds for itself: nobody else's is taken, and nothing stays of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
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
