"""What the probe writes: small objects made, waited for, and deleted, again and again.

A cycle is a function that makes one object and takes it away again; ``number`` counts its turns. A request that fails
ends the turn: nothing is tried twice. What a turn leaves behind then is deleted when the probe ends.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ostler.execution.probe.asking import Asker, as_json, status_in, wait_for
from ostler.execution.probe.objects import OwnObjects, server_state
from ostler.execution.probe.wire import TIMEOUT_S, Answer

POLL_S = 0.5
UPLOAD_CHUNKS = 10
UPLOAD_CHUNK_BYTES = 64 * 1024
UPLOAD_PAUSE_S = 0.5


@dataclass(frozen=True)
class Turn:
    """One turn of a cycle: who asks, with which objects, which number it has, and when to give up waiting."""

    asker: Asker
    own: OwnObjects
    number: int
    stop: threading.Event

    @property
    def name(self) -> str:
        """The name of what this turn makes."""
        return f"{self.own.prefix}{self.number}"

    def make(self, api: str, op: str, path: str, noun: str, **values: object) -> str | None:
        """Create an object and return its id; None when that failed."""
        answer = self.asker.ask(api, op, "POST", path, body={noun: {"name": self.name, **values}})
        made = as_json(answer).get(noun, {}).get("id")
        return None if made is None else str(made)

    def delete(self, api: str, op: str, path: str) -> bool:
        """Ask for an object's deletion; False when that failed."""
        return self.asker.ask(api, op, "DELETE", path) is not None

    def wait(self, api: str, op: str, look: Callable[[], str | None]) -> bool:
        """Wait for an object to end as it should, and write the outcome down; False when it did not, or nobody knows
        since the probe ends."""
        began = self.asker.clock()
        error = wait_for(look, is_stopping=self.stop.is_set, every_s=POLL_S, timeout_s=TIMEOUT_S)
        if error is not None:
            self.asker.outcome(api, op, began, error)
        return error == ""

    def wait_gone(self, api: str, op: str, path: str) -> None:
        """Wait until an object is no longer there."""

        def look() -> str | None:
            answer = self.asker.ask(api, "poll", "GET", path, judge=status_in(200, 404))
            return "" if answer is not None and answer.status == 404 else None

        self.wait(api, op, look)


def server_cycle(turn: Turn) -> None:
    """Boot a server to ACTIVE, stop it every second time, delete it and see it gone."""
    server_id = turn.make(
        "nova", "boot", "/servers", "server",
        flavorRef=turn.own.flavor_id, imageRef=turn.own.image_id, networks=[{"uuid": turn.own.network_id}],
    )  # fmt: skip
    if server_id is None:
        return
    is_active = turn.wait("nova", "server-active", lambda: server_state(turn.asker, server_id, "ACTIVE"))
    if is_active and turn.number % 2 and not turn.stop.is_set():
        stopping = turn.asker.ask("nova", "stop", "POST", f"/servers/{server_id}/action", body={"os-stop": None})
        if stopping is not None:
            turn.wait("nova", "server-stopped", lambda: server_state(turn.asker, server_id, "SHUTOFF"))
    if turn.delete("nova", "delete", f"/servers/{server_id}"):
        turn.wait_gone("nova", "server-gone", f"/servers/{server_id}")


def volume_cycle(turn: Turn) -> None:
    """Create a volume until it is available, delete it and see it gone."""
    volume_id = turn.make("cinder", "create", "/volumes", "volume", size=1)
    if volume_id is None:
        return

    def look() -> str | None:
        volume = as_json(turn.asker.ask("cinder", "poll", "GET", f"/volumes/{volume_id}")).get("volume", {})
        status = str(volume.get("status", ""))
        return {"available": ""}.get(status, f"volume is in {status}" if status.startswith("error") else None)

    is_available = turn.wait("cinder", "volume-available", look)
    if not is_available and turn.stop.is_set():
        return  # cinder refuses to delete a volume that it still creates
    if turn.delete("cinder", "delete", f"/volumes/{volume_id}"):
        turn.wait_gone("cinder", "volume-gone", f"/volumes/{volume_id}")


def network_cycle(turn: Turn) -> None:
    """Create a network with a subnet and a port, and delete them."""
    network_id = turn.make("neutron", "network-create", "/networks", "network")
    if network_id is None:
        return
    cidr = f"198.19.{turn.number % 250}.0/24"
    turn.make("neutron", "subnet-create", "/subnets", "subnet", network_id=network_id, ip_version=4, cidr=cidr)
    port_id = turn.make("neutron", "port-create", "/ports", "port", network_id=network_id)
    if port_id is not None:
        turn.delete("neutron", "port-delete", f"/ports/{port_id}")
    turn.delete("neutron", "network-delete", f"/networks/{network_id}")


def project_cycle(turn: Turn) -> None:
    """Create a project and delete it."""
    project_id = turn.make("keystone", "project-create", "/projects", "project")
    if project_id is not None:
        turn.delete("keystone", "project-delete", f"/projects/{project_id}")


def upload_cycle(turn: Turn) -> None:
    """Upload an image slowly, in chunks over five seconds; check its size and digest; delete it."""
    image = {"name": turn.name, "disk_format": "raw", "container_format": "bare"}
    image_id = as_json(turn.asker.ask("glance", "create", "POST", "/images", body=image)).get("id")
    if image_id is None:
        return
    content = os.urandom(UPLOAD_CHUNK_BYTES)
    uploaded = turn.asker.ask(
        "glance", "slow-upload", "PUT", f"/images/{image_id}/file",
        chunks=_drip(content, turn.stop), own_s=UPLOAD_CHUNKS * UPLOAD_PAUSE_S,
    )  # fmt: skip
    if uploaded is not None:
        began = turn.asker.clock()
        answer = turn.asker.ask("glance", "image", "GET", f"/images/{image_id}")
        if answer is not None:
            turn.asker.outcome("glance", "image-intact", began, _image_fault(answer, content * UPLOAD_CHUNKS))
    turn.delete("glance", "delete", f"/images/{image_id}")


def _drip(content: bytes, stop: threading.Event) -> Iterator[bytes]:
    for _ in range(UPLOAD_CHUNKS):
        yield content
        stop.wait(UPLOAD_PAUSE_S)


def _image_fault(answer: Answer, content: bytes) -> str:
    image = as_json(answer)
    if image.get("status") != "active" or image.get("size") != len(content):
        return f"image is {image.get('status')} with {image.get('size')} of {len(content)} bytes"
    if image.get("os_hash_algo") == "sha512" and image.get("os_hash_value") != hashlib.sha512(content).hexdigest():
        return "image has another digest than what was uploaded"
    return ""


CYCLES: tuple[tuple[Callable[[Turn], None], float], ...] = (
    (server_cycle, 12.0),
    (volume_cycle, 12.0),
    (network_cycle, 14.0),
    (project_cycle, 9.0),
    (upload_cycle, 10.0),
)
"""The cycles, and how many seconds lie between the beginnings of two turns."""


def cycle_on(
    cycle: Callable[[Turn], None], every_s: float, asker: Asker, own: OwnObjects, stop: threading.Event
) -> None:
    """Do one cycle's turns until ``stop`` is set."""
    number = 0
    while not stop.is_set():
        began = time.monotonic()
        cycle(Turn(asker, own, number, stop))
        number += 1
        stop.wait(max(0.0, every_s - (time.monotonic() - began)))
