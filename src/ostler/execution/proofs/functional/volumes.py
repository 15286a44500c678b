"""Volumes: available, attached, and free again."""

from __future__ import annotations

from ostler.errors import OutsideError
from ostler.execution.proofs.functional.bench import Bench

TIMEOUT_S = 120.0


def make_volume(bench: Bench) -> str:
    """Create a volume of 1 GiB, see it available, and return its id."""
    volume_id = str(bench.make("volumev3", "/volumes", "volume", size=1)["id"])
    wait_for_volume(bench, volume_id, "available")
    return volume_id


def attach(bench: Bench, server_id: str, volume_id: str) -> None:
    """Attach a volume to a server and see it in use; it is detached before the server is deleted."""
    path = f"/servers/{server_id}/os-volume_attachments"
    bench.call("compute", "POST", path, {"volumeAttachment": {"volumeId": volume_id}})
    wait_for_volume(bench, volume_id, "in-use")


def detach(bench: Bench, server_id: str, volume_id: str) -> None:
    """Detach a volume and see it available."""
    bench.call("compute", "DELETE", f"/servers/{server_id}/os-volume_attachments/{volume_id}")
    wait_for_volume(bench, volume_id, "available")


def wait_for_volume(bench: Bench, volume_id: str, status: str) -> None:
    """Wait for a volume's status. Raises OutsideError when it is in an error or the wait is too long."""

    def look() -> bool:
        found = str(bench.get("volumev3", f"/volumes/{volume_id}", "volume")["status"])
        if found.startswith("error"):
            raise OutsideError("proofs.volume-in-error", f"the volume went to {found} instead of {status}")
        return found == status

    bench.wait(f"the volume is {status}", look, TIMEOUT_S)
