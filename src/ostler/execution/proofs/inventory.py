"""`record-inventory` and `inventory`: what was there before the run is still there, untouched.

Recorded at the run's start into ``inventory.json`` of the run's folder; what the probe and the proofs make is left out.
More kinds are recorded than are compared: a way back that restores the databases tells from them what will be lost.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ostler.errors import OutsideError
from ostler.execution.probe.naming import OBJECT_PREFIX
from ostler.execution.proofs.model import PROOF_PREFIX, Proof, ProofContext, ProofResult, Row, counted, from_rows
from ostler.execution.vault import write_durably
from ostler.facts.model import Unknown, wanted
from ostler.planning.rollback.losses import KINDS

INVENTORY_NAME = "inventory.json"

Inventory = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""{kind: {id: what must stay as it is}}."""

KEPT: Mapping[str, tuple[str, ...]] = {
    "servers": ("name", "status", "host", "volumes", "project_id", "image_id", "created"),
    "volumes": ("name", "status", "size", "attachments"),
    "images": ("name", "status", "checksum", "os_hash_value", "size"),
    "networks": ("name", "status"),
}
"""What is looked at of each kind. A server that was rebuilt, moved or stopped differs in one of its fields."""

NAMED_BY = ("name", "owner")
"""What is written down of everything else."""


def record_inventory(context: ProofContext, release: str) -> ProofResult:
    """Write down what is there. One that is already recorded in this run stays: it is the state from before."""
    path = context.folder / INVENTORY_NAME
    if path.exists():
        return ProofResult("record-inventory", True, f"recorded before: {_counted(_recorded(context))}")
    now = _read(context)
    write_durably(path, json.dumps({**now, **_read_names(context)}, indent=1, sort_keys=True).encode())
    return ProofResult("record-inventory", True, f"recorded: {_counted(now)}")


def prove_inventory(context: ProofContext, release: str) -> ProofResult:
    """Everything recorded at the run's start is there, equal in all that is looked at; what is new does not matter."""
    before, now = _recorded(context), _read(context)
    rows = [_row(kind, before[kind], now[kind]) for kind in KEPT]
    return from_rows("inventory", rows, f"{_counted(before)} from before are there, untouched")


def prove_inventory_of(run: str) -> Proof:
    """Return the proof that everything recorded at the start of another run of this machine is there, untouched."""

    def proof(context: ProofContext, release: str) -> ProofResult:
        return prove_inventory(dataclasses.replace(context, folder=context.folder.parent / run), release)

    return proof


def _row(kind: str, before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> Row:
    faults = list(_faults(before, now))
    shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
    return Row(kind, not faults, shown or f"all {len(before)} are there, untouched")


def _faults(before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for key, was in before.items():
        label = f"{was.get('name') or 'without a name'} ({key})"
        if key not in now:
            yield f"{label} is gone"
            continue
        changed = [
            f"{field} was {was[field]!r}, is {now[key].get(field)!r}"
            for field in was
            if was[field] != now[key].get(field)
        ]
        if changed:
            yield f"{label}: {', '.join(changed)}"


def _read(context: ProofContext) -> Inventory:
    requests = {kind: wanted(f"api.{kind}") for kind in KEPT}
    values = context.facts(*requests.values())
    found = {}
    for kind, request in requests.items():
        value = values[request]
        if isinstance(value, Unknown):
            raise OutsideError("proofs.inventory-unreadable", f"the {kind} could not be listed", found=value.reason)
        found[kind] = {
            key: {field: item.get(field) for field in KEPT[kind]} for key, item in value.items() if _counts(item)
        }
    return found


def _read_names(context: ProofContext) -> Inventory:
    """The names of everything else that a restore of the databases could lose, but for kinds that cannot be read."""
    requests = {kind: wanted(fact) for kind, fact in KINDS if kind not in KEPT}
    values = context.facts(*requests.values())
    read = {kind: value for kind, request in requests.items() if not isinstance(value := values[request], Unknown)}
    return {
        kind: {key: {field: item[field] for field in NAMED_BY} for key, item in value.items() if _counts(item)}
        for kind, value in read.items()
    }


def _counts(item: Mapping[str, Any]) -> bool:
    return not str(item.get("name") or "").startswith((OBJECT_PREFIX, PROOF_PREFIX))


def _recorded(context: ProofContext) -> Inventory:
    path = context.folder / INVENTORY_NAME
    if not path.exists():
        raise OutsideError(
            "proofs.no-inventory",
            "no inventory was recorded at the start of this run, so nothing can be compared",
            do_next="the step record-inventory of the plan does it",
        )
    recorded: Inventory = json.loads(path.read_text(encoding="utf-8"))
    return recorded


def _counted(inventory: Inventory) -> str:
    return ", ".join(counted(len(inventory[kind]), kind.removesuffix("s")) for kind in KEPT)
