"""What could not be read, told once for each host and kind of reason, however many rules it kept from judging."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.errors import Finding, Severity
from ostler.rules.component import Component
from ostler.rules.model import CannotTell
from ostler.rules.wording import cleaned, in_words

REACHING = "remote."
"""The area of the codes that say a host could not be reached at all."""

MEND = "mend what keeps it from being read, then check again: what is not known is not taken for good"


def unread_findings(unknown: Sequence[tuple[str, CannotTell]]) -> list[Finding]:
    """Return the findings for rules (by id) that could not tell: ``host.unreachable`` for a host that could not be
    reached, else ``rules.cannot-tell``."""
    causes: dict[tuple[str | None, str], list[tuple[str, CannotTell]]] = {}
    for rule, cause in unknown:
        causes.setdefault((cause.host, cause.code or cause.reason), []).append((rule, cause))
    return [_finding(same) for same in causes.values()]


def _finding(same: Sequence[tuple[str, CannotTell]]) -> Finding:
    cause = same[0][1]
    rules = sorted({rule for rule, _ in same})
    evidence = tuple(f"not checked: {rule}" for rule in rules)
    checks = f"{len(rules)} check{'s' if len(rules) > 1 else ''} could not be made"
    if cause.host is not None and cause.code.startswith(REACHING):
        return Finding(
            code="host.unreachable",
            severity=Severity.FAILURE,
            subject=cause.host,
            summary=cleaned(f"{cause.reason}; {checks}"),
            found=cause.code,
            expected="an answer",
            do_next=cleaned(cause.do_next) or MEND,
            evidence=evidence,
            component=str(Component("host", host=cause.host)),
        )
    facts = sorted({each.about for _, each in same})
    return Finding(
        code="rules.cannot-tell",
        severity=Severity.WARNING,
        subject=cause.host or "the cloud",
        summary=f"{checks}: {in_words(facts)} is not known",
        found=cleaned(cause.reason),
        expected="facts that can be read",
        do_next=cleaned(cause.do_next) or MEND,
        evidence=evidence,
    )
