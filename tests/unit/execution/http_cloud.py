"""A tiny OpenStack over real HTTP: just what the probe uses, with faults that a test can switch on."""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable
from hashlib import sha512
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

APIS = {
    "identity": "/identity/v3",
    "image": "/image",
    "placement": "/placement",
    "compute": "/compute/v2.1",
    "network": "/network",
    "volumev3": "/volume/v3/p1",
}
PASSWORD = "not-to-be-seen"


class HttpCloud:
    """Serves until closed. ``fault(method, path)`` may return a status to answer instead; ``boots_to`` and
    ``volumes_become`` are what servers and volumes become (a volume that is creating refuses to be
    deleted); ``collections`` holds what exists."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[str, dict[str, Any]]] = {}
        self.content: dict[str, bytes] = {}
        self.boots_to = "ACTIVE"
        self.volumes_become = "available"
        self.fault: Callable[[str, str], int | None] = lambda method, path: None
        self.made: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def clouds_yaml(self, folder: Path) -> Path:
        path = folder / "clouds.yaml"
        path.write_text(
            "clouds:\n  tiny:\n    auth:\n"
            f"      auth_url: {self.url}/identity\n      username: admin\n      password: {PASSWORD}\n"
            "      project_name: admin\n      user_domain_id: default\n      project_domain_id: default\n"
        )
        return path

    def names(self) -> set[str]:
        """The names of all that exists."""
        return {item["name"] for items in self.collections.values() for item in items.values()}

    def put_in(self, collection: str, name: str, **values: Any) -> str:
        key = uuid.uuid4().hex
        self.collections.setdefault(collection, {})[key] = {"id": key, "name": name, **values}
        self.made.append(name)
        return key

    def token(self) -> dict[str, Any]:
        catalog = [
            {"type": kind, "endpoints": [{"interface": "public", "region": "r", "url": self.url + path}]}
            for kind, path in APIS.items()
        ]
        return {"token": {"project": {"id": "p1"}, "catalog": catalog}}

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Return status and document (bytes as they are)."""
        status = self.fault(method, path)
        if status is not None:
            return status, {"fault": "switched on by the test"}
        if path.endswith("/auth/tokens"):
            return 201, self.token()
        parts = [part for part in path.partition("?")[0].split("/") if part]
        if parts[-1] == "action":
            self.collections["servers"][parts[-2]]["status"] = "SHUTOFF"
            return 202, {}
        if parts[-1] == "file":
            return self._image_data(method, parts[-2], body)
        if parts[-1] == "detail":
            parts.pop()
        if len(parts) > 2 and parts[-2] in self.collections and re.fullmatch("[0-9a-f]{32}", parts[-1]):
            return self._one(method, parts[-2], parts[-1])
        return self._many(method, parts[-1], body)

    def _image_data(self, method: str, key: str, body: bytes) -> tuple[int, Any]:
        if method == "GET":
            return 200, self.content[key]
        self.content[key] = body
        self.collections["images"][key].update(
            status="active", size=len(body), os_hash_algo="sha512", os_hash_value=sha512(body).hexdigest()
        )
        return 204, b""

    def _one(self, method: str, collection: str, key: str) -> tuple[int, Any]:
        item = self.collections[collection].get(key)
        if item is None:
            return 404, {}
        if method == "DELETE" and item.get("status") == "creating":
            return 400, {"badRequest": {"message": "Invalid volume"}}
        if method == "DELETE":
            del self.collections[collection][key]
            return 204, b""
        return 200, item if collection == "images" else {collection[:-1]: item}

    def _many(self, method: str, collection: str, body: bytes) -> tuple[int, Any]:
        if method == "GET":
            key = {"allocation_candidates": "allocation_requests", "os-services": "services"}.get(
                collection, collection
            )
            return 200, {key: list(self.collections.get(collection, {}).values())}
        document = json.loads(body)
        values = document if collection == "images" else document[collection[:-1]]
        status = {"servers": self.boots_to, "volumes": self.volumes_become}.get(collection, "queued")
        key = self.put_in(collection, **{**values, "status": status})
        item = self.collections[collection][key]
        return 201, item if collection == "images" else {collection[:-1]: item}


LIMIT_SINCE = 16
"""placement 1.16 takes a limit of allocation candidates; before, it refuses what it does not know."""


def _handler_for(cloud: HttpCloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return content

        def _serve(self) -> None:
            body = self._body()
            status, document = cloud.answer(self.command, self.path, body)
            asked = re.fullmatch(r"placement 1\.(\d+)", self.headers.get("OpenStack-API-Version", "placement 1.0"))
            if (
                "/allocation_candidates" in self.path
                and "limit=" in self.path
                and asked
                and int(asked[1]) < LIMIT_SINCE
            ):
                status, document = 400, {"errors": [{"detail": "Invalid query string parameters: limit"}]}
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("X-Subject-Token", "token-text-not-to-be-seen")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _serve

    return Handler
