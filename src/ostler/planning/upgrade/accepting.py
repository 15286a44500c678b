"""What `--accept CODE` was asked for and cannot do: told in the plan, so that nobody believes a word that counts for
nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ostler.errors import Finding, Severity


def accepted_in_vain(codes: Iterable[str], found: Sequence[Finding], checked: Collection[str] = ()) -> list[Finding]:
    """A note for each code that no warning has, and that the target's check of none of the projects `checked` can
    come to tell."""
    warnings = {finding.code for finding in found if finding.severity is Severity.WARNING}
    failures = {finding.code for finding in found if finding.severity is Severity.FAILURE}
    crashes = {f"{project}.status-check-crashed" for project in checked}
    verdicts = tuple(f"{project}.status-check-" for project in checked)
    return [
        _in_vain(code, is_failure=code in failures | crashes)
        for code in dict.fromkeys(codes)
        if code not in warnings and (code in crashes or not code.startswith(verdicts))
    ]


def _in_vain(code: str, *, is_failure: bool) -> Finding:
    if is_failure:
        return Finding(
            code="upgrade.accepts-a-failure",
            severity=Severity.NOTE,
            subject=f"--accept {code}",
            summary=f"{code} is a failure and cannot be accepted",
            do_next="mend what it tells of",
        )
    return Finding(
        code="upgrade.accepts-nothing",
        severity=Severity.NOTE,
        subject=f"--accept {code}",
        summary=f"--accept {code} accepts nothing: no warning of this plan has that code",
        do_next="leave it out, or take the code from the warning that is meant",
    )
