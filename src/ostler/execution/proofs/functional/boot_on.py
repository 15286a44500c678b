"""`boot-on:HOST`: a server boots on one compute host and is deleted again; not tried on one that somebody disabled."""

from __future__ import annotations

from ostler.execution.proofs.functional.bench import Bench
from ostler.execution.proofs.functional.images import make_image
from ostler.execution.proofs.functional.networks import make_network
from ostler.execution.proofs.functional.servers import boot, make_flavor
from ostler.execution.proofs.model import Proof, ProofContext, ProofResult
from ostler.facts.model import Unknown, wanted
from ostler.facts.predicate import BY_NOVA

SMALL_IMAGE_BYTES = 64 * 1024


def prove_boot_on(host: str) -> Proof:
    """Return the proof for a host, as nova calls it."""

    def proof(context: ProofContext, release: str) -> ProofResult:
        if (reason := _why_disabled(context, host)) is not None:
            detail = f"no server was booted on {host}: scheduling to it is disabled, not by this run ({reason})"
            return ProofResult("", True, detail, is_tried=False)
        bench = Bench(context, release)
        try:
            flavor_id = make_flavor(bench)
            image_id, _ = make_image(bench, SMALL_IMAGE_BYTES)
            boot(bench, host, flavor_id, image_id, make_network(bench))
        finally:
            left = bench.delete_all()
        detail = f"a server became ACTIVE on {host} and was deleted"
        if left:
            return ProofResult("", False, f"a server became ACTIVE on {host}; left behind: {'; '.join(left)}")
        return ProofResult("", True, detail)

    return proof


def _why_disabled(context: ProofContext, host: str) -> str | None:
    """The reason given when somebody disabled scheduling to a compute while the run was at work: what the run disabled
    is enabled again when it is proved. None where it is enabled, nova does not tell, or nova-compute disabled itself:
    that is no reason not to try."""
    request = wanted("api.compute_services")
    services = context.facts(request)[request]
    record = {} if isinstance(services, Unknown) else services.get(f"nova-compute@{host}", {})
    reason = record.get("disabled_reason") or "no reason given"
    return reason if record.get("status") == "disabled" and not reason.startswith(BY_NOVA) else None
