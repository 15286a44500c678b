"""The probe's work from beginning to end: set up, ask, clean up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ostler.errors import AccessDenied, OstlerError
from ostler.execution.probe.asking import Asker
from ostler.execution.probe.credentials import Credentials
from ostler.execution.probe.cycles import CYCLES, cycle_on
from ostler.execution.probe.direct import DIRECT_THREADS, DIRECT_TIMEOUT_S, Backend, ask_directly, backend_pace
from ostler.execution.probe.identity import Identity
from ostler.execution.probe.life import Life
from ostler.execution.probe.naming import is_left_behind, probe_prefix
from ostler.execution.probe.objects import OwnObjects, clean_up, make_objects
from ostler.execution.probe.pace import Pace
from ostler.execution.probe.reads import READ_EVERY_S, READERS_PER_API, READS, read_on
from ostler.execution.probe.records import ASKING, ENDING, Recorder
from ostler.execution.probe.wire import TIMEOUT_S, Wire

Task = Callable[[], None]

NOW_EVERY_S = 1.0
END_PATIENCE_S = 15.0
"""How long the probe waits for its threads when it ends; requests that were not answered in that time have failed."""


@dataclass(frozen=True)
class Work:
    """What a probe works on: the run it measures, where it writes, whom it asks."""

    run: str
    folder: Path
    credentials: Credentials
    backends: Sequence[Backend]


def probe(work: Work, life: Life) -> int:
    """Do the whole work; return 0, or 1 when the probe could not begin. What it made is deleted either way."""
    recorder = Recorder(work.folder, time.time)
    identity = Identity(work.credentials)
    asker = Asker(Wire(work.credentials.tls, is_kept=True), identity, recorder, time.time)
    prefix = probe_prefix(work.run)
    recorder.write_now("setup")
    message, code = "", 0
    try:
        log_in(asker)
        clean_up(asker, lambda name: is_left_behind(name, work.run), life.stop.is_set)
        own = make_objects(asker, prefix, life.stop.is_set)
        ask_until_stopped(work, life, identity, recorder, own)
    except OstlerError as error:
        message, code = error.summary, 1
    _tell(recorder, "ending", message or life.why)
    left = clean_up(asker, lambda name: name.startswith(prefix)) if identity.has_token else []
    _tell(recorder, "ended", "; ".join(filter(None, [message or life.why, *(f"left behind: {it}" for it in left)])))
    asker.wire.close()
    recorder.close()
    return code


def _tell(recorder: Recorder, state: str, message: str) -> None:
    """Last words; a disk that is full keeps nobody from cleaning up."""
    with suppress(OSError):
        recorder.write_now(state, message)


def log_in(asker: Asker) -> None:
    """Get the first token. Raises AccessDenied when the cloud gives none."""
    if asker.ask_token() is None:
        raise AccessDenied(
            "probe.no-token",
            "the identity API gave the probe no token",
            do_next="check the cloud's entry in clouds.yaml, and whether the identity API answers",
        )


def ask_until_stopped(work: Work, life: Life, identity: Identity, recorder: Recorder, own: OwnObjects) -> None:
    """Let all threads ask until the probe's life ends."""
    crew = Crew(work, identity, recorder, life.stop)
    tasks = [*crew.reading(own), *crew.writing(own), *crew.asking_directly()]
    threads = [threading.Thread(target=_guarded(task, life), daemon=True) for task in tasks]
    recorder.begin_phase(ASKING)
    for thread in threads:
        thread.start()
    while not life.stop.wait(NOW_EVERY_S):
        life.look()
        try:
            recorder.write_now("asking")
        except OSError as error:
            life.end(f"it cannot write down what it sees: {error.strerror}")
    recorder.begin_phase(ENDING)
    patience = time.monotonic() + END_PATIENCE_S
    for thread in threads:
        thread.join(max(0.0, patience - time.monotonic()))
    recorder.give_up(END_PATIENCE_S)
    for wire in crew.wires:
        wire.close()


class Crew:
    """What the threads do, each with a wire of its own."""

    def __init__(self, work: Work, identity: Identity, recorder: Recorder, stop: threading.Event) -> None:
        self._work, self._identity, self._recorder, self._stop = work, identity, recorder, stop
        self.wires: list[Wire] = []

    def reading(self, own: OwnObjects) -> Iterator[Task]:
        """Several readers per API, half of which keep their connection alive."""
        for api in READS:
            pace = Pace(READ_EVERY_S)
            for number in range(READERS_PER_API):
                yield partial(read_on, api, self._asker(is_kept=number % 2 == 0), own, pace, self._stop)

    def writing(self, own: OwnObjects) -> Iterator[Task]:
        """One thread per cycle."""
        for number, (cycle, every_s) in enumerate(CYCLES):
            yield partial(cycle_on, cycle, every_s, self._asker(is_kept=number % 2 == 0), own, self._stop)

    def asking_directly(self) -> Iterator[Task]:
        """A few threads for all APIs on all controllers."""
        backends = self._work.backends
        if backends:
            pace = backend_pace(backends)
            for _ in range(DIRECT_THREADS):
                wire = self._wire(is_kept=False, timeout_s=DIRECT_TIMEOUT_S)
                yield partial(ask_directly, backends, wire, self._recorder, time.time, pace, self._stop)

    def _asker(self, *, is_kept: bool) -> Asker:
        return Asker(self._wire(is_kept=is_kept, timeout_s=TIMEOUT_S), self._identity, self._recorder, time.time)

    def _wire(self, *, is_kept: bool, timeout_s: float) -> Wire:
        self.wires.append(Wire(self._work.credentials.tls, is_kept=is_kept, timeout_s=timeout_s))
        return self.wires[-1]


def _guarded(task: Task, life: Life) -> Task:
    """A thread that dies of a bug must not make the cloud look well: it ends the probe, loudly."""

    def run() -> None:
        try:
            task()
        except Exception as error:
            life.end(f"a fault of the probe itself: {type(error).__name__}: {error}")
            raise

    return run
