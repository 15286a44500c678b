"""Reads a rehearsal back from its document. Pure; the document is somebody's file, and nothing in it is believed that
its schema does not say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from pydantic import ValidationError

from ostler.errors import Finding, InputError
from ostler.facts.speed import Speed
from ostler.planning.rehearsed import Beginning, CommandRun, DiskTaken, HopOutcome, PutBack, Rehearsal, ServerThere
from ostler.reporting.findings import one_line
from ostler.reporting.rehearsal_document import (
    FORMAT,
    BeginningSeen,
    CommandDone,
    FindingTold,
    HopDone,
    PutBackDone,
    RehearsalDone,
    ServerSeen,
)

AGAIN = "rehearse again with this version of Ostler: ostler rehearse --to RELEASE --live --report FILE"


def rehearsals_from_json(text: str, file: str) -> tuple[Rehearsal, ...]:
    """The rehearsals in a document: one, or a list of several. `file` is what it is called in messages.

    Raises InputError for text that is no JSON, another format, or what does not follow the schema.
    """
    try:
        document = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError(
            "rehearsal.not-json",
            f"{file} is no rehearsal file: {one_line(str(error))[:200]}",
            expected="what ostler rehearse --report wrote (to a file that does not end with .html)",
            do_next="name that file, or make one: ostler rehearse --to RELEASE --live --report FILE",
        ) from None
    documents = document if isinstance(document, list) and document else [document]
    return tuple(_one(each, file) for each in documents)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _one(document: Any, file: str) -> Rehearsal:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format", "no format") if isinstance(document, dict) else "no rehearsal"
        raise InputError(
            "rehearsal.other-format",
            f"{file} has a format this Ostler cannot plan with",
            found=one_line(str(found))[:40],
            expected=str(FORMAT),
            do_next=AGAIN,
        )
    try:
        done = RehearsalDone.model_validate(document)
        return Rehearsal(
            source=one_line(done.source),
            target=one_line(done.target),
            databases=tuple(map(one_line, done.databases)),
            hops=tuple(_hop(hop) for hop in done.hops),
            seconds=done.seconds,
            beginning=_beginning(done.beginning),
            data=tuple(map(_finding, done.data)),
            there=_there(done.there) if done.there else None,
            disk=DiskTaken(done.disk.before, done.disk.most, done.disk.after),
        )
    except ValueError as error:
        raise InputError(
            "rehearsal.damaged",
            f"{file} does not follow the schema of rehearsals",
            found=_where(error),
            do_next=AGAIN,
        ) from None


def _where(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return one_line(str(error))
    first = error.errors(include_url=False, include_input=False)[0]
    return one_line(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")[:200]


def _beginning(seen: BeginningSeen) -> Beginning:
    return Beginning(
        at=seen.at,
        schema={one_line(name): tuple(map(one_line, found)) for name, found in seen.schema_.items()},
        bytes={one_line(name): size for name, size in seen.bytes.items()},
        speed=Speed(seen.speed.cpu_s, seen.speed.rows_s),
        writes_s=seen.writes_s,
    )


def _there(seen: ServerSeen) -> ServerThere:
    speed = seen.speed
    return ServerThere(
        cloud=one_line(seen.cloud),
        speed=Speed(speed.cpu_s, speed.rows_s) if speed else None,
        reason=one_line(seen.reason),
    )


def _hop(hop: HopDone) -> HopOutcome:
    """Raises ValueError when the findings are not those that the commands name."""
    findings = iter([_finding(told) for told in hop.findings])
    commands = tuple(_command(command, findings) for command in hop.commands)
    return HopOutcome(
        source=one_line(hop.source),
        target=one_line(hop.target),
        project=one_line(hop.project),
        outcome=hop.outcome,
        commands=commands,
        others=tuple(findings),
    )


def _command(done: CommandDone, findings: Iterator[Finding]) -> CommandRun:
    revisions = done.revisions
    return CommandRun(
        words=one_line(done.command),
        kind=one_line(done.kind),
        release=one_line(done.release),
        exit_code=done.exit_code,
        judged=one_line(done.judged),
        began=done.began,
        seconds=done.seconds,
        outcome=done.outcome,
        rows=done.rows,
        revisions=None if revisions is None else {one_line(k): tuple(map(one_line, v)) for k, v in revisions.items()},
        findings=tuple(_of_codes(done.codes, findings)),
        put_back=_put_back(done.put_back),
    )


def _put_back(done: PutBackDone | None) -> PutBack | None:
    return None if done is None else PutBack(tuple(map(one_line, done.tables)), done.seconds)


def _of_codes(codes: Sequence[str], findings: Iterator[Finding]) -> Iterator[Finding]:
    for code in codes:
        finding = next(findings, None)
        if finding is None or finding.code != one_line(code):
            raise ValueError(f"the finding {one_line(code)} of a command is not among those of its hop")
        yield finding


def _finding(told: FindingTold) -> Finding:
    return Finding(
        code=told.code,
        severity=told.severity,
        subject=one_line(told.subject),
        summary=one_line(told.summary),
        found=one_line(told.found),
        expected=one_line(told.expected),
        do_next=one_line(told.do_next),
        evidence=tuple(map(one_line, told.evidence)),
    )
