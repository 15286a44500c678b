"""The engine: durable lanes on DBOS. Small enough to replace; nothing else in Ostler knows DBOS.

A lane is one workflow with a deterministic id, a step one checkpoint in it. The journal, not the engine, is the record
of truth; what DBOS adds is that each lane has exactly one runner and goes on where it was after a kill, on this
machine or, with PostgreSQL, on another one.

Rules kept here, each against a trap that was reproduced: lanes are started by the caller in the order of the frozen
plan, never by DBOS; (step id, digest) is in every checkpoint and checked against the plan; the application version is
pinned; SQLite gets our own engine and payloads are JSON; every process is an executor of its own name, so that launch
recovers nothing by itself: whoever holds the cloud's lock resumes, lane by lane; imported only when a run begins.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from typing import Any, Protocol

import sqlalchemy as sa

from ostler.execution.database import JournalUnwritable, sqlite_engine
from ostler.execution.home import Home
from ostler.masking import mask_output

APPLICATION_VERSION = "ostler-engine-1"
"""Raised only when a lane in flight could not be gone on with by the new code."""

POLL_S = 0.05
UNFINISHED = ("PENDING", "ENQUEUED", "DELAYED", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


class Lanes(Protocol):
    """What the engine runs."""

    def begin(self, stage: str, lane: str) -> list[tuple[str, str]]:
        """Return the lane's steps as (id, digest)."""

    def wants_stop(self, step: str) -> bool:
        """Whether the lane should stop before a step."""

    def run_step(self, step: str) -> dict[str, Any]:
        """Run a step; returns plain data with `step`, `digest` and `is_good`; never raises."""

    def end(self, stage: str, lane: str, result: str) -> str:
        """Close the lane with `done`, `failed` or `stopped`; returns the result that stands."""


class Engine(Protocol):
    """Runs lanes durably."""

    def run_lane(self, stage: str, lane: str, attempt: int) -> str:
        """Run one attempt of a lane, or go on with it, and return its result when it ended: what `Lanes.end` returned,
        or `broken` for one that an earlier process could not end in order."""

    def close(self) -> None:
        """Let go of everything."""


_lanes_of: dict[str, Lanes] = {}
_only_one = threading.Lock()


def _run_lane(run: str, stage: str, lane: str) -> str:
    """The workflow. What it does depends on nothing but its checkpoints, the frozen plan and `wants_stop`."""
    from dbos import DBOS

    lanes = _lanes_of[run]
    result = "done"
    for step, digest in lanes.begin(stage, lane):
        if lanes.wants_stop(step):
            result = "stopped"
            break
        told = DBOS.run_step({"name": "step"}, lanes.run_step, step)
        if (told["step"], told["digest"]) != (step, digest) or not told["is_good"]:
            result = "failed"
            break
    return lanes.end(stage, lane, result)


class JsonSerializer:
    """Payloads as JSON; errors as their text."""

    def serialize(self, data: Any) -> str:
        """Any plain data, or an error, as JSON."""
        return json.dumps(data, default=lambda other: {"error": f"{type(other).__name__}: {other}"})

    def deserialize(self, serialized_data: str) -> Any:
        """What was serialized; an error comes back as RuntimeError."""
        data = json.loads(serialized_data)
        return RuntimeError(data["error"]) if isinstance(data, dict) and set(data) == {"error"} else data

    def name(self) -> str:
        """How DBOS marks rows written so."""
        return "ostler_json"


class DbosEngine:
    """The engine on DBOS. One at a time in a process, since DBOS is one per process.

    Raises JournalUnwritable when its queue cannot be opened.
    """

    def __init__(self, home: Home, run: str, lanes: Lanes, database_url: str | None = None) -> None:
        _only_one.acquire()
        self._run = run
        _lanes_of[run] = lanes
        self._where = "in PostgreSQL"
        try:
            database = None if database_url else sqlite_engine(home.run_folder(run) / "engine.sqlite")
            if database is not None:
                self._where = str(database.url.database)
            _launch(run, database, database_url)
        except Exception as error:
            self.close()
            raise self._unusable(error) from error

    def run_lane(self, stage: str, lane: str, attempt: int) -> str:
        """Run one attempt of a lane: start it, go on with it where a killed process left it, or return its result.

        Raises JournalUnwritable when the queue cannot be written.
        """
        name = f"{self._run}/{stage}/{lane}" + (f"~{attempt}" if attempt > 1 else "")
        try:
            return self._result_of(name, stage, lane)
        except Exception as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> JournalUnwritable:
        return JournalUnwritable(
            "execution.engine-failed",
            f"the engine's queue {self._where} cannot be used: {mask_output(str(error))}",
            do_next="free space on that disk (or repair it), then `ostler resume`",
        )

    def _result_of(self, name: str, stage: str, lane: str) -> str:
        from dbos import DBOS, SetWorkflowID

        status = DBOS.get_workflow_status(name)
        if status is None:
            with SetWorkflowID(name):
                handle = DBOS.start_workflow(_workflow(), self._run, stage, lane)
        elif status.status in UNFINISHED:
            handle = DBOS.resume_workflow(name)
        elif status.status == "ERROR":
            return "broken"
        else:
            handle = DBOS.retrieve_workflow(name)
        return str(handle.get_result(polling_interval_sec=POLL_S))

    def close(self) -> None:
        """Stop DBOS and end its connections; lanes that still run are left as if the process had been killed."""
        from dbos import DBOS

        try:
            DBOS.destroy()
            _lanes_of.pop(self._run, None)
        finally:
            _only_one.release()


def _workflow() -> Any:
    """The registered workflow; registered once per process, under a name that never changes."""
    from dbos import DBOS

    global _registered
    if _registered is None:
        _registered = DBOS.workflow(name="ostler.lane")(_run_lane)
    return _registered


_registered: Any = None


def _launch(run: str, database: sa.Engine | None, url: str | None) -> None:
    from dbos import DBOS

    logging.getLogger("dbos").addHandler(logging.NullHandler())
    _workflow()
    config: dict[str, Any] = {
        "name": "ostler",
        # With the run in it, so that on a shared PostgreSQL no process takes up a lane of another run.
        "application_version": f"{APPLICATION_VERSION}/{run}",
        "executor_id": f"{socket.gethostname()}:{os.getpid()}",
        "serializer": JsonSerializer(),
        "log_level": "CRITICAL",
        "enable_otlp": False,
        "notification_listener_polling_interval_sec": POLL_S,
        "system_database_url": url if database is None else database.url.render_as_string(),
    }
    if database is not None:
        config["system_database_engine"] = database
    DBOS(config=config)  # type: ignore[arg-type]
    DBOS.launch()
