"""Runs as text for a person: how one stands, what it did, what is left, and how to go on. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ostler.durations import duration
from ostler.errors import Finding, Severity
from ostler.execution.records import RunRecord, RunState, StepOutcome
from ostler.execution.run_result import RunResult
from ostler.execution.runs import RunHistory
from ostler.planning.model import Plan
from ostler.reporting.event_document import ResultLine
from ostler.reporting.findings import found_and_expected

_STATE_WORDS = {
    RunState.RUNNING: "was killed, and can be resumed",
    RunState.WAITING: "waits for a person",
    RunState.PAUSED: "paused",
    RunState.STOPPED: "stopped",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "cancelled",
    RunState.ROLLED_BACK: "taken back",
    RunState.DONE: "done",
    RunState.DONE_WITH_FAILURES: "done, with failures that were tolerated",
}


def run_result_text(result: RunResult, history: RunHistory) -> str:
    """How a run stands when its process ends: what is done, what is not, what is lent, and the ways on."""
    lines = [f"Run {result.run}: {_stands(result)}"]
    lines += _failures(history)
    total = len(result.done) + len(result.failed) + len(result.left)
    lines.append(f"  done: {len(result.done)} of {total} steps{_where(history.plan, result.done)}")
    if result.left:
        lines.append(f"  not begun: {len(result.left)} steps; the next is {result.left[0]}")
    lines += _lent(result)
    lines += _checksums(result.findings)
    lines += _told(result.findings)
    lines += _ways_on(result, can_go_back=can_go_back(history, result.state))
    return "\n".join(lines) + "\n"


def _stands(result: RunResult) -> str:
    """The state and what was said of it, but not the same word twice."""
    word, message = _STATE_WORDS[result.state], result.message
    if message.startswith(word):
        return f"{message}."
    return f"{word}. {message}" if message else f"{word}."


def run_result_document(result: RunResult, history: RunHistory) -> dict[str, Any]:
    """The same as plain data."""
    line = ResultLine(
        run=result.run,
        state=result.state.value,
        message=result.message,
        exit_code=result.exit_code,
        done=len(result.done),
        failed=list(result.failed),
        left=len(result.left),
        lent=[loan.name for loan in result.lent],
        ways_on=ways_on(result.run, result.state, can_go_back=can_go_back(history, result.state)),
    )
    return asdict(line)


def can_go_back(history: RunHistory, state: RunState) -> bool:
    """Whether `ostler rollback` takes a run: an upgrade, or a way back that edited records and did not come to its
    end."""
    if history.record.operation == "upgrade":
        return state is not RunState.ROLLED_BACK
    touched = history.remembered.keys() | history.last_outcomes.keys()
    edited = any(step.kind == "edit-records" and step.id in touched for _, _, step in history.plan.steps())
    return history.record.operation == "rollback" and edited and state is not RunState.DONE


def ways_on(run: str, state: RunState, *, can_go_back: bool) -> list[str]:
    """The commands that lead on from where a run stands."""
    back = [_back(run)] if can_go_back else []
    return [_on(run, state), *back, f"ostler cancel {run}"] if state.is_open else back


def _on(run: str, state: RunState) -> str:
    if state is RunState.WAITING:
        return f"ostler approve {run} && ostler resume {run}"
    if state is RunState.PAUSED:
        return f"ostler resume {run} --max-failed N"
    return f"ostler resume {run}"


def _back(run: str) -> str:
    """A way back is a plan: shown, and carried out by a command of its own."""
    return f"ostler rollback {run} --out back.plan && ostler apply back.plan"


def runs_text(runs: Sequence[RunRecord], alive: frozenset[str]) -> str:
    """All runs, one line each, the newest first."""
    if not runs:
        return "No run yet. `ostler apply PLAN` begins one.\n"
    width = max(len(run.id) for run in runs)
    return "".join(f"{run.id:<{width}}  {_at(run.began_at)}  {_state(run, alive)}  {run.title}\n" for run in runs)


def show_run(history: RunHistory, *, verbose: bool = False) -> str:
    """Everything a person wants to know of one run. `verbose`: also every step that went well."""
    record = history.record
    alive = frozenset({record.id} if history.is_alive else ())
    lines = [f"Run {record.id}: {_state(record, alive).strip()}", f"  {record.title}, on {record.cloud}"]
    lines.append(f"  begun by {record.who} at {_at(record.began_at)}")
    if record.message:
        lines.append(f"  {record.message}")
    for approval in history.approvals.values():
        lines.append(f"  gate {approval.gate}: {approval.who} said yes at {_at(approval.at)}")
    lines += ["", *_stages(history, verbose)]
    lines += _failures(history)
    lines += [f"  killed or running in: {step}" for step in history.unfinished]
    lines += [f"  lent: {loan.name} since {_at(loan.lent_at)} by {loan.step}" for loan in history.loans if loan.is_open]
    lines += _checksums([finding for _, finding in history.findings])
    lines += _told([finding for _, finding in history.findings])
    if record.state.is_open and not history.is_alive:
        ways = ways_on(record.id, record.state, can_go_back=can_go_back(history, record.state))
        lines += ["", "Ways on:", *(f"  {way}" for way in ways)]
    return "\n".join(lines) + "\n"


def _state(run: RunRecord, alive: frozenset[str]) -> str:
    return f"{'running' if run.id in alive else _STATE_WORDS[run.state]:<40}"


def _at(when: float) -> str:
    return datetime.datetime.fromtimestamp(when, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _stages(history: RunHistory, verbose: bool) -> Iterator[str]:
    last = history.last_outcomes
    for number, stage in enumerate(history.plan.stages, start=1):
        steps = [step for lane in stage.lanes for step in lane.steps]
        good = [step for step in steps if step.id in last and last[step.id].outcome.is_good]
        seconds = sum(last[step.id].seconds for step in steps if step.id in last)
        yield f"{number:2}. {stage.title}: {len(good)} of {len(steps)} steps, {duration(seconds)} of work"
        for step in steps if verbose else ():
            outcome = last.get(step.id)
            yield f"      {step.id}: {_outcome(outcome) if outcome else 'not begun'}"


def _outcome(outcome: StepOutcome) -> str:
    reason = f" ({outcome.reason})" if outcome.reason else ""
    return f"{outcome.outcome.value.replace('_', ' ')} in {duration(outcome.seconds)}{reason}"


def _failures(history: RunHistory) -> Iterator[str]:
    for outcome in history.last_outcomes.values():
        if outcome.outcome.is_good:
            continue
        yield f"  {outcome.outcome.value}: {outcome.step}: {outcome.reason}"
        yield from (f"      {line}" for line in outcome.evidence)


def _where(plan: Plan, done: Sequence[str]) -> str:
    """In which stages all was done."""
    finished = set(done)
    steps = {stage.name: [step.id for lane in stage.lanes for step in lane.steps] for stage in plan.stages}
    stages = [name for name, ids in steps.items() if ids and finished.issuperset(ids)]
    return f" (stages complete: {', '.join(stages)})" if stages else ""


def _lent(result: RunResult) -> Iterator[str]:
    if not result.lent:
        yield "  lent: nothing"
    for loan in result.lent:
        is_over = result.state is RunState.CANCELLED
        gives = "only taking the run back gives it back" if is_over else "resume, rollback and cancel give it back"
        yield f"  still lent: {loan.name}, by {loan.step}; {gives}"


def _told(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.severity is not Severity.NOTE:
            yield f"  {finding.severity.value}: {finding.subject}: {finding.summary} [{finding.code}]"
            yield from (f"      {line}" for line in found_and_expected(finding))
            if finding.do_next:
                yield f"      do next: {finding.do_next}"


def _checksums(findings: Sequence[Finding]) -> Iterator[str]:
    """What the proof of the recorded bytes saw last, a line for each host."""
    proved = [finding for finding in findings if finding.code == "proof.bytes" and finding.severity is Severity.NOTE]
    for finding in proved[-1:]:
        says, _, sums = finding.summary.rpartition(": ")
        yield f"  {says}:"
        yield from (f"      {line}" for line in sums.split(", "))


def _ways_on(result: RunResult, *, can_go_back: bool) -> Iterator[str]:
    run, state = result.run, result.state
    if state in (RunState.DONE, RunState.CANCELLED):
        yield f"  what users and logs saw of it: ostler report {run} --html report.html"
        if can_go_back:
            yield f"  to take it back: {_back(run)}"
        return
    yield "The ways on:"
    word = _word_on(result)
    width = max(20, len(word) + 1)
    yield f"  {word:<{width}} {_on(run, state)}"
    if state is RunState.PAUSED:
        yield "    (N: the failures you take on, at least those seen; the last proof counts all of them)"
    if can_go_back:
        yield f"  {'take it back:':<{width}} {_back(run)}"
    yield f"  {'give up as it is:':<{width}} ostler cancel {run}"


def _word_on(result: RunResult) -> str:
    """What goes before `ostler resume`: nothing is to be mended where a person or a kill stopped the run."""
    if result.state is RunState.WAITING:
        return "say yes and go on:"
    if result.state is RunState.PAUSED:
        return "look at why, and go on:"
    is_on_purpose = result.state is RunState.RUNNING or result.message.startswith("stopped")
    return "go on:" if is_on_purpose else "fix it and go on:"
