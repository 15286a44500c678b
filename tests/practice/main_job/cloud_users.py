"""Those who use the practice cloud: what is theirs, by the APIs at the virtual address, without Ostler's facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ostler.practice.layout import cache_dir, state_root
from ostler.practice.openstack.api import connect
from ostler.practice.state import load_layout

Everything = Mapping[str, Mapping[str, str]]
"""By kind: what each thing is like, by its id."""

PASSING = "ostler-"
"""Names of what Ostler's probe and proofs make begin so; they come and go."""


class CloudUsers:
    """All projects of a practice cloud, seen by its administrator."""

    def __init__(self, name: str) -> None:
        self._layout = load_layout(name, state_root(), cache_dir())

    def everything(self) -> Everything:
        """Servers, volumes, images, networks, users and projects, with what must not change about them."""
        api = connect(self._layout)
        return {
            "server": _told(
                api.compute.servers(all_projects=True),
                "name",
                "status",
                "compute_host",
                "image",
                "flavor",
                "launched_at",
            ),
            "volume": _told(
                api.block_storage.volumes(all_projects=True), "name", "status", "size", "attachments", "created_at"
            ),
            "image": _told(api.image.images(), "name", "status", "hash_value", "size", "created_at"),
            "network": _told(api.network.networks(), "name", "status", "created_at"),
            "user": _told(api.identity.users(), "name", "is_enabled"),
            "project": _told(api.identity.projects(), "name", "is_enabled"),
        }

    def missing(self, before: Everything) -> list[str]:
        """What was there before and is not, or is not as it was."""
        now = self.everything()
        return [
            f"{kind} {each}: was {was}, is {now[kind].get(each, 'gone')}"
            for kind, things in before.items()
            for each, was in things.items()
            if now[kind].get(each) != was
        ]

    def ask_every_api(self) -> None:
        """One real question for each of the six APIs, answered through the virtual address."""
        api = connect(self._layout)
        assert list(api.identity.projects())
        assert list(api.image.images())
        assert list(api.placement.resource_providers())
        assert list(api.compute.servers(all_projects=True))
        assert list(api.network.networks())
        assert list(api.block_storage.volumes(all_projects=True))

    def make_a_volume(self, name: str) -> str:
        """Make a volume that stays; its id."""
        api = connect(self._layout)
        volume = api.block_storage.create_volume(name=name, size=1)
        api.block_storage.wait_for_status(volume, "available", wait=60)
        return str(volume.id)

    def make_more(self, name: str) -> dict[str, str]:
        """Make what else stays only as a record, a thing of each kind; its id by what it is called in a plan."""
        api = connect(self._layout)
        made = {
            "router": api.network.create_router(name=name),
            "server group": api.compute.create_server_group(name=name, policies=["anti-affinity"]),
            "volume type": api.block_storage.create_type(name=name),
        }
        return {f"{kind} {name}": str(thing.id) for kind, thing in made.items()}

    @contextmanager
    def drained(self, host: str) -> Iterator[list[str]]:
        """Take a compute out of use as the operator's guide says: no new servers, and those that run move away. The ids
        of those that moved. When the block ends they come back, and it is used again."""
        compute = connect(self._layout).compute
        (service,) = compute.services(host=host, binary="nova-compute")
        compute.disable_service(service, disabled_reason="drained by a test")
        servers = compute.servers(all_projects=True, compute_host=host, status="ACTIVE")
        moved = [server.id for server in servers if server.compute_host == host]
        try:
            for each in moved:
                compute.live_migrate_server(each, block_migration="auto")
                self._wait(each, "ACTIVE", lambda now: now.compute_host != host)
            yield moved
        finally:
            compute.enable_service(service)
            for each in moved:
                # Cold: that binds the ports anew and so brings them up; after a live migration no practice agent does.
                compute.migrate_server(each, host=host)
                self._wait(each, "VERIFY_RESIZE")
                compute.confirm_server_resize(each)
                self._wait(each, "ACTIVE", lambda now: now.compute_host == host)

    def _wait(self, server: str, status: str, is_so: Callable[[Any], bool] = lambda now: True) -> None:
        compute, deadline = connect(self._layout).compute, time.monotonic() + 90
        while True:
            now = compute.get_server(server)
            if now.status == status and is_so(now):
                return
            assert now.status != "ERROR" and time.monotonic() < deadline, now
            time.sleep(0.5)


def _told(things: Any, *attributes: str) -> dict[str, str]:
    return {
        thing.id: ", ".join(f"{attribute}={getattr(thing, attribute, None)}" for attribute in attributes)
        for thing in things
        if not str(thing.name).startswith(PASSING)
    }
