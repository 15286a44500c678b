"""A run's data as its report. Pure: the time it is made is passed in."""

from __future__ import annotations

from importlib.metadata import version

from ostler.catalog import load_catalog
from ostler.execution.probe.limits import held_apis
from ostler.execution.records import Loan
from ostler.execution.run_data import RunData
from ostler.reporting.report_findings import availability_of, config_diffs_of, findings_of, log_review_of, proofs_of
from ostler.reporting.report_model import REPORT_FORMAT, LoanSeen, RanBefore, RunAbout, RunReport
from ostler.reporting.report_probe import probe_about, probe_apis
from ostler.reporting.report_steps import stages_of, steps_of
from ostler.reporting.report_verdict import verdict_of


def report_of(data: RunData, made_at: float) -> RunReport:
    """Return the report of a run as it stands; ``made_at`` is seconds since the epoch."""
    about = probe_about(data.seen)
    apis = probe_apis(data.seen, about.bucket_s, held_apis(load_catalog(), data.plan))
    steps = steps_of(data)
    stages = stages_of(data, steps)
    proofs, logs = proofs_of(data), log_review_of(data)
    return RunReport(
        format=REPORT_FORMAT,
        ostler=version("ostler"),
        made_at=made_at,
        verdict=verdict_of(data, about, apis, proofs, stages, steps, logs),
        run=_run(data),
        probe=apis,
        probe_about=about,
        proofs=proofs,
        availability=availability_of(data),
        ran_before=_ran_before(data),
        stages=stages,
        steps=steps,
        config_diffs=config_diffs_of(data),
        findings=findings_of(data),
        loans_open=[_loan(loan) for loan in data.loans if loan.is_open],
        loans_returned=[_loan(loan) for loan in data.loans if not loan.is_open],
        log_review=logs,
    )


def _run(data: RunData) -> RunAbout:
    run = data.run
    return RunAbout(
        id=run.id,
        operation=run.operation,
        title=run.title,
        cloud=run.cloud,
        who=run.who,
        began_at=run.began_at,
        ended_at=run.ended_at,
        seconds=None if run.ended_at is None else round(run.ended_at - run.began_at, 1),
        estimate_s=round(data.plan.estimate_s, 1),
        state=str(run.state),
        message=run.message,
        plan_digest=run.plan_digest,
    )


def _ran_before(data: RunData) -> list[RanBefore]:
    hosts: dict[tuple[str, str], list[str]] = {}
    for host, services in data.ran_before.items():
        for service, environment in services.items():
            hosts.setdefault((service, environment), []).append(host)
    return [
        RanBefore(service=service, environment=environment, hosts=on)
        for (service, environment), on in sorted(hosts.items())
    ]


def _loan(loan: Loan) -> LoanSeen:
    return LoanSeen(name=loan.name, step=loan.step, lent_at=loan.lent_at, returned_at=loan.returned_at, how=loan.how)
