"""The token the probe works with, and the addresses its catalog names."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from ostler.execution.probe.credentials import Credentials

TOKEN_AGE_S = 300.0
"""A newly issued token is taken over when the one in use is older than this, long before it expires."""

API_TYPES: Mapping[str, tuple[str, ...]] = {
    "keystone": ("identity",),
    "glance": ("image",),
    "placement": ("placement",),
    "nova": ("compute",),
    "neutron": ("network",),
    "cinder": ("volumev3", "block-storage", "block-store"),
}
"""The APIs that are asked, and what an identity catalog calls them."""

_VERSIONS = {"keystone": "/v3", "glance": "/v2", "neutron": "/v2.0"}


@dataclass(frozen=True)
class Token:
    """A token: ``text`` is secret enough never to be written down."""

    text: str
    issued_at: float
    project_id: str

    def __repr__(self) -> str:
        return f"Token(issued_at={self.issued_at})"


class Identity:
    """The token in use and the endpoints; safe to use from several threads."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._is_rejected = False
        self.endpoints: Mapping[str, str] = {"keystone": credentials.auth_url}

    @property
    def has_token(self) -> bool:
        """Whether a token was ever issued."""
        return self._token is not None

    @property
    def token(self) -> Token:
        """The token in use. Raises RuntimeError before the first was taken over."""
        if self._token is None:
            raise RuntimeError("no token was issued yet")
        return self._token

    def reject(self) -> None:
        """Note that an API did not accept the token in use: the next one issued is taken over."""
        self._is_rejected = True

    def take_over(self, text: str, body: bytes, now: float) -> None:
        """Consider a newly issued token (its text and the body it came with): it replaces one that is old."""
        with self._lock:
            if self._token is not None and not self._is_rejected and now - self._token.issued_at < TOKEN_AGE_S:
                return
            document = json.loads(body)["token"]
            self._token = Token(text, now, str(document.get("project", {}).get("id", "")))
            self._is_rejected = False
            self.endpoints = read_endpoints(document["catalog"], self.credentials)


def read_endpoints(catalog: list[dict[str, object]], credentials: Credentials) -> dict[str, str]:
    """Return the address of each API that a token's catalog names, with its version, without a slash at the end."""
    found: dict[str, str] = {}
    for api, types in API_TYPES.items():
        for entry in catalog:
            if entry.get("type") not in types:
                continue
            for endpoint in entry.get("endpoints", ()):  # type: ignore[attr-defined]
                is_region = credentials.region in (None, endpoint.get("region"), endpoint.get("region_id"))
                if endpoint.get("interface") == credentials.interface and is_region:
                    found.setdefault(api, _versioned(api, str(endpoint["url"])))
    found.setdefault("keystone", credentials.auth_url)
    return found


def _versioned(api: str, url: str) -> str:
    url = url.rstrip("/")
    version = _VERSIONS.get(api, "")
    return url if not version or url.endswith(version) else url + version
