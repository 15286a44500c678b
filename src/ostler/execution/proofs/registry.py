"""The proofs there are, by name, and how one is carried out and kept."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path

from ostler.errors import InputError, OstlerError
from ostler.execution.proofs.apis import prove_apis
from ostler.execution.proofs.availability import prove_availability
from ostler.execution.proofs.functional.boot_on import prove_boot_on
from ostler.execution.proofs.functional.table import prove_functional
from ostler.execution.proofs.inventory import prove_inventory, prove_inventory_of, record_inventory
from ostler.execution.proofs.logs import prove_logs
from ostler.execution.proofs.model import Proof, ProofContext, ProofResult, Row
from ostler.execution.proofs.probe_remains import remove_probe_remains
from ostler.execution.proofs.processes import prove_processes
from ostler.execution.proofs.recorded_bytes import prove_bytes
from ostler.execution.proofs.schema import prove_schema
from ostler.execution.vault import write_durably

PROOFS: Mapping[str, Proof] = {
    "record-inventory": record_inventory,
    "probe-remains": remove_probe_remains,
    "bytes": prove_bytes,
    "processes": prove_processes,
    "schema": prove_schema,
    "apis": prove_apis,
    "functional": prove_functional,
    "inventory": prove_inventory,
    "logs": prove_logs,
    "availability": prove_availability,
}

BOOT_ON = "boot-on:"
"""A proof's name that begins so ends in the host, as nova calls it, on which a server is booted."""

INVENTORY_OF = "inventory-of:"
"""A proof's name that begins so ends in the run at whose start the inventory was recorded."""

RESULTS = "proofs"


def prove(context: ProofContext, name: str, release: str) -> ProofResult:
    """Carry out one proof and keep its result in the context's folder, in place of an earlier one of that name.

    A proof that could not be carried out (a host or an API does not answer) is one that failed. Raises
    InputError for a name that is no proof's.
    """
    proof = _proof(name)
    at, began = context.clock.now(), context.clock.elapsed()
    try:
        result = proof(context.at(release), release)
    except OstlerError as error:
        found = f" ({error.found})" if error.found else ""
        result = ProofResult(name, False, f"could not be carried out: {error.summary}{found}")
    seconds = round(context.clock.elapsed() - began, 2)
    result = dataclasses.replace(result, name=name, release=release, at=at, seconds=seconds)
    write_durably(_path(context.folder, name), json.dumps(dataclasses.asdict(result), indent=1).encode())
    return result


def _proof(name: str) -> Proof:
    if name.startswith(BOOT_ON):
        return prove_boot_on(name.removeprefix(BOOT_ON))
    if name.startswith(INVENTORY_OF):
        return prove_inventory_of(name.removeprefix(INVENTORY_OF))
    if name not in PROOFS:
        raise InputError(
            "proofs.unknown", f"there is no proof {name!r}", expected=f"{', '.join(PROOFS)}, {BOOT_ON}HOST"
        )
    return PROOFS[name]


def _path(folder: Path, name: str) -> Path:
    return folder / RESULTS / f"{re.sub('[^A-Za-z0-9.-]', '_', name)}.json"


def read_results(folder: Path) -> list[ProofResult]:
    """Return the kept results of a run, the oldest first."""
    results = []
    for path in (folder / RESULTS).glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(Row(**row) for row in document.pop("rows"))
        results.append(ProofResult(rows=rows, **document))
    return sorted(results, key=lambda result: result.at)
