"""What a run of Ostler at work excuses in a diagnosis, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ostler.diagnosis.at_work import Work, without_work
from ostler.diagnosis.parts import Parts
from ostler.errors import Finding, Severity
from ostler.rules.component import Component

API = "nova-api"
PARTS = Parts(
    tuple(Component("service", API, host) for host in ("ctl1", "ctl2")),
    MappingProxyType({}),
    MappingProxyType({"compute": API}),
    MappingProxyType({}),
)
WORK = Work("2026-11-26-1-upgrade", "Upgrade example", frozenset({(API, "ctl1")}), has_changed=True)
MIXED = Finding("cloud.half-upgraded", Severity.WARNING, "example", "between releases", component="files:environments")
AWAY = Finding("api.no-answer-at-vip", Severity.FAILURE, "compute", "compute does not answer", component="api:compute")


def down(host: str) -> Finding:
    return Finding("host.service-down", Severity.FAILURE, API, f"{host}: down", component=f"service:{API}@{host}")


def left(findings: list[Finding], work: Work) -> list[Finding]:
    return without_work(findings, [work], PARTS, {MIXED.code})[0]


def note(findings: list[Finding], work: Work) -> Finding:
    return without_work(findings, [work], PARTS, {MIXED.code})[1][0]


def test_only_what_a_run_has_out_is_its_doing() -> None:
    assert left([down("ctl1"), down("ctl2"), MIXED], WORK) == [down("ctl2")]


def test_an_api_that_is_away_altogether_is_a_fault_while_a_run_has_it_out_on_one_host_of_several() -> None:
    assert left([AWAY], WORK) == [AWAY]
    assert left([AWAY], replace(WORK, units=WORK.units | {(API, "ctl2")})) == []
    assert left([AWAY], replace(WORK, units=frozenset({("compute", "")}))) == []


def test_a_run_that_changed_nothing_yet_did_not_leave_the_cloud_between_releases() -> None:
    assert left([MIXED], replace(WORK, units=frozenset(), has_changed=False)) == [MIXED]


def test_a_run_that_waits_is_told_with_since_when() -> None:
    told = note([down("ctl1")], replace(WORK, waits_since=1_795_000_000.0))
    assert told.summary == "a run of Ostler waits since 2026-11-18 11:06 UTC for a person to say yes: Upgrade example"


def test_a_note_names_what_is_of_a_runs_doing_and_how_much_more_there_is() -> None:
    all_out = replace(WORK, units=frozenset({(API, "")}))
    assert note([down("ctl1")], all_out).found == "its doing: ctl1: down"
    told = note([down(f"ctl{number}") for number in range(1, 6)], all_out)
    assert told.found == "its doing: ctl1: down; ctl2: down; ctl3: down; and 2 more"
    assert told.evidence[4] == "ctl5: down"


def test_what_could_not_be_read_is_said() -> None:
    told = note([], Work("2026-11-26-1-upgrade", "Upgrade example", is_known=False))
    assert (
        told.found == "what it has in hand stands in a plan that could not be read: what is found here may be its doing"
    )


def test_a_run_of_another_machine_excuses_nothing_and_is_told_with_where_its_journal_is() -> None:
    work = Work("2026-11-26-1-upgrade", "carried out by bob", is_known=False, machine="desk")
    assert left([down("ctl1")], work) == [down("ctl1")]
    told = note([down("ctl1")], work)
    assert told.found == "what it has in hand stands in the journal on desk: what is found here may be its doing"
    assert told.do_next == "on desk: ostler show 2026-11-26-1-upgrade"
