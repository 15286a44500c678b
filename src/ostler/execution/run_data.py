"""Everything that is known of one run, read from its journal and its folder: what a report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from ostler.errors import Finding
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.probe.figures import Figures, figures
from ostler.execution.probe.records import RECORDS_NAME
from ostler.execution.proofs.model import ProofResult
from ostler.execution.proofs.registry import read_results
from ostler.execution.records import Approval, Loan, RunRecord, StepOutcome
from ostler.planning.model import Plan
from ostler.steps.files_save import SaveFiles

PROBE_FOLDER = "probe"
"""The folder below the run's in which its probe writes."""


@dataclass(frozen=True)
class StepTimes:
    """One step's attempts: how many there were, when the first and the last began (epoch), how the last ended (None:
    it runs, or was killed)."""

    attempts: int
    first_at: float
    last_at: float
    outcome: StepOutcome | None


@dataclass(frozen=True)
class RunData:
    """One run. ``steps`` holds those that ever meant to act or ended; ``seen`` is None when no probe wrote anything;
    ``ran_before`` tells of each host and service the environment it ran from before anything was changed."""

    run: RunRecord
    plan: Plan
    steps: Mapping[str, StepTimes]
    loans: tuple[Loan, ...]
    findings: tuple[tuple[str, Finding], ...]
    approvals: Mapping[str, Approval]
    proofs: tuple[ProofResult, ...]
    seen: Figures | None
    saved_files: int = 0
    changes: Mapping[str, int] = field(default_factory=dict)
    ran_before: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_run(home: Home, run: str) -> RunData:
    """Return what is known of a run. Raises InputError for one that is not in the journal."""
    journal = Journal(home)
    try:
        record = journal.runs.get(run)
        plan = journal.runs.plan(run)
        changes: dict[str, int] = {}
        for effect in journal.steps.effects(run):
            changes[effect.step] = changes.get(effect.step, 0) + effect.is_change
        return RunData(
            run=record,
            plan=plan,
            steps=_steps(journal, run, plan),
            loans=tuple(journal.loans.all(run)),
            findings=tuple(journal.runs.findings(run)),
            approvals=journal.runs.approvals(run),
            proofs=tuple(read_results(home.run_folder(run))),
            seen=_seen(home, record),
            saved_files=len(journal.files.all(run)),
            changes=changes,
            ran_before=_ran_before(journal, run, plan),
        )
    finally:
        journal.close()


def _steps(journal: Journal, run: str, plan: Plan) -> dict[str, StepTimes]:
    outcomes = journal.steps.last_outcomes(run)
    found = {}
    for _, _, step in plan.steps():
        intents, outcome = journal.steps.intents(run, step.id), outcomes.get(step.id)
        if not intents and outcome is None:
            continue
        ended = outcome if outcome is not None and (not intents or outcome.attempt >= intents[-1].attempt) else None
        begins = [intent.at for intent in intents] or ([outcome.at - outcome.seconds] if outcome else [])
        attempts = max([len(intents), outcome.attempt if outcome else 0])
        found[step.id] = StepTimes(attempts, begins[0], begins[-1], ended)
    return found


def _ran_before(journal: Journal, run: str, plan: Plan) -> dict[str, dict[str, str]]:
    remembered, found = journal.steps.remembered(run), {}
    for step in (step for _, _, step in plan.steps() if step.kind == SaveFiles.name):
        for request, value in remembered.get(step.id, {}).items():
            if request.fact == "host.environments":
                found[str(step.host)] = {service: PurePath(path).name for service, path in value["links"].items()}
    return found


def _seen(home: Home, record: RunRecord) -> Figures | None:
    folder = home.run_folder(record.id) / PROBE_FOLDER
    return figures(folder, since=record.began_at) if (folder / RECORDS_NAME).exists() else None
