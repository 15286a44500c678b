"""Effects that judge: a target release's own status check, and proofs against the running cloud."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ostler.catalog import load_catalog
from ostler.catalog.command import Meaning
from ostler.catalog.status_check import FalseSeverity, StatusCheck
from ostler.commands import Command, CommandResult
from ostler.errors import Finding, InputError, Severity
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.execution.status_table import CheckLine, read_status_table
from ostler.facts.model import FactRequest, JsonValue, Unknown, wanted
from ostler.facts.predicate import Expectation, holds
from ostler.masking import last_lines, mask_line
from ostler.steps.effects import Judge, Prove

DETAILS_SHOWN = 400
LOOKS = 4
LOOK_AGAIN_AFTER_S = 5.0
"""A check fails of what is there for a moment only: a volume that is being made has no service yet, and cinder 2025.1
then says that online data migrations are missing (seen 2026-11-20)."""


def judge(bench: Bench, effect: Judge) -> EffectResult:
    """Run the status checks and tell their verdicts, with the severities the catalog knows to be the real ones. What
    forbids going on counts when it stays."""
    told: dict[str, _Told] = {}
    for look in range(LOOKS):
        again = [(project, command) for project, command in effect.checks if not told or told[project].refusing]
        if not again:
            break
        if look:
            bench.means.clock.sleep(LOOK_AGAIN_AFTER_S)
        told |= {project: _ask(bench, effect, project, command) for project, command in again}
    findings = tuple(finding for each in told.values() for finding in each.findings)
    refusing = [finding for each in told.values() for finding in each.refusing]
    evidence = tuple(line for each in told.values() if each.refusing for line in each.output)
    failure = _refusal(bench, effect.release, refusing) if refusing else None
    return EffectResult(_counted(findings), is_change=False, findings=findings, failure=failure, evidence=evidence)


@dataclass(frozen=True)
class _Told:
    """What one check says; `refusing` are the findings that forbid going on."""

    findings: tuple[Finding, ...]
    refusing: tuple[Finding, ...]
    output: tuple[str, ...]


def _ask(bench: Bench, effect: Judge, project: str, command: Command) -> _Told:
    """One check: its failures always refuse, its warnings those that were not accepted."""
    result = bench.transport.run(effect.host, command)
    where = (effect.host, project, effect.release)
    findings = tuple(judge_output(*where, result, lambda request: bench.read([request])[request]))
    refusing = tuple(
        finding
        for finding in findings
        if finding.severity is Severity.FAILURE
        or (finding.severity is Severity.WARNING and finding.code not in bench.accepted)
    )
    return _Told(findings, refusing, last_lines(result.stdout + result.stderr))


def _refusal(bench: Bench, release: str, refusing: Sequence[Finding]) -> str:
    """What forbids going on, and the words that take on what can be taken on."""
    said = "; ".join(f"{finding.code} ({finding.severity}): {finding.summary}" for finding in refusing)
    codes = dict.fromkeys(finding.code for finding in refusing if finding.severity is Severity.WARNING)
    accept = " ".join(f"--accept {code}" for code in codes)
    if any(finding.severity is Severity.FAILURE for finding in refusing):
        return f"the checks of {release} refuse: {said}. Failures must be mended"
    return (
        f"the checks of {release} warn: {said}. Mend it, or take it on in a new plan: "
        f"ostler cancel {bench.run} && ostler upgrade --to {release} {accept} --out upgrade.plan"
    )


Read = Callable[[FactRequest], JsonValue | Unknown]


def judge_output(host: str, project: str, release: str, result: CommandResult, read: Read) -> Iterator[Finding]:
    """The findings in what a status check left behind; none when all is well. `read` tells a fact of the cloud."""
    catalog = load_catalog()
    known_project = catalog.project_in(project, release)
    check = known_project.status_check(release) if known_project else None
    if check is None:
        raise InputError("execution.no-status-check", f"the catalog knows no status check of {project} {release}")
    order = catalog.all_releases.order
    meaning = check.meaning(result.exit_code, release, order)
    known = [f for f in check.false_severities if f.is_true_in(release, order)]
    lines = [line for line in read_status_table(result.stdout) if line.result != "success"]
    if meaning is Meaning.DONE:
        return
    if meaning in (Meaning.WARNING, Meaning.FAILURE) and lines:
        for line in lines:
            fits = (f for f in known if _fits(f, line) and not _is_right_after_all(f, host, read))
            yield _verdict(project, line, next(fits, None))
    else:
        yield _crash(project, check, result, known)


CODES = {"warning": 1, "failure": 2}
"""What a check ends with because of a line (oslo.upgradecheck)."""


def _fits(false: FalseSeverity, line: CheckLine) -> bool:
    """Whether a line is the verdict that is known to be false: another severity is another verdict."""
    is_same = false.check == line.check and false.exit_code == CODES.get(line.result)
    return is_same and re.search(false.pattern, line.details) is not None


def _is_right_after_all(false: FalseSeverity, host: str, read: Read) -> bool:
    """Whether the circumstance that makes a verdict right is there, or nobody can tell."""
    unless = false.unless
    if unless is None:
        return False
    request = wanted(unless.fact, host if unless.is_host else None, **unless.params)
    expectation = Expectation(request, unless.path, unless.operation, unless.value)
    return holds(expectation, read(request)) is not False


def _verdict(project: str, line: CheckLine, false: FalseSeverity | None) -> Finding:
    severity = Severity(false.severity if false else line.result)
    why = f" (not a {line.result}: {false.why})" if false else ""
    return Finding(
        f"{project}.status-check-{_slug(line.check)}",
        severity,
        project,
        f"{line.check}: {mask_line(line.details, DETAILS_SHOWN)}{why}",
        found=line.result,
        expected="success",
        do_next=_do_next(severity, project, line.check),
    )


def _do_next(severity: Severity, project: str, check: str) -> str:
    """A warning that was accepted stays a warning: it is told, and the run goes on."""
    if severity is Severity.NOTE:
        return ""
    mend = "see the project's upgrade notes, mend it, and resume"
    if severity is Severity.FAILURE:
        return mend
    return f"{mend}; or make a new plan with --accept {project}.status-check-{_slug(check)}"


def _crash(project: str, check: StatusCheck, result: CommandResult, known: list[FalseSeverity]) -> Finding:
    """The check itself failed: it says nothing about the cloud, unless the catalog knows this crash."""
    output = result.stdout + result.stderr
    for false in known:
        if false.check == "" and false.exit_code == result.exit_code and re.search(false.pattern, output):
            severity, why = Severity(false.severity), false.why
            break
    else:
        severity, why = Severity.FAILURE, "it says nothing about the cloud"
    return Finding(
        f"{project}.status-check-crashed",
        severity,
        project,
        f"{check.argv[0]} ended with {result.exit_code}: {why}",
        found=str(result.exit_code),
        expected="0, 1 or 2",
        do_next="run it by hand on that host and read its log" if severity is not Severity.NOTE else "",
        evidence=last_lines(output),
    )


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _counted(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "every check succeeds"
    counts = [f"{sum(1 for f in findings if f.severity is s)} {s}" for s in Severity]
    return f"told: {', '.join(counts)}"


def prove(bench: Bench, effect: Prove) -> EffectResult:
    """Carry out a named proof."""
    if bench.means.prove is None:
        raise InputError("execution.no-proofs", "no proofs were given to this run")
    result = bench.means.prove(bench.cloud, effect.name, effect.release)
    severity = Severity.NOTE if result.ok else Severity.FAILURE
    outcome = ("proved" if result.ok else "not proved") if result.is_tried else "not tried"
    told = Finding(
        f"proof.{_slug(effect.name)}",
        severity,
        bench.cloud.name,
        result.detail,
        found=outcome,
        expected="proved",
        do_next="" if result.ok else "see what the proof found, then resume",
    )
    failure = None if result.ok else f"the proof {effect.name} failed: {result.detail}"
    return EffectResult(outcome, is_change=False, findings=(told,), failure=failure)
