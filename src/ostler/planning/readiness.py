"""What stands in the way of an upgrade, and what an operator should know of a cloud's health.

Rules (data) say nearly all of it; here is what the cloud file and the catalog tell without any fact: whether the
release can be gone to at all, and whether the cloud is described well enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from ostler.catalog.catalog import Catalog
from ostler.catalog.release import Hop
from ostler.cloud.model import Cloud
from ostler.errors import Finding, InputError, Severity
from ostler.facts.model import FactRequest, Snapshot
from ostler.rules.engine import evaluate, facts_needed
from ostler.rules.loader import load_rules
from ostler.rules.model import Purpose

UPGRADABLE = ("venv",)
"""Deployment kinds whose software Ostler can replace."""

ORDER = (Severity.FAILURE, Severity.WARNING, Severity.NOTE)
CAUSES_FIRST = (
    *("runs", "catalog", "upgrade", "cloud", "host", "galera", "mariadb", "databases", "rabbitmq", "memcached"),
    *("keepalived", "service", "nova", "cinder", "neutron", "glance", "api", "haproxy", "rules"),
)
"""Areas of codes: what others stand on comes before what suffers from it."""


def readiness(catalog: Catalog, snapshot: Snapshot, target: str | None, *, is_rolling: bool = True) -> list[Finding]:
    """Return everything there is to say of a cloud before it is upgraded to ``target`` (None: of its health in
    general), failures first. ``is_rolling``: services of both releases run side by side meanwhile."""
    about = evaluate(load_rules(), snapshot, catalog, target, is_rolling=is_rolling)
    return worst_first([*_request(catalog, snapshot.cloud, target, is_rolling=is_rolling), *about])


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with failures before warnings before notes, likely causes before their effects."""

    def rank(finding: Finding) -> tuple[int, int]:
        area = finding.code.partition(".")[0]
        cause = CAUSES_FIRST.index(area) if area in CAUSES_FIRST else len(CAUSES_FIRST)
        return ORDER.index(finding.severity), cause

    return sorted(findings, key=rank)


def readiness_requests(cloud: Cloud, *, is_upgrade: bool) -> tuple[FactRequest, ...]:
    """Return the facts that :func:`readiness` reads: those its rules name."""
    return facts_needed(load_rules(), cloud, Purpose.UPGRADE if is_upgrade else Purpose.HEALTH)


def _request(catalog: Catalog, cloud: Cloud, target: str | None, *, is_rolling: bool) -> list[Finding]:
    """What can be said of an upgrade from the cloud file and the catalog alone."""
    if target is None:
        return []
    return [*(_hop(catalog, cloud, target) if is_rolling else ()), *_described(cloud)]


def _hop(catalog: Catalog, cloud: Cloud, target: str) -> list[Finding]:
    """There must be a hop from the cloud's release to the target, with services of both side by side; one nobody has
    tried is told."""
    try:
        hop = catalog.hop(cloud.release, target)
    except InputError as error:
        return [_from_error(error, f"{cloud.release} → {target}")]
    if hop.rolling is not None and not hop.rolling.may_roll_computes:
        return [_computes_cannot_roll(hop)]
    if hop.rolling is not None and hop.rolling.is_tried:
        return []
    return [
        Finding(
            code="upgrade.hop-not-tried",
            severity=Severity.NOTE,
            subject=str(hop),
            summary=f"nobody has recorded a rolling upgrade over {hop} with Ostler yet",
            found=hop.rolling.note if hop.rolling else "nothing is recorded about it",
            expected="a hop that was tried",
            do_next=f"rehearse it on a practice cloud first: ostler practice up --name trial --release {cloud.release}",
        )
    ]


def _computes_cannot_roll(hop: Hop) -> Finding:
    """A plan upgrades computes after the controllers, batch by batch, so releases are mixed for a while."""
    return Finding(
        code="upgrade.computes-cannot-roll",
        severity=Severity.FAILURE,
        subject=str(hop),
        summary=f"computes of {hop.source.id} do not work under controllers of {hop.target.id}",
        found=hop.rolling.note if hop.rolling else "",
        expected="a hop on which they do",
        do_next="go over a release between them: ostler catalog hops",
    )


def _described(cloud: Cloud) -> list[Finding]:
    """The cloud file must name what an upgrade changes, protects and proves, and software Ostler can put there."""
    found = []
    if cloud.deployment not in UPGRADABLE:
        found.append(
            Finding(
                code="upgrade.deployment-kind",
                severity=Severity.FAILURE,
                subject=cloud.name,
                summary=f"Ostler cannot upgrade software of the deployment kind {cloud.deployment} yet",
                found=cloud.deployment,
                expected=", ".join(UPGRADABLE),
                do_next="use the deployment's own tool; status and check work for every kind",
            )
        )
    named = {"databases": cloud.databases.hosts, "messaging": cloud.messaging.hosts, "api": cloud.api}
    for part in (part for part, value in named.items() if not value):
        found.append(
            Finding(
                code="upgrade.not-described",
                severity=Severity.FAILURE,
                subject=f"{part}: in the cloud file",
                summary=f"the cloud file of {cloud.name} says nothing about {part}, which an upgrade needs to know",
                found="nothing",
                expected=f"the key {part}",
                do_next=f"add {part}: to the cloud file, as docs/operator/cloud-file.md shows it",
            )
        )
    return found


def _from_error(error: InputError, subject: str) -> Finding:
    return Finding(
        code=error.code,
        severity=Severity.FAILURE,
        subject=subject,
        summary=error.summary,
        found=error.found,
        expected=error.expected,
        do_next=error.do_next,
    )
