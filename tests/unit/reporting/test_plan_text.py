"""A plan as text: one that cannot be carried out says so at both ends."""

from __future__ import annotations

import pytest

from ostler.errors import Finding, Severity
from ostler.planning.model import Plan
from ostler.reporting.plan_text import plan_text


def plan(*severities: Severity) -> Plan:
    found = tuple(Finding(f"nova.case-{n}", severity, "nova", "is ill") for n, severity in enumerate(severities))
    return Plan("upgrade", "Upgrade tiny", "tiny", "c", 0.0, "s", {}, stages=(), findings=found).sealed()


@pytest.mark.parametrize(
    ("severities", "standing"),
    [
        ((Severity.FAILURE,), "1 finding stands in the way"),
        ((Severity.FAILURE, Severity.WARNING, Severity.NOTE), "2 findings stand in the way"),
    ],
)
def test_a_refused_plan_begins_and_ends_with_its_refusal(severities: tuple[Severity, ...], standing: str) -> None:
    text = plan_text(plan(*severities))
    assert f"This plan cannot be carried out: {standing}.\n" in text
    assert text.endswith(
        f"This plan cannot be carried out: {standing} (at the top).\n"
        "Failures must be mended; a warning can be taken on with --accept CODE.\n"
    )


def test_a_plan_that_may_be_carried_out_ends_with_what_it_is_called() -> None:
    text = plan_text(plan(Severity.NOTE))
    assert text.splitlines()[-1].startswith("plan ")
    assert "cannot be carried out" not in text


def test_a_plan_says_nothing_of_what_a_run_may_have_changed_already() -> None:
    text = plan_text(plan())
    assert "Showing a plan changes nothing." in text
    assert "Nothing has been changed yet" not in text
