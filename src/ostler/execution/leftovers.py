"""What a former or a present run left on a cloud: an open run, open loans, a lock of another machine. Reads only."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterable

from ostler.cloud.model import Cloud
from ostler.errors import Finding, Severity
from ostler.execution.cloud_lock import holder_now
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.lock import holder_here
from ostler.execution.records import Loan, RunRecord
from ostler.remote.protocol import Transport


def leftovers(cloud: Cloud, transport: Transport, home: Home) -> list[Finding]:
    """Return findings about runs on a cloud that this machine's journal or the controllers know of.

    Raises JournalUnwritable when the journal cannot be opened.
    """
    holder = holder_here(home.lock(cloud.name))
    if holder is not None:
        return [_at_work(cloud, str(holder))]
    with contextlib.closing(Journal(home)) as journal:
        runs = [run for run in journal.runs.all() if run.cloud == cloud.name and run.state.is_open]
        loans = journal.loans.open_on(cloud.name)
    other = holder_now(cloud, transport)
    elsewhere = [_at_work(cloud, str(other))] if other else []
    return [*elsewhere, *(_unfinished(run) for run in runs), *(_still_lent(loan, runs) for loan in loans)]


def _at_work(cloud: Cloud, who: str) -> Finding:
    return Finding(
        code="runs.at-work",
        severity=Severity.FAILURE,
        subject=cloud.name,
        summary="a run is working on this cloud now: what is found meanwhile may be its doing",
        found=who,
        expected="nobody",
        do_next="wait until it ends, then check again; ostler runs shows it on the machine where it runs",
    )


def _unfinished(run: RunRecord) -> Finding:
    return Finding(
        code="runs.unfinished",
        severity=Severity.WARNING,
        subject=f"run {run.id}",
        summary=f"{run.title}: begun by {run.who} and not finished",
        found=f"{run.state.value}. {run.message}".strip(),
        expected="done, rolled back or cancelled",
        do_next=f"ostler resume {shlex.quote(run.id)}, or {_way_back(shlex.quote(run.id))}",
    )


def _way_back(run: str) -> str:
    return f"ostler rollback {run} --out back.plan && ostler apply back.plan"


def _still_lent(loan: Loan, unfinished: Iterable[RunRecord]) -> Finding:
    run = shlex.quote(loan.run)
    is_open = any(other.id == loan.run for other in unfinished)
    return Finding(
        code="runs.loan-open",
        severity=Severity.WARNING,
        subject=f"loan {loan.name}",
        summary="a temporary change was not given back",
        found=f"lent by step {loan.step} of run {loan.run}",
        expected="given back when the run stopped or ended",
        do_next=f"ostler resume {run}, which gives it back; or {_way_back(run)}" if is_open else _way_back(run),
    )
