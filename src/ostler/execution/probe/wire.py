"""One client's connection to the cloud: plain HTTP, no retries, every failure an answer."""

from __future__ import annotations

import http.client
import select
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

TIMEOUT_S = 100.0
"""How long the probe waits for an answer: longer than any hold of the load balancer."""

ERROR_LENGTH = 300
REQUEST_ID_HEADER = "x-openstack-request-id"


@dataclass(frozen=True)
class Answer:
    """What came back; ``status`` 0 means no answer, and ``error`` says why (empty: an answer came)."""

    status: int
    body: bytes
    seconds: float
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def cause(self) -> str:
        """What went wrong in one line: the transport's error, or status and the beginning of the body."""
        if self.error:
            return self.error
        text = " ".join(self.body[: 2 * ERROR_LENGTH].decode("utf-8", "replace").split())
        request_id = self.headers.get(REQUEST_ID_HEADER, "")
        return f"{self.status} {text[:ERROR_LENGTH]}" + (f" [{request_id}]" if request_id else "")


class Wire:
    """Sends requests over a connection per address that is kept alive, or over a fresh one each time.

    Not safe to share between threads. ``tls`` is for https addresses.
    """

    def __init__(self, tls: ssl.SSLContext | None, *, is_kept: bool, timeout_s: float = TIMEOUT_S) -> None:
        self._tls = tls
        self.is_kept = is_kept
        self._timeout_s = timeout_s
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Iterable[bytes] | None = None
    ) -> Answer:
        """Send one request, once, and return what came back; never raises for what the cloud does.

        A ``body`` that is not bytes is sent in chunks, as it comes. A kept connection that the other side closed
        while it was idle is replaced before anything is sent, as every HTTP client does.
        """
        began = time.monotonic()
        address = urlsplit(url)
        connection = self._connection(address)
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        is_chunked = body is not None and not isinstance(body, bytes)
        all_headers = {"Connection": "keep-alive" if self.is_kept else "close", **headers}
        if is_chunked:
            all_headers["Transfer-Encoding"] = "chunked"
        try:
            connection.request(method, target, body=body, headers=all_headers, encode_chunked=is_chunked)
            response = connection.getresponse()
            content = response.read()
            found = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(response.status, content, time.monotonic() - began, headers=found)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return Answer(0, b"", time.monotonic() - began, f"{type(error).__name__}: {error}")
        if not self.is_kept:
            connection.close()
        return answer

    def _connection(self, address: SplitResult) -> http.client.HTTPConnection:
        key = (address.scheme, address.netloc)
        connection = self._connections.get(key) if self.is_kept else None
        if connection is not None:
            if connection.sock is not None and _is_closed_by_peer(connection):
                connection.close()
            return connection
        if address.scheme == "https":
            connection = http.client.HTTPSConnection(address.netloc, timeout=self._timeout_s, context=self._tls)
        else:
            connection = http.client.HTTPConnection(address.netloc, timeout=self._timeout_s)
        if self.is_kept:
            self._connections[key] = connection
        return connection

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()


def _is_closed_by_peer(connection: http.client.HTTPConnection) -> bool:
    """Tell whether an idle connection has something to read: then it was closed (an idle one has nothing to say)."""
    poller = select.poll()
    poller.register(connection.sock, select.POLLIN)
    return bool(poller.poll(0))
