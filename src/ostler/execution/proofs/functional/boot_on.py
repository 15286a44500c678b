"""`boot-on:HOST`: a server boots on one compute host and is deleted again."""

from __future__ import annotations

from ostler.execution.proofs.functional.bench import Bench
from ostler.execution.proofs.functional.images import make_image
from ostler.execution.proofs.functional.networks import make_network
from ostler.execution.proofs.functional.servers import boot, make_flavor
from ostler.execution.proofs.model import Proof, ProofContext, ProofResult

SMALL_IMAGE_BYTES = 64 * 1024


def prove_boot_on(host: str) -> Proof:
    """Return the proof for a host, as nova calls it."""

    def proof(context: ProofContext, release: str) -> ProofResult:
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
