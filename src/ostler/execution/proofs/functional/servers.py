"""Servers: booted on a host, moved while they run, moved when they do not."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ostler.errors import OutsideError
from ostler.execution.proofs.functional.bench import Bench

TIMEOUT_S = 180.0
HOST = "OS-EXT-SRV-ATTR:host"


def make_flavor(bench: Bench) -> str:
    """Create the smallest flavor and return its id."""
    return str(bench.make("compute", "/flavors", "flavor", ram=64, vcpus=1, disk=1)["id"])


def boot(bench: Bench, host: str, flavor_id: str, image_id: str, network_id: str) -> str:
    """Boot a server on a host, see it ACTIVE there, and return its id."""
    where: dict[str, Any] = (
        {"host": host} if bench.boots_by_name else {"availability_zone": f"{_zone(bench, host)}:{host}"}
    )
    server = bench.make(
        "compute", "/servers", "server",
        flavorRef=flavor_id, imageRef=image_id, networks=[{"uuid": network_id}], **where,
    )  # fmt: skip
    found = wait_for_server(bench, str(server["id"]), "ACTIVE")
    if found[HOST] != host:
        raise OutsideError("proofs.other-host", f"the server was asked for on {host} and is on {found[HOST]}")
    return str(server["id"])


def _zone(bench: Bench, host: str) -> str:
    services = bench.get("compute", f"/os-services?binary=nova-compute&host={quote(host)}", "services")
    if not services:
        raise OutsideError("proofs.no-compute", f"nova lists no nova-compute on {host}")
    return str(services[0]["zone"])


def live_migrate(bench: Bench, server_id: str, target: str) -> str:
    """Move a running server to another host; return from where to where."""
    source = str(show(bench, server_id)[HOST])
    body = {"os-migrateLive": {"host": target, "block_migration": "auto"}}
    bench.call("compute", "POST", f"/servers/{server_id}/action", body)
    wait_for_server(bench, server_id, "ACTIVE", on=target)
    return f"{source} → {target}"


def cold_migrate(bench: Bench, server_id: str) -> str:
    """Move a server by stopping and starting it on a host that nova chooses; return from where to where."""
    source = str(show(bench, server_id)[HOST])
    bench.call("compute", "POST", f"/servers/{server_id}/action", {"migrate": None})
    wait_for_server(bench, server_id, "VERIFY_RESIZE")
    bench.call("compute", "POST", f"/servers/{server_id}/action", {"confirmResize": None})
    target = str(wait_for_server(bench, server_id, "ACTIVE")[HOST])
    if target == source:
        raise OutsideError("proofs.not-moved", f"the server is still on {source}")
    return f"{source} → {target}"


def show(bench: Bench, server_id: str) -> dict[str, Any]:
    """Return a server as nova describes it."""
    return dict(bench.get("compute", f"/servers/{server_id}", "server"))


def wait_for_server(bench: Bench, server_id: str, status: str, on: str | None = None) -> dict[str, Any]:
    """Wait until a server has a status and no task (and is on a host), and return it.

    Raises OutsideError when it goes to ERROR, or the wait is too long.
    """
    found: dict[str, Any] = {}

    def look() -> bool:
        found.clear()
        found.update(show(bench, server_id))
        if found["status"] == "ERROR":
            fault = found.get("fault", {}).get("message", "no fault recorded")
            raise OutsideError("proofs.server-in-error", f"the server went to ERROR instead of {status}: {fault}")
        has_task = found.get("OS-EXT-STS:task_state") is not None
        return found["status"] == status and not has_task and on in (None, found[HOST])

    where = f" on {on}" if on else ""
    bench.wait(f"the server is {status}{where}", look, TIMEOUT_S)
    return found
