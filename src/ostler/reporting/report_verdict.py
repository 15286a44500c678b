"""The verdict of a report: one word, and the sentences it rests on, the worst news first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ostler.execution.probe.limits import LEAST_PER_SECOND
from ostler.execution.proofs.model import counted
from ostler.execution.records import RunState
from ostler.execution.run_data import RunData
from ostler.reporting.report_model import (
    LogReview,
    ProbeAbout,
    ProbeApi,
    Proof,
    StageDone,
    Statement,
    StepDone,
    Verdict,
)
from ostler.reporting.report_probe import failures_of
from ostler.reporting.report_steps import BAD

STATES: Mapping[RunState, str] = {
    RunState.RUNNING: "the run is not over: it goes on, or its process was killed (then: ostler resume)",
    RunState.WAITING: "the run waits for a person to say yes: ostler approve",
    RunState.PAUSED: "the run paused: the probe saw more failures than allowed",
    RunState.STOPPED: "the run was stopped and can be gone on with: ostler resume",
    RunState.FAILED: "the run failed: put the cause right and `ostler resume`, `ostler rollback` or `ostler cancel`",
    RunState.CANCELLED: "the run was given up",
    RunState.ROLLED_BACK: "a later run took it back",
    RunState.DONE: "every step was carried out",
    RunState.DONE_WITH_FAILURES: "every stage was carried out, with failures that were tolerated",
}


def verdict_of(
    data: RunData,
    about: ProbeAbout,
    apis: Mapping[str, ProbeApi],
    proofs: Sequence[Proof],
    stages: Sequence[StageDone],
    steps: Sequence[StepDone],
    logs: LogReview,
) -> Verdict:
    """Judge a run: good only when it is done, nothing was disproved, nothing is lent and no request failed."""
    statements = [
        *_run(data, stages, steps),
        *_proofs(data, proofs),
        *_probe(about, apis, is_judged=not data.plan.takes_apis_away),
        *_loans(data),
        *_logs(logs),
    ]
    is_good = all(statement.ok is not False for statement in statements)
    is_done = data.run.state in (RunState.DONE, RunState.DONE_WITH_FAILURES)
    is_proved = bool(proofs) and not missing_proofs(data, proofs)
    word = "Done and proved" if is_good and is_proved else "Done" if is_good else "Done, but look"
    if not is_done:
        word = "Failed" if data.run.state is RunState.FAILED else "Not finished"
    ordered = sorted(statements, key=lambda statement: {False: 0, None: 1, True: 2}[statement.ok])
    return Verdict(ok=is_good and is_done, word=word, statements=ordered)


def missing_proofs(data: RunData, proofs: Sequence[Proof]) -> list[str]:
    """Return the proofs the plan asks for that were not carried out."""
    wanted = [str(step.params.get("proof")) for _, _, step in data.plan.steps() if step.kind == "prove"]
    return [name for name in dict.fromkeys(wanted) if name not in {proof.name for proof in proofs}]


def _run(data: RunData, stages: Sequence[StageDone], steps: Sequence[StepDone]) -> Iterator[Statement]:
    message = f": {data.run.message}" if data.run.message else ""
    is_open = data.run.state in (RunState.RUNNING, RunState.WAITING)
    yield Statement(ok=None if is_open else data.run.state is RunState.DONE, text=f"{STATES[data.run.state]}{message}")
    for stage in stages:
        if stage.state == "failed":
            first = next(step for step in steps if step.stage == stage.name and step.outcome in BAD)
            words = f"{stage.steps_failed} of {counted(stage.steps, 'step')} failed, first {first.id}: {first.reason}"
            yield Statement(ok=False, text=f"stage “{stage.title}”: {words}")


def _proofs(data: RunData, proofs: Sequence[Proof]) -> Iterator[Statement]:
    bad = [proof for proof in proofs if not proof.ok]
    missing = missing_proofs(data, proofs)
    for proof in bad:
        yield Statement(ok=False, text=f"not proved, {proof.name}: {proof.detail}")
    if missing:
        yield Statement(ok=None, text=f"not looked at yet: {', '.join(missing)}")
    tried = [proof for proof in proofs if proof.is_tried]
    for proof in proofs:
        if not proof.is_tried:
            yield Statement(ok=None, text=f"not tried, {proof.name}: {proof.detail}")
    if tried and not bad:
        yield Statement(ok=True, text=f"{counted(len(tried), 'proof')} {'holds' if len(tried) == 1 else 'hold'}")


def _probe(about: ProbeAbout, apis: Mapping[str, ProbeApi], *, is_judged: bool) -> Iterator[Statement]:
    if not about.ran:
        yield Statement(ok=None, text="no probe ran: what users saw was not measured")
        return
    failed = failures_of(apis)
    longest = max((api.longest_stall_s or 0.0 for api in apis.values()), default=0.0)
    slowest = next((name for name, api in apis.items() if (api.longest_stall_s or 0.0) == longest), "")
    wrong = failed - about.failed
    bad = ", ".join(f"{name} {api.failed}" for name, api in apis.items() if api.failed)
    text = f"{about.failed} of {about.requests:,} requests failed{f' ({bad})' if bad else ''}"
    text += f"; {counted(about.servers_in_error, 'probe server')} went to ERROR"
    if wrong > about.servers_in_error:
        text += f"; {wrong - about.servers_in_error} other objects ended wrong"
    text += "" if is_judged else "; the plan took the APIs away for a while"
    yield Statement(ok=failed == 0 or (None if not is_judged else False), text=text)
    yield from _limits(apis, f"the longest wait for an answer was {longest:.1f} s ({slowest})")


def _limits(apis: Mapping[str, ProbeApi], longest: str) -> Iterator[Statement]:
    """A slow machine makes no run bad, but it is told: an answer that comes late was not refused."""
    for name, api in apis.items():
        if api.beyond_limits:
            yield Statement(ok=None, text=f"{name}: {'; '.join(api.beyond_limits)}")
    if not any((api.longest_stall_s or 0.0) > api.stall_limit_s for api in apis.values()):
        yield Statement(ok=True, text=longest)
    least = min((api.per_second for api in apis.values()), default=0.0)
    if least >= LEAST_PER_SECOND:
        yield Statement(ok=True, text=f"every API was asked {least:.1f} times a second or more")


def _loans(data: RunData) -> Iterator[Statement]:
    lent = [loan.name for loan in data.loans if loan.is_open]
    if lent:
        yield Statement(ok=False, text=f"still lent: {'; '.join(lent)}")
    elif data.loans:
        yield Statement(ok=True, text=f"{counted(len(data.loans), 'loan')} given back, none is out")


def _logs(logs: LogReview) -> Iterator[Statement]:
    unexplained = [kind for kind in logs.kinds if not kind.harmless]
    if unexplained:
        records = counted(sum(kind.count for kind in unexplained), "new error record")
        kinds = counted(len(unexplained), "kind")
        yield Statement(ok=None, text=f"{records} of {kinds} in the logs, whose harm is not known: read them")
