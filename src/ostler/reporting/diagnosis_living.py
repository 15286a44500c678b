"""A diagnosis of a living cloud as the same document as that of logs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostler.diagnosis.folding import Node
from ostler.diagnosis.living import NOT_REACHED, Found, LiveDiagnosis
from ostler.diagnosis.model import Verdict
from ostler.diagnosis.observing import Said
from ostler.errors import Finding
from ostler.logs.clocks import Clock
from ostler.logs.moments import moment
from ostler.logs.reading import Tally
from ostler.reporting.diagnosis_document import (
    DIAGNOSIS_FORMAT,
    ChangeShown,
    ConsequenceShown,
    DiagnosisShown,
    FindingShown,
    ProblemShown,
    clocks_shown,
    diagnosis_shown,
    evidence_shown,
    note_shown,
    one_line,
)
from ostler.reporting.log_words import clean, shown
from ostler.rules.component import Component

Lines = Mapping[Component, tuple[Said, ...]]


def living_shown(diagnosis: LiveDiagnosis, tally: Tally, cloud: str, clocks: Sequence[Clock] = ()) -> DiagnosisShown:
    """What is shown of a cloud's diagnosis, of the logs that could not be read, and of what requests tell of the hosts'
    ``clocks``."""
    if diagnosis.by_logs is not None and diagnosis.verdict is not Verdict.HEALTHY:
        document = diagnosis_shown(diagnosis.by_logs, tally, diagnosis.verdict)
        document.missing = []
    else:
        document = DiagnosisShown(
            format=DIAGNOSIS_FORMAT, verdict="failure", sure=0.0, signs=[], missing=[], projects=[], findings=[],
            events=diagnosis.seen.events,
            begins=moment(diagnosis.seen.begins) if diagnosis.seen.events else None,
            ends=moment(diagnosis.seen.ends) if diagnosis.seen.events else None,
            problems=[ProblemShown(file=clean(each.log.name), says=shown(each.says)) for each in tally.problems],
        )  # fmt: skip
    document.cloud = clean(cloud)
    document.verdict = diagnosis.verdict.value
    document.sure = round(diagnosis.sure, 3)
    document.findings = [*map(_finding, diagnosis.causes), *document.findings]
    document.notes = [*clocks_shown(clocks), *map(note_shown, diagnosis.notes)]
    document.unread = [note_shown(each) for each in diagnosis.unread]
    return document


def _finding(found: Found) -> FindingShown:
    cause, finding = found.cause, found.cause.finding
    part = cause.first.part
    others = [each for node in cause.nodes for each in node.broken.findings[1:]]
    return FindingShown(
        code=finding.code,
        summary=_summary(found),
        project=found.project,
        service=one_line(part.name if part.kind in ("service", "config", "backend", "api") else part.kind),
        host=one_line(part.host),
        module=None,
        function=None,
        confidence=round(cause.confidence, 3),
        because=_because(found),
        cause_of=[
            *{each.summary: _same_part(each) for each in others if each.summary != finding.summary}.values(),
            *(_consequence(each, found.lines) for node in cause.nodes for each in node.followed_by),
        ],
        evidence=[evidence_shown(said) for node in cause.nodes for said in found.lines.get(node.broken.part, ())],
        do_next=list(dict.fromkeys(one_line(node.broken.findings[0].do_next) for node in cause.nodes)),
        component=one_line(str(part)),
        components=[one_line(str(node.broken.part)) for node in cause.nodes],
        severity=finding.severity.value,
        found=one_line(finding.found),
        expected=one_line(finding.expected),
        facts=[one_line(each) for node in cause.nodes for each in _facts(node.broken.findings[0])],
        changed=[
            ChangeShown(time=moment(each.at), host=one_line(each.host), what=one_line(each.what))
            for each in found.changes
        ],
    )  # fmt: skip


def _facts(finding: Finding) -> Sequence[str]:
    """The lines that show a finding; which checks a host that is gone kept from being made is told elsewhere."""
    return () if finding.code == NOT_REACHED else finding.evidence


def _same_part(finding: Finding) -> ConsequenceShown:
    """What else was found of the part that is the cause."""
    return ConsequenceShown(what=one_line(finding.summary), code=finding.code, component=one_line(finding.component))


def _summary(found: Found) -> str:
    """What the cause is; of the same on several hosts the first, and where else."""
    others = [node.broken.part.host for node in found.cause.nodes[1:] if node.broken.part.host]
    also = f" (the same on {', '.join(others)})" if others else ""
    return one_line(f"{found.cause.finding.summary}{also}")


def _because(found: Found) -> list[str]:
    cause = found.cause
    own = (
        "it is itself broken"
        if cause.first.is_own
        else "it does not do its work, and nothing it needs was found broken"
    )
    follows = len(cause.all()) - len(cause.nodes)
    return [own, *([f"{follows} other part{'s suffer' if follows > 1 else ' suffers'} from it"] if follows else [])]


def _consequence(node: Node, lines: Lines) -> ConsequenceShown:
    first = node.broken.findings[0]
    said = lines.get(node.broken.part, ())
    return ConsequenceShown(
        what=one_line(first.summary),
        code=first.code,
        component=one_line(str(node.broken.part)),
        evidence=evidence_shown(said[0]) if said else None,
        cause_of=[_consequence(each, lines) for each in node.followed_by],
    )
