"""The part of the journal about runs: their plans, states, gates and findings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from ostler.errors import Finding, InputError
from ostler.execution.clock import Now
from ostler.execution.database import Database
from ostler.execution.records import Approval, RunRecord, RunState
from ostler.execution.remembering import finding_from_json, finding_to_json
from ostler.execution.tables import APPROVALS, FINDINGS, LANE_ENDS, LOANS, RUNS
from ostler.planning.model import Plan, plan_from_json, plan_to_json

# Made once: a run executes these for each step or lane.
_LANE_ENDS = sa.select(sa.func.count()).where(
    LANE_ENDS.c.run == sa.bindparam("of_run"),
    LANE_ENDS.c.stage == sa.bindparam("of_stage"),
    LANE_ENDS.c.lane == sa.bindparam("of_lane"),
)
_SHORT = tuple(RUNS.c[name] for name in RunRecord.__dataclass_fields__)
"""All but the plan, which is long."""

_IS_RUN = RUNS.c.id == sa.bindparam("of_run")
_RECORD, _PLAN, _WISH = (sa.select(*columns).where(_IS_RUN) for columns in (_SHORT, (RUNS.c.plan,), (RUNS.c.wish,)))
_ADD_FINDING = sa.insert(FINDINGS)


class RunBook:
    """Every run of this machine."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    def begin(self, plan: Plan, who: str) -> str:
        """Record a new run of a plan and return its id, such as `2026-11-20-1-upgrade`."""
        at = self._now()
        day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
        with self._database.changing() as connection:
            # Taken before the first look, so that two processes cannot choose the same number.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            today = connection.execute(sa.select(RUNS.c.id).where(RUNS.c.id.like(f"{day}-%"))).scalars()
            last = max((int(run.removeprefix(f"{day}-").split("-")[0]) for run in today), default=0)
            run = f"{day}-{last + 1}-{plan.operation}"
            values = {
                "id": run,
                "plan": plan_to_json(plan),
                "plan_digest": plan.digest,
                "operation": plan.operation,
                "title": plan.title,
                "cloud": plan.cloud,
                "cloud_digest": plan.cloud_digest,
                "who": who,
                "began_at": at,
                "state": RunState.RUNNING,
            }
            connection.execute(RUNS.insert().values(**values))
        return run

    def all(self) -> list[RunRecord]:
        """Every run, the newest first."""
        query = sa.select(*_SHORT).order_by(RUNS.c.began_at.desc(), RUNS.c.id.desc())
        with self._database.reading() as connection:
            return [_record(dict(row)) for row in connection.execute(query).mappings()]

    def get(self, run: str) -> RunRecord:
        """One run. Raises InputError `execution.unknown-run`."""
        return _record(self._row(run, _RECORD))

    def plan(self, run: str) -> Plan:
        """The plan of a run, as it was frozen. Raises InputError when it was tampered with."""
        return plan_from_json(self._row(run, _PLAN)["plan"])

    def set_state(self, run: str, state: RunState, message: str = "") -> None:
        """Record where a run is; all but RUNNING also record when, RUNNING forgets what was wished."""
        is_running = state is RunState.RUNNING
        values = {"state": state, "message": message, "ended_at": None if is_running else self._now()}
        with self._database.changing() as connection:
            connection.execute(
                RUNS.update().where(RUNS.c.id == run).values(**values, **({"wish": ""} if is_running else {}))
            )

    def set_rolled_back(self, run: str, by: str) -> None:
        """Record that a run was taken back by another one, and with it what it lent by editing files, which have their
        bytes from before. Nothing happens when this journal does not know it."""
        at, how = self._now(), f"taken back by run {by}"
        lent = (LOANS.c.run == run) & LOANS.c.returned_at.is_(None)
        with self._database.changing() as connection:
            connection.execute(LOANS.update().where(lent).values(returned_at=at, how=how))
            values = {"state": RunState.ROLLED_BACK, "message": how, "ended_at": at}
            connection.execute(RUNS.update().where(RUNS.c.id == run).values(**values))

    def wish(self, run: str) -> str:
        """What another process asks of a run: "" or "cancel"."""
        return str(self._row(run, _WISH)["wish"])

    def set_wish(self, run: str, wish: str) -> None:
        """Ask something of a run that another process carries out."""
        with self._database.changing() as connection:
            connection.execute(RUNS.update().where(RUNS.c.id == run).values(wish=wish))

    def approve(self, run: str, gate: str, who: str) -> None:
        """Record a yes to a gate; the first one stays."""
        with self._database.changing() as connection:
            values = {"run": run, "gate": gate, "who": who, "at": self._now()}
            connection.execute(APPROVALS.insert().prefix_with("OR IGNORE").values(**values))

    def revoke(self, run: str, gate: str) -> None:
        """Forget that somebody said yes to a gate: there is more to say yes to now."""
        with self._database.changing() as connection:
            connection.execute(APPROVALS.delete().where((APPROVALS.c.run == run) & (APPROVALS.c.gate == gate)))

    def approvals(self, run: str) -> dict[str, Approval]:
        """The gates of a run that somebody said yes to, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(APPROVALS).where(APPROVALS.c.run == run))
            return {row.gate: Approval(row.gate, row.who, row.at) for row in rows}

    def add_finding(self, run: str, step: str, finding: Finding) -> None:
        """Record what a step had to say."""
        with self._database.changing() as connection:
            values = {"run": run, "step": step, "finding": finding_to_json(finding), "at": self._now()}
            connection.execute(_ADD_FINDING, values)

    def findings(self, run: str) -> list[tuple[str, Finding]]:
        """What was found during a run: (step id, finding), the oldest first, each once."""
        query = sa.select(FINDINGS).where(FINDINGS.c.run == run).order_by(FINDINGS.c.number)
        with self._database.reading() as connection:
            told = [(row.step, finding_from_json(row.finding)) for row in connection.execute(query)]
        return list(dict.fromkeys(told))

    def end_lane(self, run: str, stage: str, lane: str, result: str) -> None:
        """Record that a lane came to an end that is no completion (`failed`, `stopped`)."""
        with self._database.changing() as connection:
            values = {"run": run, "stage": stage, "lane": lane, "result": result, "at": self._now()}
            connection.execute(LANE_ENDS.insert().values(**values))

    def lane_attempt(self, run: str, stage: str, lane: str) -> int:
        """Which attempt of a lane is the next or the present one: 1 and one more for each recorded end. A lane whose
        process was killed has no end, so its attempt is gone on with."""
        values = {"of_run": run, "of_stage": stage, "of_lane": lane}
        with self._database.reading() as connection:
            return 1 + int(connection.execute(_LANE_ENDS, values).scalar_one())

    def _row(self, run: str, query: sa.Select[Any]) -> Mapping[str, Any]:
        with self._database.reading() as connection:
            row = connection.execute(query, {"of_run": run}).mappings().first()
        if row is None:
            raise InputError(
                "execution.unknown-run", f"there is no run {run!r}", do_next="`ostler runs` lists the runs there are"
            )
        return dict(row)


def _record(row: Mapping[str, Any]) -> RunRecord:
    return RunRecord(**{**row, "state": RunState(row["state"])})
