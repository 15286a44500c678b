"""A rehearsal as a document: what `ostler rehearse --json` writes. Published: docs/schemas/rehearsal.json.

Spans are seconds; None means that there is nothing to count or to read.
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from pydantic import Field

from ostler.planning.rehearsed import CommandRun, HopOutcome, Outcome, Rehearsal
from ostler.reporting.findings import finding_json
from ostler.reporting.report_model import Part

FORMAT: Final = 1


class FindingTold(Part):
    """Something that stands in the way, or is to be looked at."""

    code: str
    severity: str
    subject: str
    summary: str
    found: str
    expected: str
    do_next: str
    evidence: list[str]


class CommandDone(Part):
    """One command; ``release`` is that of the code that ran it, ``judged`` what the catalog says of its exit code;
    ``began`` in seconds since the epoch."""

    command: str
    kind: str
    release: str
    exit_code: int
    judged: str
    began: float
    seconds: float
    rows: int | None
    revisions: dict[str, list[str]] | None


class HopDone(Part):
    """What became of one project on one hop."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    project: str
    outcome: Outcome
    seconds: float
    commands: list[CommandDone]
    findings: list[FindingTold]


class RehearsalDone(Part):
    """The whole rehearsal: hops in order, each with its projects."""

    format: Literal[1] = FORMAT
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    databases: list[str]
    is_fine: bool
    seconds: float
    hops: list[HopDone]


def rehearsal_json(rehearsal: Rehearsal) -> dict[str, Any]:
    """The document of a rehearsal."""
    document = RehearsalDone.model_validate(
        {
            "from": rehearsal.source,
            "to": rehearsal.target,
            "databases": list(rehearsal.databases),
            "is_fine": rehearsal.is_fine,
            "seconds": rehearsal.seconds,
            "hops": [_hop(hop) for hop in rehearsal.hops],
        }
    )
    return document.model_dump(mode="json", by_alias=True)


def rehearsal_schema() -> str:
    """The published JSON Schema of the document."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RehearsalDone.model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _hop(hop: HopOutcome) -> HopDone:
    return HopDone.model_validate(
        {
            "from": hop.source,
            "to": hop.target,
            "project": hop.project,
            "outcome": hop.outcome,
            "seconds": round(hop.seconds, 3),
            "commands": [_command(command) for command in hop.commands],
            "findings": [finding_json(finding) for finding in hop.findings],
        }
    )


def _command(run: CommandRun) -> CommandDone:
    revisions = None if run.revisions is None else {name: list(found) for name, found in run.revisions.items()}
    return CommandDone(
        command=run.words,
        kind=run.kind,
        release=run.release,
        exit_code=run.exit_code,
        judged=run.judged,
        began=run.began,
        seconds=run.seconds,
        rows=run.rows,
        revisions=revisions,
    )
