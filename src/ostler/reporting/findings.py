"""Findings for people: text for a tired operator, and the same as JSON. Pure.

Failures come first, findings of one code stand together, and each says what was found, what was expected and what to
do next. The text is plain: nothing in a finding is taken for markup or a terminal's control sequence.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ostler.errors import Finding, Severity

WIDTH = 110
MOST_IN_FULL = 2
MOST_IN_SHORT = 10
MOST_EVIDENCE = 12

ORDER = (Severity.FAILURE, Severity.WARNING, Severity.NOTE)
HEADINGS = {
    Severity.FAILURE: "FAILURES: see to these first",
    Severity.WARNING: "WARNINGS: look at these",
    Severity.NOTE: "NOTES: good to know",
}

Paint = Callable[[str, Severity], str]
"""Colours a heading for a terminal; must not look at its text."""


def findings_text(findings: Sequence[Finding], *, paint: Paint | None = None, width: int = WIDTH) -> str:
    """Return findings as text, wrapped at ``width`` columns; JSON alone has every detail of many findings of one
    code."""
    if not findings:
        return "Nothing was found to be wrong.\n"
    lines = [f"{counts_text(findings)}.", ""]
    for severity in ORDER:
        of_severity = [finding for finding in findings if finding.severity is severity]
        if of_severity:
            lines.append(paint(HEADINGS[severity], severity) if paint else HEADINGS[severity])
            for kind in _by_code(of_severity):
                lines += _kind(kind, width)
            lines.append("")
    return "\n".join(lines)


def counts_text(findings: Iterable[Finding]) -> str:
    """Return how many there are of each severity: `2 failures, 1 warning`."""
    severities = [finding.severity for finding in findings]
    counted = [(severities.count(severity), severity.value) for severity in ORDER]
    return ", ".join(f"{n} {word}{'s' if n != 1 else ''}" for n, word in counted if n) or "no findings"


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return one finding as plain data."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "summary": finding.summary,
        "found": finding.found,
        "expected": finding.expected,
        "do_next": finding.do_next,
        "evidence": list(finding.evidence),
    }


def found_and_expected(finding: Finding) -> list[str]:
    """Return one line with what a finding found and expected; none where it says neither."""
    if not finding.found and not finding.expected:
        return []
    return [f"found {one_line(finding.found) or 'nothing'}; expected {one_line(finding.expected) or 'nothing'}"]


def findings_json(findings: Sequence[Finding], **about: Any) -> dict[str, Any]:
    """Return findings as one document; ``about`` (cloud, release, target, ...) stands before them."""
    counts = {severity.value: sum(f.severity is severity for f in findings) for severity in ORDER}
    return {"format": 1, **about, "counts": counts, "findings": [finding_json(finding) for finding in findings]}


def _by_code(findings: Sequence[Finding]) -> list[list[Finding]]:
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.code, []).append(finding)
    return list(kinds.values())


def _kind(findings: Sequence[Finding], width: int) -> list[str]:
    """A few of one kind in full; of many the first in full, the others in a line each."""
    full = len(findings) if len(findings) <= MOST_IN_FULL else 1
    lines = [line for finding in findings[:full] for line in _one(finding, width)]
    others = findings[full:]
    for finding in others[:MOST_IN_SHORT]:
        lines += _wrapped(_short(finding), "      also     ", " " * 16, width)
    if len(others) > MOST_IN_SHORT:
        lines.append(f"      and {len(others) - MOST_IN_SHORT} more of this kind (--json lists all)")
    return lines


def _short(finding: Finding) -> str:
    return f"{finding.subject}: {finding.found}" if finding.found else finding.subject


def _one(finding: Finding, width: int) -> list[str]:
    lines = _wrapped(f"{finding.subject}: {finding.summary} [{finding.code}]", "  - ", "    ", width)
    for word, text in (("found", finding.found), ("expected", finding.expected), ("do next", finding.do_next)):
        if text:
            lines += _wrapped(text, f"      {word:<9} ", " " * 16, width)
    for line in finding.evidence[:MOST_EVIDENCE]:
        lines += _wrapped(line, "        · ", " " * 10, width)
    if len(finding.evidence) > MOST_EVIDENCE:
        lines.append(f"        · and {len(finding.evidence) - MOST_EVIDENCE} more (--json lists all)")
    return lines


def _wrapped(text: str, first: str, following: str, width: int) -> list[str]:
    return textwrap.wrap(
        one_line(text),
        width,
        initial_indent=first,
        subsequent_indent=following,
        break_long_words=False,
        break_on_hyphens=False,
    )


def one_line(text: str) -> str:
    """Return a text on one line, without control and formatting characters."""
    return "".join(c if unicodedata.category(c)[0] != "C" else " " for c in " ".join(text.split()))
