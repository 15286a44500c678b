"""Every rule says of every case under tests/specs/rules what the case's name says."""

from __future__ import annotations

from pathlib import Path

import pytest
from rule_cases import all_cases, read_case

from ostler.catalog import load_catalog
from ostler.rules.component import component
from ostler.rules.engine import judge
from ostler.rules.loader import load_rules
from ostler.rules.model import Purpose, Verdict

RULES = {rule.id: rule for rule in load_rules()}


@pytest.mark.parametrize("path", all_cases(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_rule_says_what_the_case_is_named_after(path: Path) -> None:
    case = read_case(path)
    rule = RULES[case.rule]
    purpose = Purpose.DIAGNOSIS if rule.applies == "diagnosis" else None
    judged = judge(rule, case.snapshot, load_catalog(), case.target, purpose)
    unknown = [each.unknown for each in judged if each.verdict is Verdict.CANNOT_TELL]
    found = [each.finding for each in judged if each.finding is not None]
    if case.verdict == "cannot-tell":
        assert unknown
        assert not found
        return
    assert not unknown
    assert [finding.subject for finding in found] == case.subjects
    assert not case.components or [finding.component for finding in found] == case.components
    assert bool(found) == (case.verdict == "fires")
    for text in case.says:
        assert text in "\n".join(
            (found[0].summary, found[0].found, found[0].expected, found[0].do_next, *found[0].evidence)
        )
    for finding in found:
        assert finding.code == case.rule
        assert not finding.component or str(component(finding.component)) == finding.component
        assert "not known" not in finding.summary + finding.found
