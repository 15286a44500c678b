"""Starting, watching and stopping a probe, from the run's side."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostler.errors import OutsideError
from ostler.execution.events import ApiSeen, ProbeSeen
from ostler.execution.probe.direct import Backend, write_backends
from ostler.execution.probe.figures import Figures, figures
from ostler.execution.probe.identity import API_TYPES
from ostler.execution.probe.records import NOW_NAME

START_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 120.0
MAX_SECONDS = 30 * 24 * 3600.0
"""Longer than any run; the end of the process that started the probe ends it long before."""


class ProbeProcess:
    """One probe in its own process. It outlives neither the process that started it nor ``max_seconds``.

    ``run`` is part of the names of all it makes, so that the next probe of the same run finds what a killed one
    left. It is in a session of its own: Ctrl-C on a terminal does not reach it.
    """

    def __init__(
        self,
        clouds_yaml: Path,
        cloud: str,
        folder: Path,
        run: str,
        *,
        backends: Sequence[Backend] = (),
        max_seconds: float = MAX_SECONDS,
    ) -> None:
        self.folder = folder
        self._argv = [
            sys.executable, "-m", "ostler.execution.probe",
            "--clouds-yaml", str(clouds_yaml), "--cloud", cloud, "--out", str(folder), "--run", run,
            "--max-seconds", str(max_seconds), "--parent", str(os.getpid()),
        ]  # fmt: skip
        self._backends = backends
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the probe; it needs some seconds to make its own objects (see ``wait_until_asking``)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        argv = list(self._argv)
        if self._backends:
            write_backends(self.folder / "backends.json", self._backends)
            argv += ["--backends", str(self.folder / "backends.json")]
        with (self.folder / "probe.log").open("ab") as log:
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def wait_until_asking(self, timeout_s: float = START_TIMEOUT_S, is_unwanted: threading.Event | None = None) -> None:
        """Wait until the probe asks. Raises OutsideError `probe.did-not-start` with the probe's own reason, also when
        it is no longer wanted before that."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not (is_unwanted and is_unwanted.is_set()):
            now = self.now()
            if now.get("state") == "asking":
                return
            if not self.is_alive():
                break
            time.sleep(0.2)
        log = (self.folder / "probe.log").read_text(errors="replace").strip().splitlines()
        raise OutsideError(
            "probe.did-not-start",
            "the probe did not begin to ask the cloud's APIs",
            found=str(self.now().get("message") or (log[-1] if log else f"nothing within {timeout_s:.0f} s")),
            do_next=f"see {self.folder}/probe.log; `ostler status` shows which APIs answer",
        )

    def is_alive(self) -> bool:
        """Tell whether the probe's process runs."""
        return self._process is not None and self._process.poll() is None

    def why_ended(self) -> str:
        """Say why a probe that does not run any more ended: its last words, or how its process ended."""
        now = self.now()
        if now.get("state") in ("ending", "ended") and now.get("message"):
            return str(now["message"])
        return f"its process ended with {self._process.poll()}" if self._process is not None else "it was stopped"

    def now(self) -> dict[str, Any]:
        """Return the totals this probe wrote last; empty before the first."""
        document = read_now(self.folder)
        return document if self._process is not None and document.get("pid") == self._process.pid else {}

    def figures(self, since: float | None = None, until: float | None = None) -> Figures:
        """Add up what this and earlier probes in the folder saw."""
        return figures(self.folder, since, until)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> str:
        """Let the probe end and clean up, and return its last words; kill it when that takes too long."""
        if self._process is None:
            return ""
        if self.is_alive():
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return "did not end in time and was killed; its objects may be left behind"
        return str(self.now().get("message", ""))


def read_now(folder: Path) -> dict[str, Any]:
    """Return the totals a probe wrote last; empty when there are none."""
    try:
        document = json.loads((folder / NOW_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def seen_now(now: Mapping[str, Any]) -> ProbeSeen:
    """Return the totals a probe wrote last as an event."""
    apis = now.get("apis", {})
    seen = {
        api: ApiSeen(its["requests"], its["failed"], round(its["longest_stall_s"], 3), its["waiting_s"])
        for api, its in apis.items()
        if api in API_TYPES
    }
    return ProbeSeen(str(now.get("state", "setup")), str(now.get("message", "")), seen)


def current_lines(folder: Path) -> dict[str, str]:
    """Return one short text per API: the rate, failures of all requests, the longest stall, and what waits now; of a
    probe that does not ask, only that it does not."""
    now = read_now(folder)
    if not now:
        return {}
    if now.get("state") != "asking":
        return {"": f"probe: {now.get('state')} {now.get('message', '')}".strip()}
    apis = now.get("apis", {})
    return {api: _line(api, apis[api]) for api in API_TYPES if api in apis}


def _line(api: str, totals: dict[str, Any]) -> str:
    waiting = f", waiting {totals['waiting_s']:.0f} s" if totals["waiting_s"] >= 1 else ""
    return (
        f"{api} {totals['per_second']:.0f}/s {totals['failed']}/{totals['requests']} failed "
        f"≤{totals['longest_stall_s']:.1f}s{waiting}"
    )
