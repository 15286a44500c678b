"""What is not known is carried along, and never taken for good."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostler.catalog import load_catalog
from ostler.cloud.model import Cloud, Host, Messaging
from ostler.facts.model import Snapshot, Unknown, wanted
from ostler.rules.engine import evaluate, facts_needed, judge
from ostler.rules.judging import every, not_so
from ostler.rules.model import CannotTell, Purpose, Rule, Verdict
from ostler.rules.reading import rule_from

CLOUD = Cloud(
    "example",
    "2024.1",
    "venv",
    {name: Host(name, "10.0.0.1", ("controller",)) for name in ("ctl1", "ctl2", "ctl3")},
    messaging=Messaging(("ctl1",)),
)
UNKNOWN = CannotTell("a.fact", "it was not read")
TRUTHS = st.sampled_from([True, False, UNKNOWN])


def rule(**differing: object) -> Rule:
    raw: dict[str, object] = {
        "id": "host.example",
        "severity": "warning",
        "applies": "always",
        "facts": {"disk": "host.disk@host"},
        "for_each": [{"name": "host", "hosts": "controllers"}],
        "when": [{"look": "disk.full", "equals": True}],
        "subject": "{host}",
        "component": "disk:/var@{host}",
        "summary": "{host} is full",
        "do_next": "df on {host}",
        "source": {"where": "here", "date": "2026-11-20"},
    }
    return rule_from({**raw, **differing})


def snapshot(**disks: object) -> Snapshot:
    return Snapshot(CLOUD, 0.0, {wanted("host.disk", host): value for host, value in disks.items()})


def verdicts(given: Rule, seen: Snapshot, target: str | None = None) -> list[Verdict]:
    return [each.verdict for each in judge(given, seen, load_catalog(), target)]


@given(st.lists(TRUTHS))
def test_all_is_false_as_soon_as_one_is_whatever_else_is_unknown(truths: list[bool | CannotTell]) -> None:
    judged = every(truths)
    if False in truths:
        assert judged is False
    elif UNKNOWN in truths:
        assert judged is UNKNOWN
    else:
        assert judged is True


@given(TRUTHS)
def test_the_opposite_of_the_opposite_is_the_same(truth: bool | CannotTell) -> None:
    assert not_so(not_so(truth)) == truth


def test_each_subject_is_judged_by_itself() -> None:
    seen = snapshot(ctl1={"full": True}, ctl2={"full": False}, ctl3=Unknown("no answer"))
    assert verdicts(rule(), seen) == [Verdict.FIRES, Verdict.SILENT, Verdict.CANNOT_TELL]


def test_a_fact_that_nobody_read_is_unknown() -> None:
    assert verdicts(rule(), snapshot()) == [Verdict.CANNOT_TELL] * 3


@pytest.mark.parametrize("odd", [{}, {"full": {"a": 1}}, [], "text", None, 5])
def test_a_value_of_another_shape_never_passes_for_good(odd: object) -> None:
    at_least = rule(when=[{"look": "disk.full", "at_least": 3}])
    assert Verdict.SILENT not in verdicts(at_least, snapshot(ctl1=odd, ctl2=odd, ctl3=odd))


def test_any_is_true_as_soon_as_one_is_whatever_else_is_unknown() -> None:
    either = rule(when=[{"any": [{"look": "disk.unheard_of", "equals": 1}, {"look": "disk.full", "equals": True}]}])
    assert verdicts(either, snapshot(ctl1={"full": True}, ctl2={"full": False}, ctl3={}))[:2] == [
        Verdict.FIRES,
        Verdict.CANNOT_TELL,
    ]


def test_only_absent_may_look_where_there_is_nothing() -> None:
    absent = rule(when=[{"look": "disk.full", "absent": True}])
    seen = snapshot(ctl1={}, ctl2={"full": False}, ctl3=Unknown("no answer"))
    assert verdicts(absent, seen) == [Verdict.FIRES, Verdict.SILENT, Verdict.CANNOT_TELL]


def test_a_rule_for_upgrades_says_nothing_without_one() -> None:
    seen = snapshot(ctl1={"full": True}, ctl2={"full": True}, ctl3={"full": True})
    assert verdicts(rule(applies="upgrade"), seen) == []
    assert verdicts(rule(applies="upgrade"), seen, "2025.1") == [Verdict.FIRES] * 3


def test_severity_can_be_another_one_before_an_upgrade() -> None:
    seen = snapshot(ctl1={"full": True}, ctl2={"full": False}, ctl3={"full": False})
    serious = rule(severity_for_upgrade="failure")
    assert [f.severity.value for f in evaluate([serious], seen, load_catalog())] == ["warning"]
    assert [f.severity.value for f in evaluate([serious], seen, load_catalog(), "2025.1")] == ["failure"]


def test_what_could_not_be_read_is_told_once_for_each_host_and_reason() -> None:
    seen = snapshot(ctl1={"full": False}, ctl2=Unknown("df hangs"), ctl3=Unknown("df hangs"))
    found = evaluate([rule(), rule(id="host.other")], seen, load_catalog())
    assert [(f.code, f.severity.value, f.subject, f.found) for f in found] == [
        ("rules.cannot-tell", "warning", "ctl2", "df hangs"),
        ("rules.cannot-tell", "warning", "ctl3", "df hangs"),
    ]
    assert "host.disk@ctl2" in found[0].summary
    assert found[0].evidence == ("not checked: host.example", "not checked: host.other")


def test_a_host_that_cannot_be_reached_is_a_failure_and_says_what_to_do() -> None:
    gone = Unknown("no connection to ctl2", "remote.host-unreachable", "see that ctl2 is up")
    found = evaluate([rule()], snapshot(ctl1={"full": False}, ctl2=gone, ctl3={"full": False}), load_catalog())
    assert [(f.code, f.severity.value, f.subject, f.do_next) for f in found] == [
        ("host.unreachable", "failure", "ctl2", "see that ctl2 is up")
    ]
    assert found[0].summary == "no connection to ctl2; 1 check could not be made"


def test_the_facts_to_read_follow_from_the_rules() -> None:
    needed = facts_needed([rule(), rule(id="host.other")], CLOUD, Purpose.HEALTH)
    assert needed == tuple(wanted("host.disk", host) for host in ("ctl1", "ctl2", "ctl3"))
    assert facts_needed([rule(applies="upgrade")], CLOUD, Purpose.HEALTH) == ()
    assert facts_needed([rule(applies="upgrade")], CLOUD, Purpose.DIAGNOSIS) == ()
    assert facts_needed([rule(applies="diagnosis")], CLOUD, Purpose.UPGRADE) == ()
    assert facts_needed([rule(applies="diagnosis")], CLOUD, Purpose.DIAGNOSIS)
    assert facts_needed([rule(needs=["rabbitmq"])], CLOUD, Purpose.HEALTH)


def test_a_second_look_takes_back_what_was_passing() -> None:
    first = snapshot(ctl1={"full": True}, ctl2={"full": True}, ctl3={"full": False})
    later = snapshot(ctl1={"full": True}, ctl2={"full": False}, ctl3={"full": True})
    passing = rule(confirm=True)
    assert [f.subject for f in evaluate([passing], replace(first, later=later), load_catalog())] == ["ctl1"]
    assert [f.subject for f in evaluate([passing], first, load_catalog())] == ["ctl1", "ctl2"]
    assert [f.subject for f in evaluate([rule()], replace(first, later=later), load_catalog())] == ["ctl1", "ctl2"]


def test_a_second_look_that_failed_takes_nothing_back() -> None:
    first = snapshot(ctl1={"full": True}, ctl2={"full": False}, ctl3={"full": False})
    later = snapshot(ctl1=Unknown("no answer"), ctl2={"full": False}, ctl3={"full": False})
    found = evaluate([rule(confirm=True)], replace(first, later=later), load_catalog())
    assert [f.subject for f in found] == ["ctl1"]


def test_what_is_to_be_seen_twice_is_unknown_without_a_second_look() -> None:
    first = snapshot(ctl1={"full": True}, ctl2={"full": False}, ctl3={"full": False})
    blind = replace(first, values=dict.fromkeys(first.values, Unknown("no time")))
    found = evaluate([rule(confirm="must")], replace(first, later=blind), load_catalog())
    assert {f.code for f in found} == {"rules.cannot-tell"}
    half_blind = snapshot(ctl1={"full": True}, ctl2={"full": False}, ctl3=Unknown("no answer"))
    found = evaluate([rule(confirm="must")], replace(first, later=half_blind), load_catalog())
    assert [f.subject for f in found if f.code != "rules.cannot-tell"] == ["ctl1"]
    assert "rules.cannot-tell" in {f.code for f in found}
    calm = replace(first, values={request: {"full": False} for request in first.values})
    assert evaluate([rule(confirm="must")], replace(calm, later=blind), load_catalog()) == []
