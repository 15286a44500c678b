"""A diagnosis as text for a person: a verdict in one sentence, a tree of causes, evidence, what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.reporting.diagnosis_document import (
    ConsequenceShown,
    DiagnosisShown,
    EvidenceShown,
    FindingShown,
    NoteShown,
)
from ostler.reporting.log_words import PERSONAL, place_in

LIKELY = 0.5
OTHERS = 4
MOST_EVIDENCE = 3
MOST_FACTS = 6
MOST_BRANCHES = 8
DEEPEST = 4
MOST_CAUSES = 8
MOST_NOTES = 8


def diagnosis_text(document: DiagnosisShown) -> Iterator[str]:
    """Yield the lines."""
    sentence = verdict_sentence(document)
    yield sentence
    for sign in document.signs:
        if sign not in sentence:
            yield f"  · {sign}"
    for missing in document.missing:
        yield f"  · missing: {missing}"
    if document.findings:
        first, *others = document.findings
        yield ""
        yield from _finding_text(first)
        by_itself = [each for each in others if _is_broken(each)]
        yield from _by_itself(by_itself)
        if len(by_itself) < len(others):
            yield ""
            yield "If it is not that:"
        for each in [each for each in others if not _is_broken(each)][:OTHERS]:
            yield f"  {_percent(each.confidence)}  {each.summary} ({_where(each)})"
    yield from _notes("Not read, so not judged:", document.unread)
    yield from _notes("Worth knowing:", document.notes)
    for problem in document.problems:
        yield f"not read: {problem.file}: {problem.says}"
    if holds_personal(document):
        yield f"{PERSONAL} holds personal data: do not pass it on"


def holds_personal(document: DiagnosisShown) -> bool:
    """Whether a line or a note of it does."""
    is_in_line = any(each.personal for finding in document.findings for each in lines_of(finding))
    return is_in_line or any(each.personal for each in document.notes)


def _by_itself(found: list[FindingShown]) -> Iterator[str]:
    """Causes that the first one does not explain: each with what follows from it, and what to do."""
    if found:
        yield ""
        yield "Also broken, for another reason:"
    for each in found[:MOST_CAUSES]:
        yield f"  {_percent(each.confidence)}  {each.summary}  [{each.code}]"
        yield from _tree(each.cause_of, "       ", DEEPEST - 1)
        yield from (f"       do next: {step}" for step in each.do_next[:1])
    if len(found) > MOST_CAUSES:
        yield f"  and {len(found) - MOST_CAUSES} more: ostler diagnose --json tells all"


def _notes(heading: str, notes: list[NoteShown]) -> Iterator[str]:
    if notes:
        yield ""
        yield heading
    for note in notes[:MOST_NOTES]:
        mark = f" {PERSONAL}" if note.personal else ""
        yield f"  - {note.subject}: {note.summary}{f' ({note.found})' if note.found else ''}{mark}"
    if len(notes) > MOST_NOTES:
        yield f"  - and {len(notes) - MOST_NOTES} more"


def _is_broken(found: FindingShown) -> bool:
    """Whether it is a part that was found broken, not a source file that logs point to."""
    return found.severity in ("failure", "warning")


def verdict_sentence(document: DiagnosisShown) -> str:
    """The verdict in one sentence."""
    if document.cloud is not None and (document.verdict != "failure" or document.findings[:1]):
        return _living_sentence(document)
    if document.verdict == "healthy":
        when = f"from {document.begins} to {document.ends}"
        return (
            f"Healthy: {document.events:,} events {when} show nothing that users saw fail. "
            f"Judged are the logs of {', '.join(document.logs_of)}, and no others."
        )
    if document.verdict == "unsure":
        return "Unsure: " + (
            f"{document.signs[0]}; nothing shows for sure that users saw something fail."
            if document.signs else "the logs do not tell whether users saw something fail."
        )  # fmt: skip
    if not document.findings:
        return f"Users saw something fail ({_percent(document.sure)} sure); no log points to where."
    first = document.findings[0]
    if _is_broken(first):
        return _broken_sentence(document)
    how = "most likely" if first.confidence >= LIKELY else "the likeliest place, of several, is"
    if first.confidence < max(each.confidence for each in document.findings):
        how = "of what was asked about, the likeliest place is"
    return f"Users saw something fail ({_percent(document.sure)} sure); {how} {first.project}: {first.summary}."


def _living_sentence(document: DiagnosisShown) -> str:
    """The verdict on a living cloud, which is judged by its facts first."""
    if document.verdict == "healthy":
        return f"Healthy: all of {document.cloud} was read, and nothing is wrong with it."
    if document.verdict == "unsure":
        is_part = document.unread or document.problems
        why = "not everything could be read" if is_part else "something unusual was logged"
        return f"Unsure: nothing was found to be wrong with {document.cloud}, but {why}."
    first = document.findings[0]
    if not _is_broken(first):
        return (
            f"Something fails ({_percent(document.sure)} sure), as the logs say; the likeliest place: {first.summary}."
        )
    return _broken_sentence(document)


def _broken_sentence(document: DiagnosisShown) -> str:
    """The same when a part of the cloud was found broken."""
    first = document.findings[0]
    others = sum(map(_is_broken, document.findings)) - 1
    also = f", and {others} other{'s' if others > 1 else ''} for another reason" if others else ""
    return f"Broken: {first.summary} ({_percent(first.confidence)} sure){also}."


def _finding_text(found: FindingShown) -> Iterator[str]:
    yield f"{_percent(found.confidence)} sure  {found.summary}  [{found.code}]"
    yield f"   {_where(found)}; because: {'; '.join(found.because) or 'nothing else points elsewhere'}"
    if found.found:
        yield f"   found: {found.found}{f'; expected: {found.expected}' if found.expected else ''}"
    yield from _tree(found.cause_of, "   ")
    if found.evidence or found.facts:
        yield "Evidence:"
    for fact in found.facts[:MOST_FACTS]:
        yield f"  {fact}"
    for line in found.evidence[:MOST_EVIDENCE]:
        mark = f" {PERSONAL}" if line.personal else ""
        yield f"  {line.time[11:23]} {place_of(line)}{f'  ({line.read_with})' if line.read_with else ''}{mark}"
        yield f"      {line.text}"
    if found.changed:
        yield "Changed shortly before:"
    for change in found.changed:
        yield f"  {change.time[11:19]} {change.host}: {change.what}"
    yield "Do next:"
    for step in found.do_next:
        yield f"  - {step}"


def _tree(followed: list[ConsequenceShown], indent: str, depth: int = 0) -> Iterator[str]:
    """What followed, as branches; of many alike only the first are drawn."""
    shown = followed[:MOST_BRANCHES]
    for at, each in enumerate(shown):
        is_last = at == len(shown) - 1 and len(followed) == len(shown)
        when = f"{each.evidence.time[11:19]} " if each.evidence else ""
        where = f"  ({place_of(each.evidence)})" if each.evidence else ""
        yield f"{indent}{'└─' if is_last else '├─'} {when}{each.what}{where}"
        if depth < DEEPEST:
            yield from _tree(each.cause_of, f"{indent}{'  ' if is_last else '│ '} ", depth + 1)
    if len(followed) > len(shown):
        yield f"{indent}└─ and {len(followed) - len(shown)} more"


def lines_of(found: FindingShown) -> Iterator[EvidenceShown]:
    """All lines that a finding names."""
    yield from found.evidence
    for each, _ in followed_by(found.cause_of):
        yield each


def followed_by(followed: list[ConsequenceShown]) -> Iterator[tuple[EvidenceShown, str]]:
    """The lines that tell what followed, with what they tell."""
    for each in followed:
        if each.evidence:
            yield each.evidence, each.what
        yield from followed_by(each.cause_of)


def _where(found: FindingShown) -> str:
    return f"{found.service or found.project}{f' on {found.host}' if found.host else ''}"


def place_of(line: EvidenceShown) -> str:
    """Where a line stands, and on which host, unless the file's place says that already."""
    host = f"{line.host} " if line.host and line.host not in line.file.split("/") else ""
    return f"{host}{place_in(line.file, line.line, line.offset)}"


def _percent(sure: float) -> str:
    """A certainty that is not whole is never shown as 100."""
    return f"{min(99, max(1, round(100 * sure)))} %"
