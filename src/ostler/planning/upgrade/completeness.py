"""Whether everything that an upgrade is planned from was known and there: a plan made without may lack steps, or hold
some that are not needed."""

from __future__ import annotations

from collections.abc import Iterable

from ostler.errors import Finding

NOT_KNOWN = (
    "environments.missing",
    "host.unreachable",
    "replace.not-read",
    "rules.cannot-tell",
    "upgrade.coverage-not-known",
    "upgrade.option-names-not-read",
    "upgrade.option-not-read",
    "upgrade.policy-not-read",
    "upgrade.uwsgi-not-read",
)
"""Codes of findings about what could not be read, or is not there to plan with."""


def is_complete(refusals: Iterable[Finding]) -> bool:
    """Nothing among what stands in a plan's way was not known; what the operator took on does not stand there."""
    return not any(finding.code in NOT_KNOWN for finding in refusals)
