"""Asking each API directly on each controller, past the load balancer: what the availability table is made of.

These requests go to the health path, need no token, and are kept apart from those through the virtual address: a
controller that is being upgraded is supposed not to answer for a while.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ostler.execution.probe.pace import Pace
from ostler.execution.probe.records import Record, Recorder
from ostler.execution.probe.wire import Wire

ASK_EVERY_S = 3.0
DIRECT_TIMEOUT_S = 10.0
DIRECT_THREADS = 4


@dataclass(frozen=True)
class Backend:
    """One API on one host: ``api`` is its name in the load balancer, ``url`` with the health path."""

    api: str
    host: str
    url: str


def write_backends(path: Path, backends: Sequence[Backend]) -> None:
    """Write the list the probe reads with ``--backends``."""
    path.write_text(json.dumps([asdict(backend) for backend in backends], indent=1), encoding="utf-8")


def read_backends(path: Path) -> tuple[Backend, ...]:
    """Read the list back."""
    return tuple(Backend(**item) for item in json.loads(path.read_text(encoding="utf-8")))


def backend_pace(backends: Sequence[Backend]) -> Pace:
    """Return a pace at which each backend's turn comes every ``ASK_EVERY_S`` seconds."""
    return Pace(ASK_EVERY_S / len(backends))


def ask_directly(
    backends: Sequence[Backend],
    wire: Wire,
    recorder: Recorder,
    clock: Callable[[], float],
    pace: Pace,
    stop: threading.Event,
) -> None:
    """Ask the backends in turn until ``stop`` is set; several threads share the pace."""
    while (number := pace.take(stop)) is not None:
        backend = backends[number % len(backends)]
        at = clock()
        answer = wire.send("GET", backend.url, {"Accept": "application/json"})
        is_ok = 0 < answer.status < 400
        error = "" if is_ok else answer.cause
        recorder.add(
            Record(at, backend.api, "health", answer.seconds, answer.status, is_ok, error, 0.0, "direct", backend.host)
        )
