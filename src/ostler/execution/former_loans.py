"""What the run that is taken back had lent is given back before its way back begins: a host found out of the load
balancer would be taken for one that somebody else took out, and would stay out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ostler.errors import Finding, Severity
from ostler.execution.effect_bench import Bench
from ostler.execution.events import Events, FindingTold
from ostler.execution.lane_runner import LaneRunner
from ostler.execution.records import Loan, RunState
from ostler.execution.stopping import Standing, StopWish
from ostler.planning.model import Plan


def give_back_former(plan: Plan, bench: Bench, events: Events) -> Standing | None:
    """Give back what the run that a plan takes back had lent, and what former ways back of it had. Returns None when
    nothing is out any more that Ostler gives back by itself; otherwise why the way back must not begin.

    A compute is enabled even while its nova-compute is stopped: the way back starts it.
    """
    left: list[Loan] = []
    for run in _former(plan, bench):
        lanes = LaneRunner(bench.journal.runs.plan(run), replace(bench, run=run), events, StopWish())
        left += lanes.give_back_all(waits=False)
    for loan in left:
        told = _still_lent(loan, bench.run)
        bench.journal.runs.add_finding(bench.run, loan.step, told)
        events.tell(FindingTold(loan.step, told))
    if not left:
        return None
    names = ", ".join(loan.name for loan in left)
    return Standing(RunState.FAILED, f"nothing was taken back, since this could not be given back before: {names}")


def _former(plan: Plan, bench: Bench) -> Iterator[str]:
    """The runs with open loans that are the one taken back, or were ways back of it."""
    taken_back, runs = plan.request.get("run"), bench.journal.runs
    lenders = dict.fromkeys(loan.run for loan in reversed(bench.journal.loans.open_on(plan.cloud)))
    for run in lenders:
        is_way_back = runs.get(run).operation == "rollback" and runs.plan(run).request.get("run") == taken_back
        if run != bench.run and (run == taken_back or is_way_back):
            yield run


def _still_lent(loan: Loan, run: str) -> Finding:
    return Finding(
        "execution.former-loan-out",
        Severity.FAILURE,
        loan.name,
        f"{loan.name}, lent by run {loan.run}, could not be given back: the way back does not begin while it is out",
        do_next=f"mend what kept it from being given back, then: ostler resume {run}",
    )
