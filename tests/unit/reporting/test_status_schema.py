"""The published schema of `ostler status --json` is the code's own, and what is written fits it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from healthy_cloud import Facts

from ostler.reporting.status import status_of
from ostler.reporting.status_model import status_schema

PUBLISHED = Path(__file__).parents[3] / "docs" / "schemas" / "status.json"


def test_the_published_schema_is_up_to_date() -> None:
    assert PUBLISHED.read_text() == status_schema(), "run: make golden"


@pytest.mark.parametrize("unreachable", [(), ("ctl2", "cmp1")])
def test_a_status_fits_its_schema(unreachable: tuple[str, ...]) -> None:
    facts = Facts()
    for host in unreachable:
        facts.unreachable(host)
    document = json.loads(json.dumps(status_of(facts.snapshot()).to_json()))
    jsonschema.validate(document, json.loads(PUBLISHED.read_text()))


def test_a_status_without_its_verdict_does_not_fit() -> None:
    document = json.loads(json.dumps(status_of(Facts().snapshot()).to_json()))
    del document["verdict"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(PUBLISHED.read_text()))
