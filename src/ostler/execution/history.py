"""A run's journal as the data its way back is planned from."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from ostler.execution.home import Home, find_home
from ostler.execution.journal import Journal
from ostler.execution.lock import holder_here
from ostler.execution.proofs.inventory import INVENTORY_NAME
from ostler.execution.records import RunRecord, RunState, SavedFile
from ostler.planning.rollback.history import RecordedFile, RunHistory

PREPARING = ("ready/", "protect/", "place/", "accounts/", "bring/", "check/")
"""How the ids of an upgrade's steps begin that change nothing of what serves users."""

LOOKING = ("look/", "check-dump/")
"""How the ids of a way back's steps begin that change nothing."""


def history_of(run: str, home: Home | None = None) -> RunHistory:
    """Return what a run did. Raises InputError for a run that is not in the journal."""
    with contextlib.closing(Journal(home or find_home())) as journal:
        return history_in(journal, run)


def history_in(journal: Journal, run: str) -> RunHistory:
    """The same from a journal that is open."""
    home, record = journal.home, journal.runs.get(run)
    holder = holder_here(home.lock(record.cloud))
    outcomes = journal.steps.last_outcomes(run)
    remembered = journal.steps.remembered(run)
    return RunHistory(
        run_id=run,
        plan=journal.runs.plan(run),
        touched=frozenset(remembered) | frozenset(outcomes),
        done=frozenset(step for step, outcome in outcomes.items() if outcome.outcome.is_good),
        remembered=remembered,
        files=_files(journal.files.all(run)),
        open_loans={loan.step: loan.name for loan in journal.loans.open(run)},
        inventory=_inventory(home, run),
        is_taken_back=record.state is RunState.ROLLED_BACK,
        is_alive=holder is not None and holder.run == run,
        later=later_upgrades(journal, record),
        state=record.state.value,
        newest=next((other.id for other in journal.runs.all() if other.cloud == record.cloud), ""),
    )


def ways_back(journal: Journal, run: str) -> list[RunRecord]:
    """The runs that took a run back, or began to; the newest first."""
    return [
        other
        for other in journal.runs.all()
        if other.operation == "rollback" and journal.runs.plan(other.id).request.get("run") == run
    ]


def has_changed(journal: Journal, way_back: str) -> bool:
    """Whether a way back got beyond looking."""
    return any(not step.startswith(LOOKING) for step in journal.steps.begun(way_back))


def later_upgrades(journal: Journal, record: RunRecord) -> tuple[str, ...]:
    """The upgrade runs on the same cloud that got beyond preparing since, and were not taken back."""
    return tuple(
        run.id
        for run in journal.runs.all()
        if (run.cloud, run.operation) == (record.cloud, "upgrade")
        and run.began_at > record.began_at
        and run.state is not RunState.ROLLED_BACK
        and any(not step.startswith(PREPARING) for step in journal.steps.begun(run.id))
    )


def _files(saved: list[SavedFile]) -> dict[str, dict[str, RecordedFile | None]]:
    files: dict[str, dict[str, RecordedFile | None]] = {}
    for file in saved:
        files.setdefault(file.host, {})[file.path] = _recorded(file)
    return files


def _recorded(file: SavedFile) -> RecordedFile | None:
    if file.sha256 is None:
        return None
    return RecordedFile(file.sha256, file.mode or "0600", file.owner or "root", file.group or "root")


def _inventory(home: Home, run: str) -> dict[str, Any]:
    path = home.run_folder(run) / INVENTORY_NAME
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
