"""A diagnosis as a page that needs nothing else: the verdict, the findings, and the lines in order of time. Pure."""

from __future__ import annotations

from ostler.reporting.diagnosis_document import DiagnosisShown, EvidenceShown
from ostler.reporting.diagnosis_text import followed_by, holds_personal, place_of, verdict_sentence
from ostler.reporting.log_words import clean
from ostler.reporting.pages import page


def diagnosis_to_html(document: DiagnosisShown, about: str) -> str:
    """The page. ``about`` names the logs it is of."""
    return page(
        "diagnosis.html.j2",
        about=clean(about),
        sentence=verdict_sentence(document),
        document=document,
        order=_in_order(document),
        place_of=place_of,
        has_personal=holds_personal(document),
    )


def _in_order(document: DiagnosisShown) -> list[tuple[EvidenceShown, list[str]]]:
    """Every line that a finding names, once, in the order of time, with what is said of it."""
    lines: dict[tuple[str, str, int], tuple[EvidenceShown, list[str]]] = {}
    for place, finding in enumerate(document.findings, 1):
        said = [(line, f"speaks for finding {place}") for line in finding.evidence]
        said += followed_by(finding.cause_of)
        for line, why in said:
            _, reasons = lines.setdefault((line.time, line.file, line.line), (line, []))
            if why not in reasons:
                reasons.append(why)
    return sorted(lines.values(), key=lambda each: (each[0].time, each[0].file, each[0].line))
