"""What is told of a run when it ends."""

from __future__ import annotations

from dataclasses import replace

from ostler.errors import Finding, Severity
from ostler.execution.records import Loan, RunState
from ostler.execution.run_result import RunResult
from ostler.reporting.run_text import _checksums, _lent, _ways_on, ways_on


def test_the_checksums_of_the_recorded_files_stand_each_on_a_line_of_its_own() -> None:
    says = "2 recorded files on 2 hosts have their bytes from before; sha256 of each host's, before and now"
    old = Finding("proof.bytes", Severity.NOTE, "practice", f"{says}: ctl1 old")
    last = Finding("proof.bytes", Severity.NOTE, "practice", f"{says}: ctl1 abc, ctl2 def")
    other = Finding("proof.apis", Severity.NOTE, "practice", "every API answers")
    assert list(_checksums([old, last, other])) == [f"  {says}:", "      ctl1 abc", "      ctl2 def"]
    assert list(_checksums([Finding("proof.bytes", Severity.FAILURE, "practice", "ctl1: not as before")])) == []


def test_only_a_run_that_can_be_taken_back_is_said_to_be() -> None:
    done = RunResult("2026-11-24-2-rollback", RunState.DONE, "", (), (), (), (), ())
    (told,) = _ways_on(done, can_go_back=False)
    assert f"ostler report {done.run}" in told
    assert [line for line in _ways_on(done, can_go_back=True) if "ostler rollback" in line]
    failed = replace(done, state=RunState.FAILED)
    assert not [line for line in _ways_on(failed, can_go_back=False) if "ostler rollback" in line]
    on, cancel = ways_on(done.run, RunState.FAILED, can_go_back=False)
    assert (on, cancel) == (f"ostler resume {done.run}", f"ostler cancel {done.run}")


def test_what_a_cancelled_run_has_still_lent_is_given_back_by_the_way_back_alone() -> None:
    loan = Loan("2026-11-24-2-upgrade", "balancer:ctl1", "roll/ctl1/1-stop", 1.0, None, None, "")
    ended = RunResult("2026-11-24-2-upgrade", RunState.CANCELLED, "", (), (), (), (loan,), ())
    (line,) = _lent(ended)
    assert "only taking the run back" in line
    (line,) = _lent(replace(ended, state=RunState.FAILED))
    assert "resume, rollback and cancel" in line
