"""Remembered facts and findings as JSON text, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import TypeAdapter

from ostler.errors import Finding
from ostler.facts.model import FactRequest, JsonValue

_FINDING: TypeAdapter[Finding] = TypeAdapter(Finding)


def remembered_to_json(remembered: Mapping[FactRequest, JsonValue]) -> str:
    """Facts with their values, as JSON."""
    return json.dumps(
        [[request.fact, request.host, list(request.params), value] for request, value in remembered.items()]
    )


def remembered_from_json(text: str) -> dict[FactRequest, JsonValue]:
    """The facts that `remembered_to_json` wrote."""
    return {
        FactRequest(fact, host, tuple((name, value) for name, value in params)): remembered
        for fact, host, params, remembered in json.loads(text)
    }


def finding_to_json(finding: Finding) -> str:
    """A finding as JSON."""
    return _FINDING.dump_json(finding).decode()


def finding_from_json(text: str) -> Finding:
    """The finding that `finding_to_json` wrote."""
    return _FINDING.validate_json(text)
