"""A rehearsal as a document: what `ostler rehearse --json` and `--report` write, and `ostler upgrade --rehearsal`
reads. Published: docs/schemas/rehearsal.json.

Spans are seconds; None means that there is nothing to count or to read.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from ostler.errors import Severity
from ostler.planning.rehearsed import (
    Beginning,
    CommandRun,
    DiskTaken,
    HopOutcome,
    Outcome,
    PutBack,
    Rehearsal,
    ServerThere,
    believed,
)
from ostler.reporting.findings import finding_json
from ostler.reporting.report_model import Part

FORMAT: Final = 3
"""2: with how the copy was when it began, and what each command came to (2026-11-26). 3: with the disk that the
databases took, what was found in their rows, what was put back before a fix, the cloud they are for (2026-11-27)."""

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Duration = Annotated[float, Field(gt=0, allow_inf_nan=False)]
FindingCode = Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$", max_length=200)]
Bytes = Annotated[int, Field(ge=0)]


class FindingTold(Part):
    """Something that stands in the way, or is to be looked at."""

    code: FindingCode
    severity: Severity
    subject: str
    summary: str
    found: str
    expected: str
    do_next: str
    evidence: list[str]


class PutBackDone(Part):
    """That a project's databases were put back to before a command that failed, since it had changed ``tables`` (as
    DATABASE.TABLE); the ``seconds`` that took are in those of no command."""

    tables: list[str]
    seconds: Seconds


class CommandDone(Part):
    """One command; ``release`` is that of the code that ran it, ``judged`` what the catalog says of its exit code;
    ``began`` in seconds since the epoch; ``estimated_s`` what it takes on the cloud, None where nobody can tell, and
    for what changes no database; ``codes`` are those of its findings, which stand first among those of the hop,
    in the order of the commands. Of one that was run again after a fix all this tells of the last time, and
    ``put_back`` what came before that (null: nothing had to be put back)."""

    command: str
    kind: str
    release: str
    exit_code: int
    judged: str
    outcome: Outcome
    began: Seconds
    seconds: Seconds
    estimated_s: Seconds | None = None
    rows: int | None
    revisions: dict[str, list[str]] | None
    codes: list[str]
    put_back: PutBackDone | None = None


class HopDone(Part):
    """What became of one project on one hop."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    project: str
    outcome: Outcome
    seconds: Seconds
    commands: list[CommandDone]
    findings: list[FindingTold]


class SpeedMeasured(Part):
    """How long the server with the copy took for a fixed piece of work that writes nothing: the fact
    ``databases.speed`` tells the same of a cloud."""

    cpu_s: Duration
    rows_s: Duration


class BeginningSeen(Part):
    """How the copy was before anything was run on it: ``at`` in seconds since the epoch, by database its revisions and
    its bytes; how fast its server read, and the seconds it took for a fixed piece of work that writes."""

    at: Seconds
    schema_: dict[str, list[str]] = Field(alias="schema")
    bytes: dict[str, Bytes]
    speed: SpeedMeasured
    writes_s: Seconds


class ServerSeen(Part):
    """The database server of the cloud that the rehearsal is for: how fast it read, asked in the same run, None where
    it could not be, for ``reason``; ``factor`` is by which times of the rehearsal are multiplied for it."""

    cloud: str
    speed: SpeedMeasured | None
    reason: str
    factor: Duration | None


class DiskSeen(Part):
    """Bytes that the files of the databases took: before the first command, at most on the way, after the last one."""

    before: Bytes
    most: Bytes
    after: Bytes


class RehearsalDone(Part):
    """The whole rehearsal: hops in order, each with its projects; ``data`` is what was found in the rows of the copy,
    before anything was run on it; ``there`` is None where no cloud was named."""

    format: Literal[3] = FORMAT
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    databases: list[str]
    is_fine: bool
    seconds: Seconds
    beginning: BeginningSeen
    disk: DiskSeen
    there: ServerSeen | None = None
    data: list[FindingTold]
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
            "beginning": _beginning(rehearsal.beginning),
            "disk": _disk(rehearsal.disk),
            "there": _there(rehearsal.there, rehearsal.measured) if rehearsal.there else None,
            "data": [finding_json(finding) for finding in rehearsal.data],
            "hops": [_hop(rehearsal, hop) for hop in rehearsal.hops],
        }
    )
    return document.model_dump(mode="json", by_alias=True)


def rehearsal_schema() -> str:
    """The published JSON Schema of the document."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RehearsalDone.model_json_schema(mode="serialization", by_alias=True),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _beginning(beginning: Beginning) -> BeginningSeen:
    speed = beginning.speed
    return BeginningSeen.model_validate(
        {
            "at": beginning.at,
            "schema": {name: list(found) for name, found in beginning.schema.items()},
            "bytes": dict(beginning.bytes),
            "speed": SpeedMeasured(cpu_s=speed.cpu_s, rows_s=speed.rows_s),
            "writes_s": beginning.writes_s,
        }
    )


def _there(there: ServerThere, measured: float | None) -> ServerSeen:
    speed = there.speed
    return ServerSeen(
        cloud=there.cloud,
        speed=SpeedMeasured(cpu_s=speed.cpu_s, rows_s=speed.rows_s) if speed else None,
        reason=there.reason,
        factor=None if measured is None else round(believed(measured), 3),
    )


def _disk(disk: DiskTaken) -> DiskSeen:
    return DiskSeen(before=disk.before, most=disk.most, after=disk.after)


def _hop(rehearsal: Rehearsal, hop: HopOutcome) -> HopDone:
    return HopDone.model_validate(
        {
            "from": hop.source,
            "to": hop.target,
            "project": hop.project,
            "outcome": hop.outcome,
            "seconds": round(hop.seconds, 3),
            "commands": [_command(rehearsal, command) for command in hop.commands],
            "findings": [finding_json(finding) for finding in hop.findings],
        }
    )


def _command(rehearsal: Rehearsal, run: CommandRun) -> CommandDone:
    estimated_s = rehearsal.estimate_s(run)
    revisions = None if run.revisions is None else {name: list(found) for name, found in run.revisions.items()}
    return CommandDone(
        command=run.words,
        kind=run.kind,
        release=run.release,
        exit_code=run.exit_code,
        judged=run.judged,
        outcome=run.outcome,
        began=run.began,
        seconds=run.seconds,
        estimated_s=None if estimated_s is None else round(estimated_s, 3),
        rows=run.rows,
        revisions=revisions,
        codes=[finding.code for finding in run.findings],
        put_back=_put_back(run.put_back),
    )


def _put_back(put_back: PutBack | None) -> PutBackDone | None:
    return None if put_back is None else PutBackDone(tables=list(put_back.tables), seconds=put_back.seconds)
