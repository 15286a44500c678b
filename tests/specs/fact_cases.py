"""Reads the cases of facts: facts/<fact id>/<case>.yaml.

A case says what it shows (`says`), what was asked (`host`, `params`), what came back (`results` of a host's commands,
`responses` of an API, `answers` of the web), and either the `value` it means or a part of the `error`'s text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ostler.cloud.file import read_cloud_file
from ostler.cloud.model import Cloud
from ostler.commands import ApiResponse, CommandResult, WebAnswer
from ostler.facts.model import ApiFact, FactRequest, HostFact, JsonValue, wanted
from ostler.facts.registry import fact

FOLDER = Path(__file__).parent / "facts"
KEYS = {"says", "host", "params", "results", "responses", "answers", "value", "error"}


@dataclass(frozen=True)
class FactCase:
    """One case of one fact."""

    path: Path
    document: Mapping[str, Any]

    @property
    def fact_id(self) -> str:
        return self.path.parent.name

    @property
    def request(self) -> FactRequest:
        return wanted(self.fact_id, self.document.get("host"), **self.document.get("params", {}))

    @property
    def error(self) -> str | None:
        """A part of the message it must end with; None when it has a value."""
        return self.document.get("error")

    def parsed(self) -> JsonValue:
        """What the fact's parser makes of the answers. Raises ValueError as the parser does."""
        known, cloud = fact(self.fact_id), specs_cloud()
        if isinstance(known, HostFact):
            results = [CommandResult(**{"stdout": "", "stderr": "", **given}) for given in self.document["results"]]
            return known.parse(results, cloud, self.request)
        if isinstance(known, ApiFact):
            responses = [ApiResponse(given["status"], given["body"]) for given in self.document["responses"]]
            return known.parse(responses, cloud, self.request)
        answers = {name: WebAnswer(**given) for name, given in self.document["answers"].items()}
        return known.parse(answers, cloud, self.request)


def specs_cloud() -> Cloud:
    return read_cloud_file(FOLDER / "cloud.yaml")


def fact_cases() -> list[FactCase]:
    """Every case there is. Raises AssertionError for a key that has no meaning."""
    cases = [FactCase(path, yaml.safe_load(path.read_text())) for path in sorted(FOLDER.glob("*/*.yaml"))]
    for case in cases:
        assert set(case.document) <= KEYS, f"{case.path} has keys without a meaning"
    return cases
