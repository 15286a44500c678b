"""A snapshot as one JSON document, and back: what was read of a cloud can be kept, sent, and planned from again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ostler.cloud.model import Cloud
from ostler.errors import InputError
from ostler.facts.model import FactRequest, JsonValue, Snapshot, Unknown

FORMAT = 1


def snapshot_to_json(snapshot: Snapshot) -> str:
    """Return everything that was read, sorted, one fact a line; the cloud's description is not in it."""
    clocks = json.dumps({host: list(times) for host, times in snapshot.clock_read.items()}, sort_keys=True)
    head = f'"format": {FORMAT}, "taken_at": {snapshot.taken_at}, "clock_read": {clocks}'
    later = snapshot_to_json(snapshot.later).strip() if snapshot.later else "null"
    return f'{{{head}, "facts": {_facts(snapshot.values)}, "later": {later}}}\n'


def snapshot_from_json(text: str, cloud: Cloud) -> Snapshot:
    """Read what `snapshot_to_json` wrote. Raises InputError `snapshot.damaged` for anything else."""
    try:
        return _snapshot(json.loads(text), cloud)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "snapshot.damaged", f"this is no snapshot of a cloud: {error}", do_next="read the cloud again"
        ) from None


def _snapshot(document: dict[str, Any], cloud: Cloud) -> Snapshot:
    if document["format"] != FORMAT:
        raise ValueError(f"format {document['format']}")
    values = dict(_read(record) for record in document["facts"])
    clocks = {host: (float(first), float(last)) for host, (first, last) in document["clock_read"].items()}
    later = _snapshot(document["later"], cloud) if document["later"] else None
    return Snapshot(cloud, float(document["taken_at"]), values, clock_read=clocks, later=later)


def _facts(values: Mapping[FactRequest, JsonValue | Unknown]) -> str:
    lines = [_record(request, value) for request, value in values.items()]
    facts = ",\n ".join(json.dumps(line, sort_keys=True) for line in sorted(lines, key=_order))
    return f"[\n {facts}\n]" if facts else "[]"


def _record(request: FactRequest, value: Any) -> dict[str, Any]:
    record: dict[str, Any] = {"fact": request.fact}
    if request.host is not None:
        record["host"] = request.host
    if request.params:
        record["params"] = dict(request.params)
    record["unknown" if isinstance(value, Unknown) else "value"] = value.reason if isinstance(value, Unknown) else value
    return record


def _order(record: dict[str, Any]) -> tuple[str, str, str]:
    return (record["fact"], record.get("host", ""), json.dumps(record.get("params", {}), sort_keys=True))


def _read(record: dict[str, Any]) -> tuple[FactRequest, Any]:
    params = tuple(sorted(record.get("params", {}).items()))
    request = FactRequest(record["fact"], record.get("host"), params)
    return request, Unknown(record["unknown"]) if "unknown" in record else record["value"]
