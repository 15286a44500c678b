"""A small OpenStack over real HTTP: an identity service that issues tokens, and services that check them."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class FakeOpenStack:
    """Counts the tokens issued and keeps every request; ``answers`` maps a path to (status, body)."""

    def __init__(self) -> None:
        self.tokens = 0
        self.valid = ""
        self.password = "right"
        self.delay_s = 0.0
        self.seen: list[dict[str, Any]] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        self.catalog = {
            "identity": "",
            "compute": "/compute/v2.1",
            "image": "/image/v2",
            "network": "/network",
            "block-storage": "/volume/v3/project-id",
            "placement": "/placement/",
        }
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def clouds_yaml(self, folder: Path) -> Path:
        path = folder / "clouds.yaml"
        path.write_text(
            f"clouds:\n  fake:\n    auth: {{auth_url: '{self.url}/v3', username: admin, password: right,"
            " project_name: admin, user_domain_name: Default, project_domain_name: Default}\n"
            "    region_name: RegionOne\n"
        )
        return path

    def token(self) -> dict[str, Any]:
        entries = [
            {
                "type": kind,
                "name": kind,
                "endpoints": [{"interface": "public", "region": "RegionOne", "url": self.url + path, "id": kind}],
            }
            for kind, path in self.catalog.items()
        ]
        ends = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + 3600))
        return {"token": {"methods": ["password"], "expires_at": ends, "catalog": entries, "user": {}, "roles": []}}


def _handler(cloud: FakeOpenStack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            return

        def answer(self, status: int, body: Any, **headers: str) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # the client did not wait
                self.wfile.write(content)

        def serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path in ("/v3", "/v3/"):
                links = [{"rel": "self", "href": f"{cloud.url}/v3/"}]
                self.answer(200, {"version": {"id": "v3.14", "status": "stable", "links": links}})
                return
            if self.path == "/v3/auth/tokens":
                self.issue(json.loads(content))
                return
            time.sleep(cloud.delay_s)
            cloud.seen.append(
                {"line": f"{self.command} {self.path}", "headers": dict(self.headers), "content": content}
            )
            if self.headers.get("X-Auth-Token") != cloud.valid:
                self.answer(401, {"error": {"message": "token expired", "code": 401}})
                return
            self.answer(*cloud.answers.get(self.path, (200, {"path": self.path})))

        def issue(self, wanted: dict[str, Any]) -> None:
            if wanted["auth"]["identity"]["password"]["user"]["password"] != cloud.password:
                self.answer(401, {"error": {"message": "The request you have made requires authentication."}})
                return
            cloud.tokens += 1
            cloud.valid = f"token-{cloud.tokens}"
            self.answer(201, cloud.token(), X_Subject_Token=cloud.valid)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = serve

    return Handler
