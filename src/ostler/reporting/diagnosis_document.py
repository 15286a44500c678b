"""A diagnosis as one document: what stands behind the text, the page and the JSON of `ostler diagnose`. Published:
docs/schemas/diagnosis.json. Secrets are masked, what would act on a terminal is taken out, personal data is marked.
Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from ostler.diagnosis.model import Consequence, Diagnosed, Diagnosis, Quoting, Verdict
from ostler.diagnosis.observing import Said
from ostler.errors import Finding
from ostler.logs.clocks import Clock
from ostler.logs.moments import moment
from ostler.logs.reading import Problem, Tally
from ostler.reporting.log_text import clocks_text
from ostler.reporting.log_words import clean, shown

DIAGNOSIS_FORMAT = 2
"""Raised when a reader of the JSON would have to change."""

LONGEST_LINE, LONGEST_TEXT = 400, 600
BEFORE_S, AFTER_S = 5.0, 2.0
"""How much of a journal around a line is worth reading."""


class EvidenceShown(BaseModel):
    """A line that speaks for a finding: its time, where it stands, and what it says, without secrets. `line` is 0 when
    it was not counted; it begins at byte `offset` of the (unpacked) file, which is null for what stands in no file:
    `read_with` is the command that shows it on its host then. `personal` names the kinds of personal data in it."""

    time: str
    host: str
    service: str
    file: str
    line: int
    request: str | None
    text: str
    personal: list[str]
    offset: int | None = None
    read_with: str | None = None


class ConsequenceShown(BaseModel):
    """Something that followed from what a finding is about: the line that tells it, and what followed in turn. In a
    living cloud `code` is that of the rule that found it, `component` the part it was found of."""

    what: str
    code: str | None = None
    component: str | None = None
    evidence: EvidenceShown | None = None
    cause_of: list[ConsequenceShown] = []


class ChangeShown(BaseModel):
    """Something that was changed on a host of a cause, shortly before it showed."""

    time: str
    host: str
    what: str


class NoteShown(BaseModel):
    """Something that is worth knowing and no fault, or that could not be judged. `personal` names the kinds of personal
    data in it."""

    code: str
    summary: str
    subject: str
    found: str
    do_next: str
    evidence: list[str]
    personal: list[str] = []


class FindingShown(BaseModel):
    """One place that may be at fault. `module` is a source file and `function` one in it; null where that makes no
    sense. A `confidence` of a source file is fitted to labelled runs of a test cloud, so that of those with 0.8 about
    eight in ten are right there (benchmarks/README.md says how many were). That of what has a `severity`, found by
    rules or told by logs of a broken part of the infrastructure, is set by hand and checked by faults that were made on
    practice clouds. `because` names the clues, the weightiest first. What rules found in a living cloud has a
    `severity`, a `component` (`kind:name@host`), or the same on several hosts in `components`, `found` and `expected`,
    `facts` that show it, and what was `changed` shortly before. What logs say of a broken part of the infrastructure
    has a `severity` and a `component` (whose host is `*` where no line tells it), too. What logs say of a source file
    has none; with the verdict `unsure` it is a `note`: it is unusual, and nothing shows that it is wrong."""

    code: str
    summary: str
    project: str
    service: str
    host: str
    module: str | None
    function: str | None
    confidence: float = Field(ge=0, le=1)
    because: list[str]
    cause_of: list[ConsequenceShown]
    evidence: list[EvidenceShown]
    do_next: list[str]
    component: str | None = None
    components: list[str] = []
    severity: Literal["failure", "warning", "note"] | None = None
    found: str = ""
    expected: str = ""
    facts: list[str] = []
    changed: list[ChangeShown] = []


class ProjectShown(BaseModel):
    """How sure it is that a project is at fault."""

    project: str
    confidence: float = Field(ge=0, le=1)


class ProblemShown(BaseModel):
    """A log that could not be read, or not to its end."""

    file: str
    says: str


class DiagnosisShown(BaseModel):
    """The whole. `sure` is how sure it is that users saw a failure, `signs` say why; `missing` is what is not in the
    logs and would have to be for `healthy`; `findings` are ranked, the likeliest first. Times are UTC. `cloud` is null
    for a folder of logs; of a living cloud `unread` says what could not be judged, `notes` what is no fault.
    `logs_of` are the projects and parts of the infrastructure whose logs were judged, of a folder of logs."""

    format: int
    verdict: Literal["failure", "healthy", "unsure"]
    sure: float = Field(ge=0, le=1)
    signs: list[str]
    missing: list[str]
    projects: list[ProjectShown]
    findings: list[FindingShown]
    events: int
    begins: str | None
    ends: str | None
    problems: list[ProblemShown]
    cloud: str | None = None
    notes: list[NoteShown] = []
    unread: list[NoteShown] = []
    logs_of: list[str] = []


def diagnosis_shown(
    diagnosis: Diagnosis, tally: Tally, verdict: Verdict | None = None, clocks: Sequence[Clock] = ()
) -> DiagnosisShown:
    """What is shown of a diagnosis, of what could not be read, and of what requests tell of the hosts' ``clocks``.
    ``verdict`` is one that knows more than it does."""
    verdict = verdict or diagnosis.verdict
    is_sure = verdict is not Verdict.UNSURE
    return DiagnosisShown(
        format=DIAGNOSIS_FORMAT,
        verdict=verdict.value,
        sure=round(diagnosis.sure, 3),
        signs=[one_line(each) for each in diagnosis.signs],
        missing=list(diagnosis.missing),
        projects=[ProjectShown(project=clean(name), confidence=round(share, 3)) for name, share in diagnosis.projects],
        findings=[_finding(each, is_sure=is_sure) for each in diagnosis.findings],
        events=diagnosis.events,
        begins=moment(diagnosis.begins) if diagnosis.events else None,
        ends=moment(diagnosis.ends) if diagnosis.events else None,
        problems=[ProblemShown(file=clean(each.log.name), says=shown(each.says)) for each in tally.problems],
        logs_of=[clean(each) for each in diagnosis.logs_of],
        notes=[
            *clocks_shown(clocks), *(_estimated(each) for each in tally.notes), *map(note_shown, diagnosis.notes)
        ],
    )  # fmt: skip


def clocks_shown(clocks: Sequence[Clock]) -> list[NoteShown]:
    """How the clocks of hosts differ, in the words of `ostler logs`."""
    return [
        NoteShown(code="logs.clocks-compared", subject="clocks", summary=line, found="", do_next="", evidence=[])
        for line in clocks_text(clocks)
    ]


def _estimated(note: Problem) -> NoteShown:
    return NoteShown(
        code="logs.times-estimated", subject=clean(note.log.name), summary=clean(note.says), found="", evidence=[],
        do_next="compare them with those of another log of the host before you rely on the order of events",
    )  # fmt: skip


def _finding(found: Diagnosed, *, is_sure: bool) -> FindingShown:
    return FindingShown(
        code=found.kind.code,
        summary=shown(found.summary, LONGEST_LINE),
        project=clean(found.project),
        service=clean(found.service),
        host=clean(found.host),
        module=found.module and clean(found.module),
        function=found.function and clean(found.function),
        confidence=round(found.confidence, 3),
        because=list(found.because),
        cause_of=[_consequence(each) for each in found.cause_of],
        evidence=[evidence_shown(each) for each in found.evidence],
        do_next=[clean(each) for each in found.do_next],
        component=clean(found.components[0]) if found.components else None,
        components=[clean(each) for each in found.components],
        severity=found.severity.value if found.severity else None if is_sure else "note",
    )


def _consequence(each: Consequence) -> ConsequenceShown:
    return ConsequenceShown(what=shown(each.what, LONGEST_LINE), evidence=evidence_shown(each.said))


def evidence_shown(said: Said) -> EvidenceShown:
    """A logged line as evidence."""
    return EvidenceShown(
        time=moment(said.time),
        host=clean(said.host),
        service=clean(said.service),
        file=clean(said.file),
        line=said.line,
        request=said.request,
        text=_line(said),
        personal=list(said.personal),
        offset=said.offset,
        read_with=_journal_command(said.time) if said.offset is None else None,
    )


def _journal_command(time: float) -> str:
    """What shows the journal at a time: without a unit, as what others said then helps to understand it."""
    begin, end = (moment(at)[:19].replace("T", " ") for at in (time - BEFORE_S, time + AFTER_S))
    return f'journalctl --since "{begin} UTC" --until "{end} UTC"'


def _line(said: Said) -> str:
    """The first line of what was said; of a traceback also its last one, which says what was raised."""
    first, _, rest = said.text.rstrip().partition("\n")
    last = rest.rpartition("\n")[2].strip()
    text = shown(first, LONGEST_LINE)
    return text if not last or last in first else f"{text} … {shown(last, LONGEST_LINE)}"


def note_shown(finding: Finding) -> NoteShown:
    """What is worth knowing, as it is shown."""
    return NoteShown(
        code=finding.code,
        summary=one_line(finding.summary),
        subject=one_line(finding.subject),
        found=one_line(finding.found),
        do_next=one_line(finding.do_next),
        evidence=[one_line(each) for each in finding.evidence],
        personal=list(finding.personal) if isinstance(finding, Quoting) else [],
    )


def one_line(text: str) -> str:
    """A text of a finding as it may be shown, on one line."""
    return " ".join(shown(text, LONGEST_TEXT).split())


def diagnosis_to_json(document: DiagnosisShown) -> str:
    """The document as JSON."""
    return document.model_dump_json(indent=1)


def diagnosis_schema() -> str:
    """The published schema of `ostler diagnose --json`."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **DiagnosisShown.model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
