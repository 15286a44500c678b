"""Proving that a practice cloud works: what it makes for that, it removes again."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ostler.practice.layout import Layout
from ostler.practice.openstack.api import connect
from ostler.practice.openstack.deploy import missing_services
from ostler.practice.reach import PracticeReach

IMAGE_BYTES = 3 * 2**20
DOWNLOADS = 3
WAIT_S = 120
POLL_S = 0.5


class Check(NamedTuple):
    """One thing that was tried; `detail` says what came of it."""

    name: str
    ok: bool
    detail: str


def verify(layout: Layout, reach: PracticeReach, report: Callable[[str], None]) -> list[Check]:
    """Try the cloud: a server on each compute, a volume attached, an image back intact, live and cold migration.

    Every check is tried, also after one failed; what depends on a failed one fails too. Nothing stays behind.
    """
    del reach  # everything is seen through the API
    cloud = connect(layout)
    trial = _Trial(cloud, report, f"verify-{secrets.token_hex(3)}")
    with ExitStack() as cleaning:
        trial.check("services are up", lambda: _demand_none(missing_services(layout, cloud)))
        image = trial.check("image uploaded", lambda: trial.image(cleaning))
        for number in range(1, DOWNLOADS + 1):
            trial.check(f"image downloaded intact ({number})", lambda: trial.download(image))
        network = trial.check("network and subnet", lambda: trial.network(cleaning))
        flavor = trial.check("flavor", lambda: trial.flavor(cleaning))
        servers = {}
        for host in layout.compute_hosts:
            server = trial.check(
                f"server ACTIVE on {host.name}",
                lambda name=host.name: trial.server(cleaning, name, image, network, flavor),  # type: ignore[misc]
            )
            servers[host.name] = server
        first = next(iter(servers.values()), None)
        trial.check("volume attached", lambda: trial.volume(cleaning, first))
        if layout.computes > 1:
            trial.check("live migration", lambda: trial.live_migrate(first))
            trial.check("cold migration", lambda: trial.cold_migrate(first))
        trial.check("stopped and started", lambda: trial.stop_and_start(first))
    return trial.checks


@dataclass
class _Trial:
    cloud: Any
    report: Callable[[str], None]
    name: str
    checks: list[Check] = field(default_factory=list)
    content: bytes = field(default_factory=lambda: secrets.token_bytes(IMAGE_BYTES))

    def check(self, name: str, work: Callable[[], Any]) -> Any:
        """Try one thing and keep how it went; what it returned, None when it failed."""
        started = time.monotonic()
        try:
            result, failure = work(), ""
        except Exception as error:  # whatever the API or the SDK comes up with is the answer here
            result, failure = None, f"{type(error).__name__}: {error}"[:400]
        detail = failure or (result if isinstance(result, str) else "")
        self.checks.append(Check(name, not failure, detail))
        word = "FAILED" if failure else "ok"
        self.report(f"{word:6} {time.monotonic() - started:5.1f} s  {name} {detail}".rstrip())
        return result

    def image(self, cleaning: ExitStack) -> Any:
        made = self.cloud.image.create_image(
            name=self.name, data=self.content, disk_format="raw", container_format="bare", validate_checksum=True
        )
        cleaning.callback(self.cloud.image.delete_image, made.id, ignore_missing=True)
        return made

    def download(self, image: Any) -> str:
        content = self.cloud.image.download_image(image.id).content
        if content != self.content:
            raise ValueError(f"{len(content)} bytes came back, {len(self.content)} were sent; they differ")
        return f"sha256 {hashlib.sha256(content).hexdigest()[:16]}"

    def network(self, cleaning: ExitStack) -> Any:
        made = self.cloud.network.create_network(name=self.name)
        cleaning.callback(self.cloud.network.delete_network, made.id)
        self.cloud.network.create_subnet(network_id=made.id, ip_version=4, cidr="10.99.0.0/24", name=self.name)
        return made

    def flavor(self, cleaning: ExitStack) -> Any:
        made = self.cloud.compute.create_flavor(name=self.name, ram=64, vcpus=1, disk=1)
        cleaning.callback(self.cloud.compute.delete_flavor, made.id)
        return made

    def server(self, cleaning: ExitStack, host: str, image: Any, network: Any, flavor: Any) -> Any:
        made = self.cloud.compute.create_server(
            name=f"{self.name}-{host}",
            flavor_id=flavor.id,
            image_id=image.id,
            networks=[{"uuid": network.id}],
            host=host,
        )
        cleaning.callback(self._delete_server, made)
        return self._wait_for(made, "ACTIVE")

    def volume(self, cleaning: ExitStack, server: Any) -> str:
        made = self.cloud.block_storage.create_volume(name=self.name, size=1)
        cleaning.callback(self.cloud.block_storage.delete_volume, made.id)
        self._wait_for_volume(made, "available")
        self.cloud.compute.create_volume_attachment(server.id, volume_id=made.id)
        self._wait_for_volume(made, "in-use")
        cleaning.callback(self._detach, server, made)
        return str(self.cloud.block_storage.get_volume(made.id).host)

    def live_migrate(self, server: Any) -> str:
        before = self._host(server)
        self.cloud.compute.live_migrate_server(server, host=None, block_migration="auto")
        with _patience("live migration") as waiting:
            while waiting() and (self._host(server) == before or self._status(server) != "ACTIVE"):
                pass
        return f"{before} → {self._host(server)}"

    def cold_migrate(self, server: Any) -> str:
        before = self._host(server)
        self.cloud.compute.migrate_server(server)
        self._wait_for(server, "VERIFY_RESIZE")
        self.cloud.compute.confirm_server_resize(server)
        self._wait_for(server, "ACTIVE")
        return f"{before} → {self._host(server)}"

    def stop_and_start(self, server: Any) -> None:
        self.cloud.compute.stop_server(server)
        self._wait_for(server, "SHUTOFF")
        self.cloud.compute.start_server(server)
        self._wait_for(server, "ACTIVE")

    def _host(self, server: Any) -> str:
        return str(self.cloud.compute.get_server(server.id).compute_host)

    def _status(self, server: Any) -> str:
        return str(self.cloud.compute.get_server(server.id).status)

    def _wait_for(self, server: Any, status: str) -> Any:
        return self.cloud.compute.wait_for_server(server, status, interval=POLL_S, wait=WAIT_S)

    def _wait_for_volume(self, volume: Any, status: str) -> None:
        self.cloud.block_storage.wait_for_status(volume, status, ["error"], interval=POLL_S, wait=WAIT_S)

    def _detach(self, server: Any, volume: Any) -> None:
        self.cloud.compute.delete_volume_attachment(server.id, volume.id)
        self._wait_for_volume(volume, "available")

    def _delete_server(self, server: Any) -> None:
        self.cloud.compute.delete_server(server.id)
        self.cloud.compute.wait_for_delete(server, interval=POLL_S, wait=WAIT_S)


@contextmanager
def _patience(what: str) -> Iterator[Callable[[], bool]]:
    deadline = time.monotonic() + WAIT_S

    def waiting() -> bool:
        time.sleep(POLL_S)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took over {WAIT_S} s")
        return True

    yield waiting


def _demand_none(missing: list[str]) -> None:
    if missing:
        raise RuntimeError(f"not up: {', '.join(missing)}")
