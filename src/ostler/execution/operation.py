"""What a run on a real cloud is carried out with: its proofs, its probe, and the archives it sends.

The probe is a process of its own; it starts when the run does (the run's folder is known then), and stops when the
run's process ends.
"""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud
from ostler.environments.store import EnvironmentStore
from ostler.errors import InputError, OstlerError
from ostler.execution.events import Event, ProbeSeen, RunStarted
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.means import Means
from ostler.execution.probe import ProbeProcess, current_lines, over_budget
from ostler.execution.probe.backends import backends_of
from ostler.execution.probe.process import seen_now
from ostler.execution.proofs.model import ProofContext, ProofResult
from ostler.execution.proofs.registry import prove
from ostler.remote.protocol import Api, Transport

PROBE_FOLDER = "probe"
PROBE_AGAIN_S = 10.0
PROBE_LAST_CHANCE_S = 60.0
"""How long the proofs wait for a probe that could not begin before: the APIs answer by then."""


class Operation:
    """One process that carries a run out. Give `means` and `listener` to `runs.apply` or `runs.resume`; `close` it.

    `with_probe`: ask every API all the while; `max_failed`: the run pauses when more requests than that failed (None:
    never, since its plan takes the APIs away).
    """

    def __init__(
        self,
        cloud: Cloud,
        transport: Transport,
        api: Api | None,
        means: Means,
        *,
        with_probe: bool,
        max_failed: int | None,
    ) -> None:
        self._cloud, self._transport, self._api = cloud, transport, api
        self._with_probe, self._max_failed = with_probe, max_failed
        self._home: Home = means.home
        self._probe: ProbeProcess | None = None
        self._run = ""
        self._began_at = 0.0
        self._lock = threading.Lock()
        self._is_closed = threading.Event()
        self._waking: threading.Thread | None = None
        self._why_not = ""
        self.means = dataclasses.replace(
            means,
            prove=self._prove,
            find_archive=self._find_archive,
            pause_when=self._pause,
            look_at_probe=self._look_at_probe,
        )

    def listener(self, at: float, event: Event) -> None:
        """Learn which run it is when it starts, and start its probe."""
        if isinstance(event, RunStarted):
            with self._lock:
                self._run, self._began_at = event.run, self._began(event.run)
                if not self._with_probe or self._probe is not None or self._waking is not None:
                    return
                if self._max_failed is None and self._has_begun(event.run):
                    self._waking = threading.Thread(target=self._start_when_it_can, daemon=True)
                    self._waking.start()
                else:
                    self._probe = self._start_probe()

    def probe_lines(self) -> list[str]:
        """What the probe sees now, a line per API, or that it ended; empty without one."""
        if self._probe is None:
            return [] if self._waking is None else [f"probe: does not ask yet {self._why_not}".rstrip()]
        return [self._ended()] if not self._probe.is_alive() else list(current_lines(self._probe_folder).values())

    def close(self) -> None:
        """Stop the probe; it deletes what it made."""
        self._is_closed.set()
        if self._waking is not None:
            self._waking.join()
        if self._probe is not None:
            self._probe.stop()
            self._probe = None

    @property
    def _folder(self) -> Path:
        return self._home.run_folder(self._run)

    @property
    def _probe_folder(self) -> Path:
        return self._folder / PROBE_FOLDER

    def _began(self, run: str) -> float:
        journal = Journal(self._home)
        try:
            return journal.runs.get(run).began_at
        finally:
            journal.close()

    def _start_when_it_can(self) -> None:
        """Where the plan takes the APIs away they may be away when the run goes on: it does not wait for its probe."""
        while not self._is_closed.is_set():
            try:
                self._probe = self._start_probe(self._is_closed)
                return
            except OstlerError as error:
                self._why_not = f"({error.found or error.summary})"
            except OSError as error:
                self._why_not = f"({error.strerror})"
            self._is_closed.wait(PROBE_AGAIN_S)

    def _start_probe(self, is_unwanted: threading.Event | None = None) -> ProbeProcess:
        if self._cloud.api is None:
            raise InputError(
                "probe.no-credentials",
                "the probe needs credentials for the cloud's APIs, and the cloud file names none",
                do_next="add `api:` with clouds_yaml and cloud to the cloud file, or run with --no-probe",
            )
        probe = ProbeProcess(
            self._cloud.api.clouds_yaml,
            self._cloud.api.cloud,
            self._probe_folder,
            self._run,
            backends=backends_of(self._cloud),
        )
        probe.start()
        try:
            probe.wait_until_asking(is_unwanted=is_unwanted)
        except OstlerError:
            probe.stop()
            raise
        return probe

    def _has_begun(self, run: str) -> bool:
        journal = Journal(self._home)
        try:
            return bool(journal.steps.last_outcomes(run))
        finally:
            journal.close()

    def _prove(self, cloud: Cloud, name: str, release: str) -> ProofResult:
        if self._waking is not None:
            self._waking.join(PROBE_LAST_CHANCE_S)
        context = ProofContext(
            cloud,
            self._transport,
            self._api,
            self._folder,
            self._began_at,
            probe_folder=self._probe_folder if self._probe_folder.exists() else None,
            is_probed=self._with_probe,
            max_failed=self._max_failed,
            clock=self.means.clock,
            catalog=load_catalog().reaching(cloud.release, release),
        )
        return prove(context, name, release)

    def _find_archive(self, project: str, release: str, sha256: str) -> Path:
        for stored in EnvironmentStore(self._cloud.environments.path).list(release):
            if stored.manifest.project == project and stored.manifest.sha256 == sha256:
                return stored.archive
        raise InputError(
            "environments.gone",
            f"the archive of {project} for {release} that the plan names is not in the store any more",
            expected=f"sha256 {sha256}",
            do_next=f"build it again (ostler env build {release}), or make the plan again",
        )

    def _pause(self) -> str | None:
        if self._probe is None or self._max_failed is None:
            return None
        if not self._probe.is_alive():
            return f"{self._ended()}; `ostler resume` starts it again"
        totals = self._probe.now().get("apis", {})
        if sum(api["failed"] for api in totals.values()) <= self._max_failed:
            return None
        return over_budget(self._probe.figures(), self._max_failed)

    def _look_at_probe(self) -> ProbeSeen | None:
        probe = self._probe
        if probe is None:
            return None if self._waking is None else ProbeSeen("waiting", self._why_not, {})
        seen = seen_now(probe.now())
        return seen if probe.is_alive() else dataclasses.replace(seen, state="ended", message=self._ended())

    def _ended(self) -> str:
        why = self._probe.why_ended() if self._probe is not None else "it was stopped"
        return f"the probe ended ({why}): what users see is not measured any more"
