"""What came out of a rehearsal, as a plan tells it: what stands in the way, what must be mended first, what else was
found. The newest that counts for a project decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ostler.errors import Finding, Severity
from ostler.planning.rehearsed import PASSED, CommandRun, HopOutcome
from ostler.planning.upgrade.mending import left_undone, mends_on
from ostler.planning.upgrade.request import Scene

OF_NO_CONCERN = ("rehearsal.check-wants-schema", "rehearsal.schema-remnants")
WITH_ALL = "rehearsal.schema-differs"
"""What a rehearsal tells of its own way of asking, and what is nothing to do with the cloud."""

_NOTHING_TOLD = Finding(
    code="rehearsal.unknown-failure",
    severity=Severity.FAILURE,
    subject="",
    summary="the rehearsal file does not tell why",
    do_next="rehearse it again and see what stops it",
)


def outcome_findings(scene: Scene) -> list[Finding]:
    """Failures for projects that did not come through and fixes that are not made here, warnings for fixes nobody can
    see, and notes for everything else."""
    found: list[Finding] = []
    for project in scene.projects:
        last = scene.rehearsals.newest_for(project.name)
        if last:
            found += _outcome(scene, last.outcomes[project.name])
    return found


def _outcome(scene: Scene, outcome: HopOutcome) -> Iterator[Finding]:
    """What one project came to: what stopped it, the fixes that helped, and everything else that was found."""
    if outcome.outcome not in PASSED:
        yield _stopped(outcome)
    told: set[str] = set()
    for run in outcome.commands:
        if run.outcome == "fixed":
            told.update(finding.code for finding in run.findings)
            yield from (_fixed(scene, outcome, run, finding) for finding in run.findings)
    seen: set[tuple[str, str, str]] = set()
    for finding in outcome.findings:
        is_whole = finding.code == WITH_ALL
        key = (finding.code, finding.summary, finding.subject if is_whole else "")
        is_new = key not in seen
        seen.add(key)
        if is_new and finding.severity is not Severity.FAILURE and finding.code not in (*told, *OF_NO_CONCERN):
            subject, evidence = f"{finding.subject}, in the rehearsal", finding.evidence if is_whole else ()
            yield replace(finding, severity=Severity.NOTE, subject=subject, evidence=evidence)


def _stopped(outcome: HopOutcome) -> Finding:
    """What stopped a project: its command, the blocker's code and fix; or what was short of the end when every command
    ended well."""
    why = next((each for each in outcome.findings if each.severity is Severity.FAILURE), _NOTHING_TOLD)
    bad = next((run for run in outcome.commands if run.outcome not in PASSED), None)
    at = f" at {bad.words} (code of {bad.release})" if bad else ""
    return Finding(
        code="upgrade.rehearsal-stopped",
        severity=Severity.FAILURE,
        subject=f"{outcome.project} on {outcome.source} → {outcome.target}",
        summary=f"its rehearsal was stopped{at}, and the upgrade would be: {why.summary} ({why.code})",
        found=why.found,
        expected="a rehearsal in which every project comes through",
        do_next=f"{why.do_next}; then rehearse again",
        evidence=why.evidence,
    )


def _fixed(scene: Scene, outcome: HopOutcome, run: CommandRun, finding: Finding) -> Finding:
    """A fix was made on the copy alone: whether it is made here, where that can be seen."""
    counted = scene.snapshot.known("databases.rows_in_the_way", blocker=finding.code)
    subject = f"{outcome.project} on {outcome.source} → {outcome.target}"
    command = f"{run.words} (code of {run.release})"
    if finding.code in _of_the_plan(scene):
        return _fix_in_plan(subject, finding)
    if counted is None:
        return _fix_unseen(subject, command, finding)
    return _fix_missing(subject, command, finding, counted["rows"]) if counted["rows"] else _fix_made(subject, finding)


def _of_the_plan(scene: Scene) -> frozenset[str]:
    """The blockers that a plan mends, or leaves with a warning of its own, on this hop."""
    if scene.is_rolling:
        return frozenset()
    migrations = (project.online_migration(scene.target) for project in scene.projects)
    left = (left_undone(scene, migration) for migration in migrations if migration)
    return frozenset(blocker.code for blocker in (*mends_on(scene), *left) if blocker)


def _fix_in_plan(subject: str, finding: Finding) -> Finding:
    return Finding(
        code="upgrade.rehearsed-fix-in-plan",
        severity=Severity.NOTE,
        subject=subject,
        summary=f"what the rehearsal needed for {finding.code} is done by this plan itself, or told with a warning",
    )


def _fix_made(subject: str, finding: Finding) -> Finding:
    return Finding(
        code="upgrade.rehearsed-fix-made",
        severity=Severity.NOTE,
        subject=subject,
        summary=f"the fix that the rehearsal needed is made here, too: no row is left that {finding.code} stops at",
    )


def _fix_missing(subject: str, command: str, finding: Finding, rows: int) -> Finding:
    return Finding(
        code="upgrade.rehearsed-fix-missing",
        severity=Severity.FAILURE,
        subject=subject,
        summary=f"{command} came through in the rehearsal only after a fix that is not made here: {finding.code}",
        found=f"{rows} rows it stops at",
        expected="none",
        do_next=f"on this cloud: {finding.do_next}",
    )


def _fix_unseen(subject: str, command: str, finding: Finding) -> Finding:
    return Finding(
        code="upgrade.rehearsed-with-fix",
        severity=Severity.WARNING,
        subject=subject,
        summary=f"{command} came through in the rehearsal only after a fix, made on the copy alone: {finding.code}",
        found="nothing shows whether it is made here",
        expected="the same fix on this cloud, first",
        do_next=f"{finding.do_next}; when that is done: --accept upgrade.rehearsed-with-fix",
    )
