"""What the probe writes down, and the running totals beside it.

One JSON line per request in ``requests.jsonl``, one per outcome (a server became ACTIVE, or not) too, and one when it
begins to ask and when it ends; once a second the totals so far in ``now.json``, replaced atomically, for the progress
display.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

RECORDS_NAME = "requests.jsonl"
NOW_NAME = "now.json"
RATE_OVER_S = 5.0

Kind = Literal["request", "outcome", "direct", "phase"]
ASKING, ENDING = "asking", "ending"
"""The phases: from the one to the other, the probe asks at its full rate."""


@dataclass(frozen=True)
class Record:
    """One request, or one outcome, seen by the probe.

    ``at`` is when it began (seconds since the epoch); ``seconds`` how long the answer took, and ``own_s`` the part of
    that the probe itself took on purpose (a slow upload's pauses); ``status`` is the HTTP status, 0 when there was no
    answer. ``kind`` tells a request through the virtual address from a ``direct`` one to the controller
    ``host``, from an ``outcome``: whether an object ended as it should (its ``seconds`` are no stall), and from a
    ``phase`` of the probe itself that begins (``op``).
    """

    at: float
    api: str
    op: str
    seconds: float
    status: int
    is_ok: bool
    error: str = ""
    own_s: float = 0.0
    kind: Kind = "request"
    host: str = ""
    is_kept: bool = False


_DEFAULTS = {"error": "", "own_s": 0.0, "kind": "request", "host": "", "is_kept": False}


def to_line(record: Record) -> str:
    """Return a record as one line of JSON, without what is as usual."""
    values = {key: value for key, value in asdict(record).items() if key not in _DEFAULTS or value != _DEFAULTS[key]}
    values["at"], values["seconds"] = round(record.at, 3), round(record.seconds, 4)
    return json.dumps(values, separators=(",", ":")) + "\n"


def from_line(line: str) -> Record | None:
    """Return the record of a line, or None for a line cut short by the end of a probe."""
    try:
        return Record(**json.loads(line))
    except (ValueError, TypeError):
        return None


@dataclass
class Totals:
    """What one API did so far."""

    requests: int = 0
    failed: int = 0
    longest_stall_s: float = 0.0


class Recorder:
    """Writes records; safe to call from several threads. ``clock`` returns seconds since the epoch."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._file = (folder / RECORDS_NAME).open("a", buffering=1, encoding="utf-8")
        self._totals: dict[str, Totals] = {}
        self._recent: dict[str, list[float]] = {}
        self._waiting: dict[int, tuple[str, str, float]] = {}
        self._given_up: set[int] = set()

    def begin(self, api: str, op: str, at: float) -> None:
        """Note that the calling thread waits for an answer since ``at``."""
        with self._lock:
            self._waiting[threading.get_ident()] = (api, op, at)

    def begin_phase(self, phase: str) -> None:
        """Note that a phase of the probe begins now."""
        self.add(Record(self._clock(), "", phase, 0.0, 0, True, kind="phase"))

    def add(self, record: Record) -> None:
        """Write one record; left out are one that comes after the recorder was closed, and a request's that was given
        up before."""
        with self._lock:
            self._waiting.pop(threading.get_ident(), None)
            if record.kind == "request" and threading.get_ident() in self._given_up:
                self._given_up.discard(threading.get_ident())
                return
            self._write(record)

    def give_up(self, after_s: float) -> None:
        """Write down as failed what has waited for its answer so long; an answer that still comes is left out."""
        now = self._clock()
        with self._lock:
            for thread, (api, op, at) in list(self._waiting.items()):
                if now - at >= after_s:
                    del self._waiting[thread]
                    self._given_up.add(thread)
                    self._write(Record(at, api, op, now - at, 0, False, f"no answer yet after {now - at:.0f} s"))

    def _write(self, record: Record) -> None:
        if self._file.closed:
            return
        self._file.write(to_line(record))
        if record.kind in ("request", "outcome"):
            self._count(record)

    def _count(self, record: Record) -> None:
        totals = self._totals.setdefault(record.api, Totals())
        if record.kind == "request":
            totals.requests += 1
            totals.longest_stall_s = max(totals.longest_stall_s, record.seconds - record.own_s)
            self._recent.setdefault(record.api, []).append(record.at)
        if not record.is_ok:
            totals.failed += 1

    def write_now(self, state: str, message: str = "") -> None:
        """Replace ``now.json``: ``state`` is setup, asking, ending or ended, ``message`` why."""
        now = self._clock()
        with self._lock:
            document = {
                "pid": os.getpid(),
                "at": now,
                "state": state,
                "message": message,
                "apis": {api: self._now(api, totals, now) for api, totals in self._totals.items()},
            }
        temporary = self._folder / f".{NOW_NAME}.{os.getpid()}"
        temporary.write_text(json.dumps(document), encoding="utf-8")
        temporary.replace(self._folder / NOW_NAME)

    def _now(self, api: str, totals: Totals, now: float) -> dict[str, object]:
        recent = self._recent[api] = [at for at in self._recent.get(api, []) if at > now - RATE_OVER_S]
        waits = [now - since for waiting, _, since in self._waiting.values() if waiting == api]
        return {
            **asdict(totals),
            "per_second": round(len(recent) / RATE_OVER_S, 1),
            "waiting_s": round(max(waits, default=0.0), 1),
        }

    def close(self) -> None:
        """Close the file of records."""
        with self._lock:
            self._file.close()
