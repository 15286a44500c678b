"""What the end of a command means: by the catalog's words for its exit code, the blockers it knows, and the tables that
status checks and row migrations print. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ostler.catalog.blocker import Blocker, Sign
from ostler.catalog.catalog import Catalog
from ostler.catalog.command import Meaning
from ostler.catalog.database import ROWS_MOVED
from ostler.commands import CommandResult
from ostler.errors import Finding, Severity
from ostler.execution.effect_judgement import judge_output
from ostler.execution.status_table import read_status_table
from ostler.facts.model import Unknown
from ostler.planning.rehearsed import Outcome
from ostler.rehearsal.sequence import Planned
from ostler.rehearsal.values import said_last, without_values

WITHOUT_ITS_SCHEMA = re.compile(r"\((?:1054|1146), |Unknown column|Table '[^']*' doesn't exist")
"""What MariaDB says to code that looks for a column or a table of a later schema."""


@dataclass(frozen=True)
class Judgement:
    """What a command came to; `again` says that it is to be run once more."""

    meaning: Meaning
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    again: bool = False


def judge(catalog: Catalog, planned: Planned, result: CommandResult) -> Judgement:
    """Judge one command by what it left."""
    output = output_of(result)
    meaning = planned.command.meaning(result.exit_code, planned.release, catalog.all_releases.order, output)
    if planned.kind == "check":
        return _check(catalog, planned, result, meaning)
    if meaning is Meaning.DONE:
        return Judgement(meaning, "ok")
    if meaning is Meaning.AGAIN and rows_moved(result.stdout):
        return Judgement(meaning, "ok", again=True)
    if meaning is Meaning.AGAIN:
        meaning = Meaning.STUCK  # the code of "some were moved", and none was: it would say so for ever
    return _ended_badly(catalog, planned, result, meaning)


def output_of(result: CommandResult) -> str:
    """All that a command wrote."""
    return result.stdout + result.stderr


def rows_moved(text: str) -> int:
    """How many rows the migrations of a command say they moved."""
    told = list(re.finditer(ROWS_MOVED, text))
    table = [line for line in told if line[0].startswith("|")]
    return sum(int(line[1]) for line in table or told)


def _check(catalog: Catalog, planned: Planned, result: CommandResult, meaning: Meaning) -> Judgement:
    if planned.is_early and not read_status_table(result.stdout) and WITHOUT_ITS_SCHEMA.search(output_of(result)):
        return Judgement(meaning, "ok", (_not_yet(planned, result),))
    unread = Unknown("a copy has no hosts")
    found = tuple(judge_output("the copy", planned.project.name, planned.release, result, lambda _: unread))
    if found and not read_status_table(result.stdout):
        is_known = all(finding.severity is not Severity.FAILURE for finding in found)
        return (
            Judgement(meaning, "ok", tuple(map(_for_a_copy, found)))
            if is_known
            else _ended_badly(catalog, planned, result, meaning)
        )
    is_blocked = any(finding.severity is Severity.FAILURE for finding in found)
    told = tuple(_known_verdict(catalog, planned, result, finding) or _for_a_copy(finding) for finding in found)
    return Judgement(meaning, "blocked" if is_blocked else "ok", told)


def _known_verdict(catalog: Catalog, planned: Planned, result: CommandResult, finding: Finding) -> Finding | None:
    """What the catalog knows of a failure that a check tells of; None when it knows nothing."""
    if finding.severity is not Severity.FAILURE:
        return None
    shown = (b for b in _blockers(catalog, planned) if _shows(b, planned, result.exit_code, finding.summary))
    known = next((blocker for blocker in shown if blocker.kind == "blocker"), None)
    said = (without_values(finding.summary),)
    return None if known is None else _blocked_by(known, planned, result.exit_code, said)


def _not_yet(planned: Planned, result: CommandResult) -> Finding:
    return Finding(
        code="rehearsal.check-wants-schema",
        severity=Severity.NOTE,
        subject=f"{planned.project.name} on {planned.hop}",
        summary=f"{planned.words} (code of {planned.release}) looks for what its own schema brings",
        found=f"it ended with {result.exit_code}, and says nothing before",
        do_next="nothing has to be done: it is asked again after the schema is changed",
    )


def _for_a_copy(finding: Finding) -> Finding:
    """A verdict of a check with what to do about it where there is no run to go on with, and without values of rows."""
    finding = replace(
        finding,
        summary=without_values(finding.summary),
        found=without_values(finding.found),
        evidence=tuple(map(without_values, finding.evidence)),
    )
    if finding.severity is Severity.FAILURE:
        return replace(finding, do_next="mend it on the cloud, make the dumps again and rehearse once more")
    if finding.severity is Severity.WARNING:
        return replace(finding, do_next=f"look at it on the cloud; a plan goes on over it with --accept {finding.code}")
    return finding


def _ended_badly(catalog: Catalog, planned: Planned, result: CommandResult, meaning: Meaning) -> Judgement:
    output = output_of(result)
    known = next((b for b in _blockers(catalog, planned) if _shows(b, planned, result.exit_code, output)), None)
    if known is not None:
        return Judgement(meaning, "blocked", (_blocked_by(known, planned, result.exit_code, said_last(output)),))
    finding = Finding(
        code="rehearsal.unknown-failure",
        severity=Severity.FAILURE,
        subject=f"{planned.project.name} on {planned.hop}",
        summary=f"{planned.words} (code of {planned.release}) ended with {result.exit_code}: {meaning}",
        do_next="read the lines below, before anything is done to the cloud: it may happen there too",
        evidence=said_last(output),
    )
    return Judgement(meaning, "failed", (finding,))


def _blocked_by(known: Blocker, planned: Planned, exit_code: int, evidence: tuple[str, ...]) -> Finding:
    return Finding(
        code=known.code,
        severity=Severity.FAILURE,
        subject=f"{planned.project.name} on {planned.hop}",
        summary=known.title,
        found=f"{planned.words} ended with {exit_code}",
        do_next=" ".join(known.fix.split()) or f"ostler catalog explain {known.code}",
        evidence=evidence,
    )


def fixes_for(catalog: Catalog, planned: Planned) -> tuple[Blocker, ...]:
    """The blockers a command may show whose fix the catalog knows, and after which it is run again."""
    return tuple(
        blocker
        for blocker in _blockers(catalog, planned)
        if blocker.verified is not None
        and not blocker.verified.is_left
        and any(sign.command == planned.words for sign in blocker.signs)
    )


def _blockers(catalog: Catalog, planned: Planned) -> tuple[Blocker, ...]:
    order = catalog.all_releases.order
    return tuple(b for b in catalog.blockers if b.is_true_in(planned.release, order))


def _shows(blocker: Blocker, planned: Planned, exit_code: int, output: str) -> bool:
    return any(_is_sign(sign, planned, exit_code, output) for sign in blocker.signs)


def _is_sign(sign: Sign, planned: Planned, exit_code: int, output: str) -> bool:
    is_code = sign.exit_code in (None, exit_code)
    is_shown = bool(sign.pattern) and re.search(sign.pattern, output) is not None
    return sign.command == planned.words and is_code and is_shown
