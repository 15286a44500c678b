"""One run as data: a tiny upgrade in three stages, with a probe beside it. Tests alter what they are about."""

from __future__ import annotations

from collections.abc import Sequence

from ostler.errors import Finding, Severity
from ostler.execution.effect_files import CONFIG_CHANGED
from ostler.execution.probe.figures import Figures, add_up
from ostler.execution.probe.records import Record
from ostler.execution.proofs.model import ProofResult, Row
from ostler.execution.records import Approval, Loan, Outcome, RunRecord, RunState, StepOutcome
from ostler.execution.run_data import RunData, StepTimes
from ostler.planning.model import Lane, Plan, Stage
from ostler.steps.model import Step

BEGAN = 1_800_000_000.0
APIS = ("keystone", "glance", "placement", "nova", "neutron", "cinder")


def step(key: str, host: str = "ctl1", kind: str = "prove", **params: object) -> Step:
    params = params or {"proof": key.rpartition("/")[2], "release": "2025.1", "says": "it is so"}
    return Step(id=key, kind=kind, host=host, why=f"why of {key}", undo="nothing", estimate_s=5.0, params=params)


def plan(*stages: Stage) -> Plan:
    return Plan(
        operation="upgrade",
        title="Upgrade tiny from 2024.1 to 2025.1",
        cloud="tiny",
        cloud_digest="c",
        created_at=BEGAN - 60,
        snapshot_digest="s",
        request={},
        stages=stages,
    ).sealed()


def stage(name: str, *steps: Step, gate: str | None = None) -> Stage:
    return Stage(name, f"Title of {name}", f"why of {name}", "an undo", (Lane("ctl1", steps),), gate=gate)


PLAN = plan(
    stage("ready", step("ready/ctl1/record-inventory")),
    stage("roll", step("roll/ctl1/one"), step("roll/ctl2/two", "ctl2"), gate="Go on?"),
    stage("prove", step("prove/ctl1/processes"), step("prove/ctl1/functional")),
)


def ended(key: str, at: float, outcome: Outcome = Outcome.DONE, reason: str = "", seconds: float = 4.0) -> StepTimes:
    told = StepOutcome(key, "d", 1, outcome, reason, ("evidence line",), seconds, at + seconds)
    return StepTimes(1, at, at, told)


def steps_done() -> dict[str, StepTimes]:
    keys = [s.id for _, _, s in PLAN.steps()]
    return {key: ended(key, BEGAN + 10.0 * number) for number, key in enumerate(keys)}


def records(*more: Record, until: float = 50.0) -> list[Record]:
    """Six APIs asked six times a second, and what a test adds."""
    asked = [Record(BEGAN + n / 6, api, "list", 0.05, 200, True) for n in range(int(until * 6)) for api in APIS]
    return sorted([*asked, *more], key=lambda record: record.at)


def seen(*more: Record) -> Figures:
    return add_up(records(*more))


def proof(
    name: str, ok: bool = True, detail: str = "it is so", rows: Sequence[Row] = (), **data: object
) -> ProofResult:
    return ProofResult(name, ok, detail, 1.0, tuple(rows), data, "2025.1", BEGAN + 40)


def proofs() -> tuple[ProofResult, ...]:
    names = dict.fromkeys(str(s.params["proof"]) for _, _, s in PLAN.steps())
    return tuple(proof(name) for name in names)


def finding(summary: str = "something", code: str = "nova.odd", subject: str = "ctl1") -> Finding:
    return Finding(code, Severity.WARNING, subject, summary, evidence=("line",))


def config_change(host: str, *lines: str) -> tuple[str, Finding]:
    told = Finding(CONFIG_CHANGED, Severity.NOTE, f"{host}:/etc/nova/nova.conf", "edited", evidence=lines)
    return "roll/ctl1/one", told


def run(state: RunState = RunState.DONE, message: str = "") -> RunRecord:
    return RunRecord(
        "2026-11-20-1-upgrade", "upgrade", PLAN.title, "p", "tiny", "c", "root", BEGAN, BEGAN + 60, state, message
    )


def data(**changes: object) -> RunData:
    """A run that went well; ``changes`` are fields of RunData."""
    values: dict[str, object] = {
        "run": run(),
        "plan": PLAN,
        "steps": steps_done(),
        "loans": (),
        "findings": (),
        "approvals": {"roll": Approval("roll", "root", BEGAN)},
        "proofs": proofs(),
        "seen": seen(),
    }
    return RunData(**{**values, **changes})  # type: ignore[arg-type]


def loan(name: str = "ctl1 out of nova-api", *, is_open: bool = False) -> Loan:
    return Loan(
        "r", name, "roll/ctl1/one", BEGAN, None, None if is_open else BEGAN + 5, "" if is_open else "given back"
    )
