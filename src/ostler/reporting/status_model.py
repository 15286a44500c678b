"""The status of a cloud as one document: what stands behind the text and the JSON of `ostler status`. Published:
docs/schemas/status.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from ostler.errors import Finding, Severity

STATUS_FORMAT = 1
"""Raised when a reader of the JSON would have to change."""

NOTHING_TO_SAY = "ok"
OTHER_PATH = "other path"
"""The word for a service that is well, but whose code lies where Ostler cannot tell its version."""


class Link(StrEnum):
    """How a service is connected to the message broker or the database."""

    CONNECTED = "connected"
    NONE = "none"
    """It should be connected all the time, and is not."""
    IDLE = "idle"
    """Not connected now; it connects when a request needs it."""
    UNUSED = "unused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ServiceState:
    """One service on one host.

    `unit` is systemd's word, "missing" when there is no such unit, "unknown" when the host could not be asked.
    `version` and `environment` are those its processes run from (None: not known, or not one); `release` is the one
    that version belongs to. `answers` is the HTTP status on the host's own address (0: no answer), `balancers` what
    each load balancer thinks of it; both are empty for what serves no HTTP. `word` is its state in one word, "ok"
    when nothing is wrong with it, "other path" when all that is to say is that its code does not lie where Ostler
    knows it.
    """

    host: str
    project: str
    service: str
    unit: str
    version: str | None
    release: str | None
    environment: str | None
    executables: tuple[str, ...]
    answers: int | None
    answered_in_s: float | None
    balancers: Mapping[str, str]
    amqp: Link
    database: Link
    word: str

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.word in (NOTHING_TO_SAY, OTHER_PATH)


@dataclass(frozen=True)
class Part:
    """One cluster or kind of record: a line for people, and what was seen, by host or by record."""

    name: str
    says: str
    is_ok: bool
    seen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StatusDocument:
    """The status of a cloud. `at_vip` is the HTTP status of each API at the virtual address (empty: not asked);
    `findings` are everything wrong, the worst first."""

    cloud: str
    release: str
    taken_at: float
    hosts: tuple[str, ...]
    verdict: str
    services: tuple[ServiceState, ...]
    at_vip: Mapping[str, int]
    parts: tuple[Part, ...]
    findings: tuple[Finding, ...]
    format: int = STATUS_FORMAT

    @property
    def is_fine(self) -> bool:
        """Whether there is nothing an operator should look at."""
        return not any(finding.severity is not Severity.NOTE for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return the document as plain data."""
        return {"is_fine": self.is_fine, **asdict(self)}


def status_schema() -> str:
    """Return the JSON schema of `ostler status --json` as text."""
    from pydantic import TypeAdapter  # late: not needed to show a status

    schema = TypeAdapter(StatusDocument).json_schema(mode="serialization")
    schema["properties"]["is_fine"] = {"type": "boolean"}
    schema["required"] = ["is_fine", *schema["required"], "format"]
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
