"""Labelled cases: a folder with one folder of logs for each run, and `labels.json`; the halves they are split into.

The halves are told by the faulty *function* (of runs without one, by the run's name), so that nothing that is fitted to
one half knows a function of the other.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ostler.diagnosis.candidates import Evidence, evidence_in
from ostler.diagnosis.failing import failure_clues
from ostler.diagnosis.knowledge import knowledge
from ostler.diagnosis.model import Diagnosis
from ostler.diagnosis.observing import Seen, observe
from ostler.diagnosis.of_logs import diagnose_logs
from ostler.diagnosis.weighing import weights
from ostler.logs.event import Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted

TUNED_ON, HELD_OUT = 0, 1


@dataclass(frozen=True)
class Case:
    """One run, as it is labelled."""

    name: str
    folder: Path
    failed: bool
    fault_active: bool
    residual: bool
    project: str | None
    module: str | None
    function: str | None

    @property
    def key(self) -> str:
        """What decides its half: the faulty function, else the run itself."""
        return f"{self.module}:{self.function}" if self.module else self.name

    @property
    def half(self) -> int:
        return hashlib.sha256(self.key.encode()).digest()[0] % 2

    @property
    def is_to_be_placed(self) -> bool:
        """Whether it failed while its fault was there."""
        return self.failed and self.fault_active


@dataclass(frozen=True)
class Read:
    """What was read of one case: clues for the fitting, the diagnosis, and what simple baselines need."""

    case: Case
    failing: dict[str, float]
    placing: dict[str, dict[str, dict[str, float]]]
    diagnosis: Diagnosis | None
    errors: tuple[tuple[float, str], ...]
    frames: tuple[str, ...]
    files: tuple[str, ...]
    seconds: float


def cases_in(folder: Path) -> list[Case]:
    """The cases of a folder."""
    labels = json.loads((folder / "labels.json").read_text("utf-8"))
    return [
        Case(
            name, folder / name, each["failed"], each["fault_active"], each["residual"], each["subsystem"],
            each["module"], each["function"],
        )
        for name, each in sorted(labels.items())
    ]  # fmt: skip


def read_all(
    cases: Sequence[Case], *, is_diagnosed: bool, weighed: Mapping[str, dict[str, float]] | None = None
) -> Iterator[Read]:
    """Read cases, on all cores; they are diagnosed with the weights that are kept, or with ``weighed``."""
    with ProcessPoolExecutor(os.cpu_count(), initializer=_begin, initargs=(weighed or {},)) as pool:
        yield from pool.map(partial(_read, is_diagnosed=is_diagnosed), cases, chunksize=8)


def _begin(weighed: Mapping[str, dict[str, float]]) -> None:
    gc.set_threshold(200_000, 20, 50)
    weights().update(weighed)


def _read(case: Case, *, is_diagnosed: bool) -> Read:
    begun = time.monotonic()
    seen = observe(in_order(open_folder(case.folder, Tally()), Wanted(Level.INFO), Tally()), knowledge())
    diagnosis = diagnose_logs(seen, knowledge()) if is_diagnosed else None
    seconds = time.monotonic() - begun
    evidence = evidence_in(seen, knowledge())
    return Read(
        case, failure_clues(evidence), {name: each.places for name, each in evidence.candidates.items()}, diagnosis,
        _errors(seen), _frames(evidence), _files(case.folder), seconds,
    )  # fmt: skip


def _errors(seen: Seen) -> tuple[tuple[float, str], ...]:
    return tuple((said.time, said.project) for said in seen.errors)


def _frames(evidence: Evidence) -> tuple[str, ...]:
    return tuple(
        call.module for each in evidence.incidents if each.trace for call in each.trace.calls for _ in range(each.count)
    )


def _files(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()))
