"""What a restore brings back of the probe's own objects, deleted again.

The probe asks while the databases are dumped, so the dump holds records of what it had made at that moment.
"""

from __future__ import annotations

from ostler.execution.probe.naming import OBJECT_PREFIX, is_left_behind
from ostler.execution.proofs.functional.bench import Bench
from ostler.execution.proofs.model import ProofContext, ProofResult

_KINDS = (
    ("identity", f"/projects?name__startswith={OBJECT_PREFIX}", "projects", "/projects"),
    ("compute", "/flavors", "flavors", "/flavors"),
    ("image", "/v2/images?limit=1000&sort=created_at:desc", "images", "/v2/images"),
    ("network", "/v2.0/networks", "networks", "/v2.0/networks"),
    ("network", "/v2.0/ports", "ports", "/v2.0/ports"),
    ("volumev3", "/volumes?limit=1000", "volumes", "/volumes"),
    ("compute", f"/servers?all_tenants=1&name=^{OBJECT_PREFIX}", "servers", "/servers"),
)
"""Service, listing, key in the answer, path of one; what others use comes first, since the last is deleted first."""


def remove_probe_remains(context: ProofContext, release: str) -> ProofResult:
    """Delete every object of a probe that does not live any more, and see it gone."""
    bench = Bench(context, release)
    run, names = context.folder.name, []
    for service, listing, key, path in _KINDS:
        for found in bench.get(service, listing, key):
            name = str(found.get("name") or "")
            if is_left_behind(name, run):
                bench.will_delete(service, f"{path}/{found['id']}")
                names.append(f"{key[:-1]} {name}")
    left = bench.delete_all()
    deleted = f"{len(names)} objects of earlier probes deleted" if names else "nothing of an earlier probe is there"
    return ProofResult("probe-remains", not left, "; ".join([deleted, *(f"left: {what}" for what in left)]))
