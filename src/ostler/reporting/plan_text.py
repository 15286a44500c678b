"""A plan as text for a person: what will be done, in which order, why, how long, and how it is taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ostler.durations import duration
from ostler.errors import Finding, Severity
from ostler.planning.model import Lane, Plan, Stage
from ostler.reporting.findings import found_and_expected
from ostler.reporting.plan_changes import changes_of
from ostler.steps.model import Step
from ostler.steps.registry import kind_of


def plan_text(plan: Plan, *, verbose: bool = False) -> str:
    """Return the plan as plain text. Lanes that do the same on other hosts are folded unless `verbose`, which also
    shows why each step is there and what it changes in files."""
    lines = [plan.title, "=" * len(plan.title), ""]
    lines += [f"About {duration(plan.estimate_s)} in {len(plan.stages)} stages. Showing a plan changes nothing.", ""]
    lines += _verdict(plan)
    shown: dict[tuple[str, ...], str] = {}
    for number, stage in enumerate(plan.stages, 1):
        lines += _stage(number, stage, shown if verbose else None)
    if plan.notes:
        lines += ["Notes", *(f"  - {note}" for note in plan.notes), ""]
    lines.append(f"plan {plan.digest[:12]} of cloud {plan.cloud}")
    lines += _refused_at_the_end(plan)
    return "\n".join(lines) + "\n"


def _verdict(plan: Plan) -> list[str]:
    refusals = plan.refusals
    accepted = {acceptance.code: acceptance for acceptance in plan.accepted}
    lines = []
    if refusals:
        lines.append(f"This plan cannot be carried out: {_standing(refusals)} in the way.")
    for finding in plan.findings:
        if finding.severity is Severity.NOTE:
            mark = "note"
        elif finding in refusals:
            mark = "REFUSED"
        else:
            mark = f"accepted by {accepted[finding.code].by}"
        lines.append(f"  {mark}: {finding.subject}: {finding.summary} [{finding.code}]")
        lines += (f"      {line}" for line in found_and_expected(finding))
        if finding.do_next:
            lines.append(f"      {finding.do_next}")
    return [*lines, ""] if lines else []


def _refused_at_the_end(plan: Plan) -> list[str]:
    """A long plan ends with why it cannot be carried out: its head is out of sight by then."""
    if not plan.refusals:
        return []
    says = f"This plan cannot be carried out: {_standing(plan.refusals)} in the way (at the top)."
    return ["", says, "Failures must be mended; a warning can be taken on with --accept CODE."]


def _standing(refusals: Sequence[Finding]) -> str:
    return "1 finding stands" if len(refusals) == 1 else f"{len(refusals)} findings stand"


def _stage(number: int, stage: Stage, changes: dict[tuple[str, ...], str] | None) -> Iterator[str]:
    """A stage; `changes` are those shown before, by the step that was shown with them (None: not verbose)."""
    verbose = changes is not None
    yield f"{number:2}. {stage.title}  ({duration(stage.estimate_s)})"
    yield f"    why: {stage.why}"
    yield f"    undo: {stage.undo}"
    if stage.gate:
        word = "POINT OF NO RETURN" if stage.is_point_of_no_return else "ASKS FIRST"
        yield f"    {word} (--approve {stage.name}): {stage.gate}"
    how = _how(stage)
    if how:
        yield f"    {how}"
    folded: dict[tuple[str, ...], list[str]] = {}
    for lane in stage.lanes:
        folded.setdefault(_shape(lane) if not verbose else (lane.name,), []).append(lane.name)
    shown: set[tuple[str, ...]] = set()
    for lane in stage.lanes:
        shape = _shape(lane) if not verbose else (lane.name,)
        if shape in shown:
            continue
        shown.add(shape)
        others = folded[shape][1:]
        then = "then " if stage.in_flight == 1 else ""
        also = f" (the same {then}on {_names(others)})" if others else ""
        yield f"    {lane.name}{also}"
        for step in lane.steps:
            loan = " [a loan]" if step.lends else ""
            yield f"      - {kind_of(step.kind).title(step)}{loan}"
            if changes is not None:
                yield f"          why: {step.why}; undo: {step.undo}"
                yield from _changes(step, changes)
    yield ""


def _changes(step: Step, shown: dict[tuple[str, ...], str]) -> Iterator[str]:
    """What a step changes in files; what an earlier step changes likewise is shown there alone."""
    lines = changes_of(step)
    if not lines:
        return
    if lines in shown:
        yield f"          changes the same as {shown[lines]}"
        return
    shown[lines] = step.id
    yield from (f"          {line}" for line in lines)


def _how(stage: Stage) -> str:
    if len(stage.lanes) < 2:
        return ""
    if stage.in_flight == 1:
        return "one after the other; stops at the first failure"
    canary = f"{stage.lanes[0].name} alone first, then " if stage.first_alone else ""
    limit = f", at most {stage.per_domain} of one failure domain" if stage.per_domain else ""
    return f"{canary}up to {min(stage.in_flight, len(stage.lanes))} side by side{limit}; stops at the first failure"


def _shape(lane: Lane) -> tuple[str, ...]:
    return tuple(f"{step.kind}:{step.id.rpartition('/')[2]}" for step in lane.steps)


def _names(names: list[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more"
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
