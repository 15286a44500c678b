"""What a proof is given, and how it comes out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ostler.catalog import Catalog, load_catalog
from ostler.cloud.model import Cloud
from ostler.errors import InputError
from ostler.execution.clock import Clock
from ostler.execution.reading import Values, read_facts
from ostler.facts.model import FactRequest, JsonValue, Unknown
from ostler.remote.protocol import Api, Transport

PROOF_PREFIX = "ostler-proof-"
"""Every object a proof makes has a name that begins so."""


@dataclass(frozen=True)
class ProofContext:
    """The cloud that is looked at, and what the run knows of it.

    ``folder`` is where proofs keep what they found (one JSON file each) and the inventory; ``began_at`` is when the
    run began (epoch); ``probe_folder`` is where the run's probe writes (None: there is none); ``is_probed`` whether
    that probe should be asking now; ``max_failed`` is its failure budget (None: the plan takes the APIs away, so that
    failures are told and not judged).
    """

    cloud: Cloud
    transport: Transport
    api: Api | None
    folder: Path
    began_at: float
    probe_folder: Path | None = None
    is_probed: bool = True
    max_failed: int | None = 0
    clock: Clock = field(default_factory=Clock)
    catalog: Catalog = field(default_factory=load_catalog)
    read: Callable[[Cloud, Transport, Api | None, Iterable[FactRequest]], Values] = read_facts

    def at(self, release: str) -> ProofContext:
        """Return the same cloud, taken to be at ``release``: facts then ask for that release's services."""
        return dataclasses.replace(self, cloud=dataclasses.replace(self.cloud, release=release))

    def facts(self, *requests: FactRequest) -> Mapping[FactRequest, JsonValue | Unknown]:
        """Read facts now."""
        return self.read(self.cloud, self.transport, self.api, requests)

    def need_api(self) -> Api:
        """Return the API client. Raises InputError when the cloud file names no credentials."""
        if self.api is None:
            raise InputError(
                "proofs.no-credentials",
                "this proof uses the cloud's APIs, and the cloud file names no credentials for them",
                do_next="add `api:` with clouds_yaml and cloud to the cloud file",
            )
        return self.api


@dataclass(frozen=True)
class Row:
    """One line of a proof's table."""

    name: str
    ok: bool
    detail: str
    seconds: float = 0.0


@dataclass(frozen=True)
class ProofResult:
    """How a proof came out. ``rows`` is its table; ``data`` is more of what was seen, as plain data, for the report;
    ``at`` is when it began (epoch); ``is_tried`` is False where there was nothing to prove, as ``detail`` says."""

    name: str
    ok: bool
    detail: str
    seconds: float = 0.0
    rows: tuple[Row, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    release: str = ""
    at: float = 0.0
    is_tried: bool = True


Proof = Callable[[ProofContext, str], ProofResult]
"""Looks at the cloud and says whether it is as it should be at a release; an OstlerError it raises is a failure."""


def from_rows(name: str, rows: Iterable[Row], good: str, **data: Any) -> ProofResult:
    """Return the result of a table: it holds when every row does; ``good`` is what is said then."""
    all_rows = tuple(rows)
    bad = [row for row in all_rows if not row.ok]
    detail = good if not bad else "; ".join(f"{row.name}: {row.detail}" for row in bad[:5])
    more = f"; and {len(bad) - 5} more" if len(bad) > 5 else ""
    return ProofResult(name, not bad, detail + more, rows=all_rows, data=data)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless there is one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}{'es' if noun.endswith('s') else 's'}"
