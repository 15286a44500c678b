"""No rule is without a case in which it fires and one in which it stays silent, and no case is without a rule."""

from __future__ import annotations

from rule_cases import SPECS

from ostler.facts.registry import FACTS
from ostler.rules.loader import load_rules
from ostler.rules.vocabulary import FEATURES, FUNCTIONS, GROUPS, OPERATIONS

RULES = load_rules()


def _lacking(verdict: str) -> list[str]:
    return [rule.id for rule in RULES if not list((SPECS / rule.id).glob(f"{verdict}*.yaml"))]


def test_every_rule_has_a_case_in_which_it_fires() -> None:
    assert _lacking("fires") == []


def test_every_rule_has_a_case_in_which_it_stays_silent() -> None:
    assert _lacking("silent") == []


def test_every_case_belongs_to_a_rule() -> None:
    assert sorted(p.name for p in SPECS.iterdir()) == sorted({rule.id for rule in RULES})


def test_rules_read_only_facts_that_exist() -> None:
    assert {use.fact for rule in RULES for use in rule.facts} <= set(FACTS)


def test_the_vocabulary_has_no_word_that_no_rule_uses() -> None:
    from ostler.rules.model import Condition, Group

    def operations(condition: Condition) -> set[str]:
        if isinstance(condition, Group):
            return set().union(*map(operations, condition.of))
        return {condition.operation}

    used_functions = {derivation.function for rule in RULES for derivation in rule.let}
    used_features = {need for rule in RULES for need in rule.needs}
    used_groups = {level.of for rule in RULES for level in rule.for_each if level.kind == "hosts"}
    used_operations = set().union(*(operations(condition) for rule in RULES for condition in rule.when))
    assert used_functions == set(FUNCTIONS)
    assert used_features == set(FEATURES)
    assert used_groups <= set(GROUPS)
    assert used_operations <= {*OPERATIONS, "absent"}
