"""A diagnosis as text for a person: a verdict in one sentence, a tree of causes, evidence, what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.reporting.diagnosis_document import DiagnosisShown, EvidenceShown, FindingShown
from ostler.reporting.log_words import PERSONAL

LIKELY = 0.5
OTHERS = 4
MOST_EVIDENCE = 3


def diagnosis_text(document: DiagnosisShown) -> Iterator[str]:
    """Yield the lines."""
    yield verdict_sentence(document)
    for sign in document.signs:
        yield f"  · {sign}"
    for missing in document.missing:
        yield f"  · missing: {missing}"
    if document.findings:
        first, *others = document.findings
        yield ""
        yield from _finding_text(first)
        if others:
            yield ""
            yield "If it is not that:"
        for each in others[:OTHERS]:
            yield f"  {_percent(each.confidence)}  {each.summary} ({_where(each)})"
    for problem in document.problems:
        yield f"not read: {problem.file}: {problem.says}"
    if any(each.personal for finding in document.findings for each in _lines_of(finding)):
        yield f"{PERSONAL} holds personal data: do not pass it on"


def verdict_sentence(document: DiagnosisShown) -> str:
    """The verdict in one sentence."""
    if document.verdict == "healthy":
        when = f"from {document.begins} to {document.ends}"
        return f"Healthy: {document.events:,} events {when} show nothing that users saw fail."
    if document.verdict == "unsure":
        return "Unsure: " + (
            "something is unusual, but nothing shows that users saw it fail."
            if document.signs else "the logs do not tell whether users saw something fail."
        )  # fmt: skip
    if not document.findings:
        return f"Users saw something fail ({_percent(document.sure)} sure); no log points to where."
    first = document.findings[0]
    how = "most likely" if first.confidence >= LIKELY else "the likeliest place, of several, is"
    return f"Users saw something fail ({_percent(document.sure)} sure); {how} {first.project}: {first.summary}."


def _finding_text(found: FindingShown) -> Iterator[str]:
    yield f"{_percent(found.confidence)} sure  {found.summary}  [{found.code}]"
    yield f"   {_where(found)}; because: {'; '.join(found.because) or 'nothing else points elsewhere'}"
    for at, each in enumerate(found.cause_of):
        branch = "└─" if at == len(found.cause_of) - 1 else "├─"
        yield f"   {branch} {each.evidence.time[11:19]} {each.what}  ({_place(each.evidence)})"
    if found.evidence:
        yield "Evidence:"
    for line in found.evidence[:MOST_EVIDENCE]:
        mark = f" {PERSONAL}" if line.personal else ""
        yield f"  {line.time[11:23]} {_place(line)}{mark}"
        yield f"      {line.text}"
    yield "Do next:"
    for step in found.do_next:
        yield f"  - {step}"


def _lines_of(found: FindingShown) -> Iterator[EvidenceShown]:
    yield from found.evidence
    yield from (each.evidence for each in found.cause_of)


def _where(found: FindingShown) -> str:
    return f"{found.service or found.project}{f' on {found.host}' if found.host else ''}"


def _place(line: EvidenceShown) -> str:
    host = f"{line.host} " if line.host else ""
    return f"{host}{line.file}:{line.line}" if line.line else f"{host}{line.file}"


def _percent(sure: float) -> str:
    """A certainty that is not whole is never shown as 100."""
    return f"{min(99, max(1, round(100 * sure)))} %"
