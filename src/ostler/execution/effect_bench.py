"""What the interpreters of effects share: the cloud, the ways to reach it, and the run's own places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ostler.cloud.model import Cloud
from ostler.errors import Finding
from ostler.execution.journal import Journal
from ostler.execution.means import Means
from ostler.execution.vault import Vault
from ostler.execution.waiting import Waiter
from ostler.facts.files import files_wanted
from ostler.facts.model import FactRequest, JsonValue, Unknown
from ostler.remote.protocol import Api, Transport


@dataclass(frozen=True)
class EffectResult:
    """What carrying out one effect came to: `text` for people (free of secrets); `is_change` False when everything was
    so already; `findings` to be recorded; `failure` the sentence that fails the step (None: it goes on);
    `is_in_doubt` that its end was not seen."""

    text: str
    is_change: bool = True
    findings: tuple[Finding, ...] = ()
    failure: str | None = None
    evidence: tuple[str, ...] = ()
    is_in_doubt: bool = False


@dataclass(frozen=True)
class Bench:
    """Where effects of one run are carried out. `accepted` are the finding codes the operator accepted."""

    run: str
    cloud: Cloud
    transport: Transport
    api: Api | None
    means: Means
    journal: Journal
    accepted: frozenset[str] = frozenset()
    is_abandoned: Callable[[], bool] = field(default=lambda: False)

    def on(self, cloud: Cloud) -> Bench:
        """The same for the cloud as a stage finds it."""
        return replace(self, cloud=cloud)

    @property
    def vault(self) -> Vault:
        """The run's saved bytes."""
        return Vault(self.journal.home, self.run, self.means.sealing)

    @property
    def received(self) -> Path:
        """The folder for large files fetched from hosts."""
        folder = self.journal.home.received(self.run)
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def waiter(self) -> Waiter:
        """Waits for facts."""
        return Waiter(self.read, self.means.clock, self.is_abandoned)

    def read(self, requests: Iterable[FactRequest]) -> Mapping[FactRequest, JsonValue | Unknown]:
        """Read facts of the cloud."""
        return self.means.read_facts(self.cloud, self.transport, self.api, list(requests))

    def files(self, host: str, *paths: str, limit_s: float | None = None) -> Mapping[str, Mapping[str, str]]:
        """What files on a host are now (the fact `host.files`, with its own limit when none is given). Raises
        CannotTell."""
        request = files_wanted(host, paths, limit_s)
        value = self.read([request])[request]
        if isinstance(value, Unknown):
            raise CannotTell(f"the files on {host} could not be read: {value.reason}")
        return dict(value)


class CannotTell(Exception):
    """A fact an effect depends on could not be read; nothing was changed."""
