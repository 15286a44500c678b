"""Every fact reads what real hosts and APIs answered, and refuses what is not an answer."""

from __future__ import annotations

import pytest
from fact_cases import FactCase, fact_cases

from ostler.facts.registry import FACTS

CASES = fact_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.fact_id}/{case.path.stem}")
def test_a_fact_means_what_the_case_says(case: FactCase) -> None:
    if case.error is None:
        assert case.parsed() == case.document["value"]
    else:
        with pytest.raises(ValueError) as refused:
            case.parsed()
        assert case.error in str(refused.value)


@pytest.mark.parametrize("fact_id", FACTS)
def test_every_fact_has_a_good_and_a_garbled_case(fact_id: str) -> None:
    mine = [case for case in CASES if case.fact_id == fact_id]
    assert any(case.error is None for case in mine), f"{fact_id} has no case with a value"
    assert any(case.error is not None for case in mine), f"{fact_id} has no case that is refused"


def test_every_folder_of_cases_belongs_to_a_fact() -> None:
    assert {case.fact_id for case in CASES} <= set(FACTS)
