"""A cloud behind the Api protocol: one compute per host name given, objects in dictionaries, faults to switch on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from ostler.commands import ApiRequest, ApiResponse
from ostler.errors import ApiError

LISTS = {"services", "endpoints", "users", "projects"}


class FakeApi:
    """`fault(request)` may return a status to answer instead; `boots_to` is what servers become; `down` are computes
    that do not report, `statuses` those that are not enabled; `data` alters what an image gives back; `stays` makes the
    object of a kind undeletable."""

    def __init__(self, *computes: str) -> None:
        self.computes = computes
        self.kinds: dict[str, dict[str, dict[str, Any]]] = {}
        self.content: dict[str, bytes] = {}
        self.fault: Callable[[ApiRequest], int | None] = lambda request: None
        self.boots_to = "ACTIVE"
        self.down: set[str] = set()
        self.statuses: dict[str, str] = {}
        self.data: Callable[[bytes], bytes] = lambda content: content
        self.requests: list[str] = []
        self.ever: list[str] = []

    def close(self) -> None:
        pass

    def names(self) -> list[str]:
        return [item["name"] for items in self.kinds.values() for item in items.values() if "name" in item]

    def call(self, request: ApiRequest) -> ApiResponse:
        self.requests.append(str(request))
        status = self.fault(request)
        if status is not None:
            raise ApiError("api.unexpected-status", f"{request} was answered with {status}", status=status)
        parts = [part for part in request.path.partition("?")[0].split("/") if part]
        parts = [part for part in parts if part not in ("v2", "v2.0")]
        return self._answer(request, parts)

    def _answer(self, request: ApiRequest, parts: list[str]) -> ApiResponse:
        match [request.method, *parts]:
            case ["GET", "os-services"]:
                services = [
                    {
                        "host": host,
                        "state": "down" if host in self.down else "up",
                        "status": self.statuses.get(host, "enabled"),
                    }
                    for host in self.computes
                ]
                return ApiResponse(200, {"services": services})
            case ["GET", kind] if kind in LISTS:
                return ApiResponse(200, {kind: [{"id": "one"}]})
            case [method, "images", key, "file"]:
                return self._image_data(method, key, request.content)
            case ["POST", "servers", key, "action"]:
                return self._action(self.kinds["servers"][key], request.body)
            case [method, "servers", key, "os-volume_attachments", *_]:
                volume = next(iter(self.kinds["volumes"].values()))
                volume["status"] = "in-use" if method == "POST" else "available"
                return ApiResponse(202, {})
            case ["POST", kind]:
                return self._make(kind, request.body)
            case [method, kind, key]:
                return self._one(method, kind, key)
        return ApiResponse(200, {parts[-1]: []})

    def _image_data(self, method: str, key: str, content: bytes | None) -> ApiResponse:
        if method == "GET":
            return ApiResponse(200, None, self.data(self.content[key]))
        assert content is not None
        self.content[key] = content
        self.kinds["images"][key]["status"] = "active"
        return ApiResponse(204, None)

    def _action(self, server: dict[str, Any], body: Any) -> ApiResponse:
        other = [host for host in self.computes if host != server["OS-EXT-SRV-ATTR:host"]]
        if "os-migrateLive" in body:
            server["OS-EXT-SRV-ATTR:host"] = body["os-migrateLive"]["host"]
        elif "migrate" in body:
            server.update({"status": "VERIFY_RESIZE", "OS-EXT-SRV-ATTR:host": other[0]})
        else:
            server["status"] = "ACTIVE"
        return ApiResponse(202, {})

    def _make(self, kind: str, body: Any) -> ApiResponse:
        noun = kind[:-1]
        values = body if kind == "images" else body[noun]
        key = uuid.uuid4().hex
        item = {"id": key, **values}
        if kind == "servers":
            item.update({"status": self.boots_to, "OS-EXT-SRV-ATTR:host": values["host"]})
        if kind == "volumes":
            item["status"] = "available"
        if kind == "ports":
            item["fixed_ips"] = [{"ip_address": "198.18.77.5"}]
        self.kinds.setdefault(kind, {})[key] = item
        self.ever.append(values["name"])
        return ApiResponse(201, item if kind == "images" else {noun: item})

    def _one(self, method: str, kind: str, key: str) -> ApiResponse:
        item = self.kinds.get(kind, {}).get(key)
        if item is None:
            raise ApiError("api.unexpected-status", f"{kind} {key} is not there", status=404)
        if method == "DELETE":
            del self.kinds[kind][key]
            return ApiResponse(204, None)
        return ApiResponse(200, item if kind == "images" else {kind[:-1]: item})
