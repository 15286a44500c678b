"""The lines that `apply`, `resume` and `cancel` print as JSON: the events of a run, then how it stands, and what went
wrong beside. Published: docs/schemas/events.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from ostler.execution.events import NAMES

MOMENT = {"type": "number", "description": "Seconds since the epoch."}


@dataclass(frozen=True)
class ResultLine:
    """How a run stands when its process ends. ``done`` and ``left`` count steps, ``failed`` names them; ``lent`` is
    what is still out; ``exit_code`` is that of the process; ``ways_on`` are the commands that lead on."""

    run: str
    state: str
    message: str
    exit_code: int
    done: int
    failed: list[str]
    left: int
    lent: list[str]
    ways_on: list[str]


@dataclass(frozen=True)
class FindingLine:
    """One finding of a refusal; ``evidence`` are lines that were seen."""

    code: str
    severity: str
    subject: str
    summary: str
    found: str
    expected: str
    do_next: str
    evidence: list[str]


@dataclass(frozen=True)
class ErrorLine:
    """What went wrong: its code is one of docs/codes.md, ``do_next`` says how to go on."""

    code: str
    summary: str
    found: str
    expected: str
    do_next: str
    exit_code: int
    findings: list[FindingLine]


def events_schema() -> str:
    """Return the published JSON Schema of one line."""
    lines: dict[str, tuple[type, dict[str, Any]]] = {
        kind.__name__: (kind, {"at": MOMENT, "event": {"const": name}}) for kind, name in NAMES.items()
    }
    lines["ResultLine"] = (ResultLine, {"event": {"const": "result"}})
    lines["WarningLine"] = (ErrorLine, {"event": {"const": "warning"}})
    parts: dict[str, Any] = {}
    for title, (kind, head) in lines.items():
        parts |= _parts(kind)
        parts[title] = {**_line(kind), "title": title, **_closed({**head, **_line(kind)["properties"]})}
    parts["ErrorLine"] = {**_line(ErrorLine), **_closed(_line(ErrorLine)["properties"])}
    failed = {"title": "ErrorTold", "type": "object", **_closed({"error": {"$ref": "#/$defs/ErrorLine"}})}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ostler run event",
        "description": "One line of a run: an event, the result, a warning beside it, or the error that ended it.",
        "oneOf": [*({"$ref": f"#/$defs/{title}"} for title in lines), failed],
        "$defs": dict(sorted(parts.items())),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _line(kind: type) -> dict[str, Any]:
    schema = TypeAdapter(kind).json_schema(mode="serialization")
    schema.pop("$defs", None)
    return schema


def _parts(kind: type) -> dict[str, Any]:
    """What a line's schema refers to, each closed."""
    parts: Mapping[str, Any] = TypeAdapter(kind).json_schema(mode="serialization").get("$defs", {})
    return {
        name: {**part, **_closed(part["properties"])} if "properties" in part else part for name, part in parts.items()
    }


def _closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object that has all of these and nothing else."""
    return {"properties": dict(properties), "required": list(properties), "additionalProperties": False}
