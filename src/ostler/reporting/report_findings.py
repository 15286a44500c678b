"""The report's parts about what was found: findings, configuration differences, proofs, logs, availability."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ostler.errors import Finding
from ostler.execution.effect_files import CONFIG_CHANGED
from ostler.execution.proofs.availability import FOR_USERS
from ostler.execution.proofs.model import ProofResult
from ostler.execution.run_data import RunData
from ostler.reporting.report_model import (
    Availability,
    ConfigDiff,
    FindingSeen,
    LogKind,
    LogReview,
    Proof,
    ProofRow,
)

PROOF_CODES = "proof."
"""Findings whose code begins so repeat what a proof says."""


def findings_of(data: RunData) -> list[FindingSeen]:
    """Return the plan's findings and those of the run, each once; differences and proofs have parts of their own."""
    accepted = {acceptance.code: acceptance.by for acceptance in data.plan.accepted}
    told: Iterable[tuple[str, Finding]] = [*(("", f) for f in data.plan.findings), *data.findings]
    return [
        FindingSeen(
            step=step,
            code=finding.code,
            severity=str(finding.severity),
            subject=finding.subject,
            summary=finding.summary,
            found=finding.found,
            expected=finding.expected,
            do_next=finding.do_next,
            evidence=list(finding.evidence),
            accepted_by=accepted.get(finding.code),
        )
        for step, finding in dict.fromkeys(told)
        if finding.code != CONFIG_CHANGED and not finding.code.startswith(PROOF_CODES)
    ]


def config_diffs_of(data: RunData) -> list[ConfigDiff]:
    """Return how files were changed, in the order of the changes; hosts with the same change stand together."""
    hosts: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for _, finding in data.findings:
        if finding.code == CONFIG_CHANGED:
            host, _, path = finding.subject.partition(":")
            hosts.setdefault((path, finding.evidence), []).append(host)
    return [
        ConfigDiff(path=path, hosts=list(dict.fromkeys(its)), lines=list(lines)) for (path, lines), its in hosts.items()
    ]


def proofs_of(data: RunData) -> list[Proof]:
    """Return the proofs' last results in the order they were carried out."""
    says = {step.params.get("proof"): str(step.params.get("says", "")) for _, _, step in data.plan.steps()}
    return [
        Proof(
            name=result.name,
            ok=result.ok,
            is_tried=result.is_tried,
            detail=result.detail,
            says=says.get(result.name, ""),
            release=result.release,
            at=result.at,
            seconds=result.seconds,
            rows=[ProofRow(name=r.name, ok=r.ok, detail=r.detail, seconds=r.seconds) for r in result.rows],
        )
        for result in data.proofs
    ]


def availability_of(data: RunData) -> Availability:
    """Return the table of the proof of availability; empty when it was not carried out."""
    percent: dict[str, dict[str, float | None]] = dict((_data_of(data, "availability") or {}).get("percent", {}))
    hosts = dict.fromkeys(host for columns in percent.values() for host in columns if host != FOR_USERS)
    columns = [FOR_USERS, *sorted(hosts)]
    rows = {
        service: {column: _rounded(columns_of.get(column)) for column in columns}
        for service, columns_of in sorted(percent.items())
    }
    return Availability(columns=columns if rows else [], rows=rows)


def _rounded(percent: float | None) -> float | None:
    return None if percent is None else round(percent, 3)


def log_review_of(data: RunData) -> LogReview:
    """Return what the proof of the logs found, by kind, those that nobody can explain first."""
    result = _result_of(data, "logs")
    if result is None:
        return LogReview(done=False, detail="the logs were not looked through", kinds=[])
    kinds = sorted(_log_kinds(result.data.get("groups", [])), key=lambda kind: (bool(kind.harmless), -kind.count))
    return LogReview(done=True, detail=result.detail, kinds=kinds)


def _log_kinds(groups: list[dict[str, Any]]) -> Iterator[LogKind]:
    together: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for group in groups:
        key = (group["file"], group["level"], group["logger"], group["shape"])
        together.setdefault(key, []).append(group)
    for (file, level, logger, _), its in together.items():
        yield LogKind(
            file=file,
            hosts=[str(group["host"]) for group in its],
            level=level,
            logger=logger,
            count=sum(int(group["count"]) for group in its),
            example=str(its[0]["example"]),
            cause=str(its[0]["cause"]),
            harmless=str(its[0]["harmless"]),
        )


def _result_of(data: RunData, name: str) -> ProofResult | None:
    return next((result for result in data.proofs if result.name == name), None)


def _data_of(data: RunData, name: str) -> dict[str, Any] | None:
    result = _result_of(data, name)
    return None if result is None else dict(result.data)
