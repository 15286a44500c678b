"""What requests tell of the clocks of hosts, as findings: a clock that is far from the others' is a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ostler.diagnosis.model import Diagnosed, Diagnosis, Kind, Verdict
from ostler.durations import duration
from ostler.errors import Finding, Severity
from ostler.logs.clocks import Clock

ASTRAY_S = 30.0
"""A clock that is so far off is a fault: nova takes a service for down whose report is 60 s old (`service_down_time`,
read 2026-11-20), and what requests tell is a few seconds wrong at most."""

SURE = 0.4
"""How sure it is that this is what users suffer from, where only logs tell: set by hand."""

BECAUSE = "what requests did on two hosts fits together only with another time there"


def clocks_astray(clocks: Sequence[Clock]) -> Iterator[Finding]:
    """A finding for each host whose clock is far from the others' and not by a time zone."""
    for each in clocks:
        if abs(each.ahead_s) < ASTRAY_S or each.is_zone:
            continue
        how = "ahead of" if each.ahead_s > 0 else "behind"
        yield Finding(
            code="diagnosis.clock-astray",
            severity=Severity.WARNING,
            subject=each.host,
            summary=f"the clock of {each.host} is {duration(abs(each.ahead_s))} {how} {each.reference}'s, as requests "
            "tell: its reports and tokens are judged wrongly",
            expected="less than 1 second",
            do_next="let the same NTP servers keep all clocks: chronyc tracking, or timedatectl timesync-status, on "
            "each host; chronyc makestep sets a clock at once",
            component=f"clock:@{each.host}",
        )


def with_clocks_told(diagnosis: Diagnosis, clocks: Sequence[Clock]) -> Diagnosis:
    """The same diagnosis of logs, with what requests tell of clocks: where one is far off, nothing is healthy."""
    found = list(clocks_astray(clocks))
    if not found:
        return diagnosis
    findings = [*diagnosis.findings, *map(_diagnosed, found)]
    return replace(
        diagnosis,
        verdict=Verdict.UNSURE if diagnosis.verdict is Verdict.HEALTHY else diagnosis.verdict,
        signs=(*diagnosis.signs, *(each.summary for each in found)),
        findings=tuple(sorted(findings, key=lambda each: -each.confidence)),
    )


def _diagnosed(finding: Finding) -> Diagnosed:
    return Diagnosed(
        Kind(finding.code, finding.summary, finding.do_next), "clock", "clock", finding.subject, None, None,
        SURE, (BECAUSE,), (), (), (finding.do_next,), finding.severity, (finding.component,),
    )  # fmt: skip
