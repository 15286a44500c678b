"""`--accept` of what is no warning of the plan."""

from __future__ import annotations

from tests.golden.recorded import GOLDEN_PLANS, sources

from ostler.errors import Finding, Severity
from ostler.planning.upgrade.accepting import accepted_in_vain
from ostler.planning.upgrade.plan import plan_upgrade
from ostler.planning.upgrade.request import UpgradeRequest

WARNING = Finding("nova.server-stuck", Severity.WARNING, "s1", "is stuck")
FAILURE = Finding("galera.node-not-synced", Severity.FAILURE, "ctl1", "is not synced")
NOTE = Finding("service.restarting", Severity.NOTE, "ctl1", "was restarted")
FOUND = (WARNING, FAILURE, NOTE)


def test_a_warning_is_accepted_without_a_word() -> None:
    assert accepted_in_vain(["nova.server-stuck"], FOUND) == []


def test_a_code_that_no_warning_has_accepts_nothing() -> None:
    (found,) = accepted_in_vain(["nova.sever-stuck", "nova.sever-stuck"], FOUND)
    assert found.severity is Severity.NOTE
    assert found.summary == "--accept nova.sever-stuck accepts nothing: no warning of this plan has that code"
    (note,) = accepted_in_vain([NOTE.code], FOUND)
    assert note.code == "upgrade.accepts-nothing"


def test_a_failure_cannot_be_accepted() -> None:
    (found,) = accepted_in_vain([FAILURE.code], FOUND)
    assert found.summary == "galera.node-not-synced is a failure and cannot be accepted"


def test_a_code_that_is_a_failure_here_and_a_warning_there_accepts_the_warning() -> None:
    both = (FAILURE, Finding(FAILURE.code, Severity.WARNING, "ctl2", "is not synced"))
    assert accepted_in_vain([FAILURE.code], both) == []


def test_what_only_a_target_check_can_tell_is_accepted_without_a_word() -> None:
    assert accepted_in_vain(["nova.status-check-old-computes"], FOUND, ["nova"]) == []
    (other,) = accepted_in_vain(["heat.status-check-anything"], FOUND, ["nova"])
    assert other.code == "upgrade.accepts-nothing"
    (crash,) = accepted_in_vain(["nova.status-check-crashed"], FOUND, ["nova"])
    assert crash.code == "upgrade.accepts-a-failure"


def test_a_plan_tells_what_was_accepted_in_vain() -> None:
    golden = GOLDEN_PLANS[0]
    accept = ("nova.sever-stuck", "nova.status-check-old-computes")
    request = UpgradeRequest(target=golden.target, accept=accept, accepted_by="alice")
    plan = plan_upgrade(sources(golden.cloud, golden.target), request)
    assert [finding.subject for finding in plan.findings if finding.code == "upgrade.accepts-nothing"] == [
        "--accept nova.sever-stuck"
    ]
