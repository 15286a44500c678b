"""A cloud in memory that answers as openstacksdk's connection does, as far as filling a practice cloud asks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any


class Things(dict[str, Any]):
    """Things of one kind, by id."""

    _numbers = itertools.count(1)

    def add(self, **told: Any) -> Any:
        thing = SimpleNamespace(id=f"id-{next(self._numbers)}", project_id="mine", **told)
        self[thing.id] = thing
        return thing

    def named(self, name: str) -> list[Any]:
        return [thing for thing in self.values() if thing.name == name]


KINDS = (
    *("project", "user", "role", "flavor", "image", "server", "volume", "snapshot"),
    *("network", "subnet", "router", "port", "security_group", "security_group_rule"),
)


class SmallCloud:
    """All APIs at once. What is made is ready at once; `boots` says how the next servers come up."""

    current_project_id = "mine"

    def __init__(self) -> None:
        self.compute = self.network = self.block_storage = self.identity = self.image = self
        self.kinds = {kind: Things() for kind in KINDS}
        self.attached: dict[str, list[str]] = {}
        self.boots: list[str] = []
        self.kinds["role"].add(name="member")
        self.kinds["role"].add(name="admin")

    def __getattr__(self, name: str) -> Any:
        """`volumes(...)`, `create_volume(...)`, `get_volume(id)`, `delete_volume(id)` of every kind."""
        verb, _, kind = name.partition("_")
        if verb == "create":
            return lambda **told: self.kinds[kind].add(**{"status": "available", "device_id": "", **told})
        if verb == "get":
            return lambda key: self.kinds[kind][key]
        if verb == "delete":
            return lambda key, **_: self.kinds[kind].pop(key)
        kind = name.removesuffix("s")
        if kind in self.kinds:
            return lambda **like: self._like(kind, like)
        raise AttributeError(name)

    def _like(self, kind: str, like: dict[str, Any]) -> Iterator[Any]:
        things = list(self.kinds[kind].values())
        return (each for each in things if all(getattr(each, key) == value for key, value in like.items()))

    def create_image(self, *, data: bytes, **told: Any) -> Any:
        return self.kinds["image"].add(**{**told, "status": "active"})

    def create_server(self, *, networks: Sequence[dict[str, str]], **told: Any) -> Any:
        status = self.boots.pop(0) if self.boots else "ACTIVE"
        server = self.kinds["server"].add(**told, status=status)
        self.kinds["port"][networks[0]["port"]].device_id = server.id
        return server

    def delete_server(self, key: str) -> None:
        del self.kinds["server"][key]
        for port in self.kinds["port"].values():
            port.device_id = "" if port.device_id == key else port.device_id
        for volume in self.attached.pop(key, []):
            self.kinds["volume"][volume].status = "available"

    def stop_server(self, key: str) -> None:
        self.kinds["server"][key].status = "SHUTOFF"

    def volume_attachments(self, server: str) -> list[Any]:
        return [SimpleNamespace(volume_id=volume) for volume in self.attached.get(server, [])]

    def create_volume_attachment(self, server: str, *, volume_id: str) -> None:
        assert self.kinds["volume"][volume_id].status == "available"
        self.attached[server] = [volume_id]
        self.kinds["volume"][volume_id].status = "in-use"

    def reset_volume_status(self, key: str, status: str, attach_status: str) -> None:
        self.kinds["volume"][key].status = status

    def delete_volume(self, key: str, *, cascade: bool) -> None:
        assert self.kinds["volume"][key].status in ("available", "error"), "as cinder demands"
        del self.kinds["volume"][key]

    def add_interface_to_router(self, router: Any, *, subnet_id: str) -> None:
        self.kinds["port"].add(name="", device_id=router.id, status="ACTIVE")

    def assign_project_role_to_user(self, *_: Any) -> None:
        """Roles are not looked at."""

    def set_compute_quotas(self, *_: Any, **__: Any) -> None:
        """Nor are quotas."""

    def wait_for_server(self, server: Any, status: str, **_: Any) -> Any:
        return self._demand(server, status)

    def wait_for_status(self, thing: Any, status: str, *_: Any, **__: Any) -> Any:
        return self._demand(thing, status)

    def _demand(self, thing: Any, status: str) -> Any:
        if thing.status != status:
            raise TimeoutError(f"{thing.name} is {thing.status}, not {status}")
        return thing

    def wait_for_delete(self, thing: Any, **_: Any) -> None:
        assert not any(thing.id in things for things in self.kinds.values())
