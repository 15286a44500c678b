"""Whatever a host or an API answers, a fact's parser gives a value or says what is wrong: it never falls over."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from fact_cases import FactCase, fact_cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CASES = [case for case in fact_cases() if case.error is None]
TEXTS = st.text(max_size=60) | st.sampled_from(["", "\x00", "-", "NaN", "\t\t", "[]", "null", '{"a": [1]}', "1e999"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just([]) | st.just({}) | st.just([[]])
QUICKLY = settings(
    max_examples=10, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def replaced_somewhere(document: Any, draw: st.DrawFn) -> Any:
    """Return a copy of JSON-like data with one part replaced by something else."""
    if isinstance(document, dict) and document and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(document)))
        return {**document, key: replaced_somewhere(document[key], draw)}
    if isinstance(document, list) and document and draw(st.booleans()):
        index = draw(st.integers(0, len(document) - 1))
        return [*document[:index], replaced_somewhere(document[index], draw), *document[index + 1 :]]
    return draw(PLAIN)


def spoiled_text(text: str, draw: st.DrawFn) -> str:
    """Return what a command printed, cut, mixed with noise, or with one part of its JSON replaced."""
    with contextlib.suppress(ValueError):
        return json.dumps(replaced_somewhere(json.loads(text), draw))
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return text[:start] + draw(TEXTS) + text[end:]


@st.composite
def spoiled(draw: st.DrawFn, case: FactCase) -> FactCase:
    document = copy.deepcopy(dict(case.document))
    for result in document.get("results", ()):
        result["stdout"] = spoiled_text(result.get("stdout", ""), draw)
        result["exit_code"] = draw(st.sampled_from([0, 0, 0, 1, 124, 127, 255]))
    for response in document.get("responses", ()):
        response["body"] = replaced_somewhere(response["body"], draw)
    return FactCase(case.path, document)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.fact_id}/{case.path.stem}")
@QUICKLY
@given(data=st.data())
def test_a_spoiled_answer_gives_a_value_or_a_clear_refusal(case: FactCase, data: st.DataObject) -> None:
    try:
        value = data.draw(spoiled(case)).parsed()
    except ValueError as refused:
        assert str(refused)
        assert "\n" not in str(refused)
    else:
        json.dumps(value)
