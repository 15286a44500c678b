"""What the functional proof works with: the APIs, what it made so far, and how that is deleted."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ostler.commands import ApiRequest, ApiResponse
from ostler.errors import ApiError, OstlerError, OutsideError
from ostler.execution.proofs.model import PROOF_PREFIX, ProofContext

NAMES_HOST_SINCE = "train"
VERSION_THAT_NAMES_HOST, OLDER_VERSION = "2.74", "2.42"
"""nova boots a server on a host by its name since 2.74, which Train brought; 2.42 is the newest that every release from
Ocata on knows (nova, api_microversion_history, 2026-11-27). Volumes are attached and servers moved alike in both."""

EVERY_S = 0.5
GONE_TIMEOUT_S = 90.0


class Bench:
    """Makes objects, all named alike, at a release, and deletes them again in the opposite order."""

    def __init__(self, context: ProofContext, release: str) -> None:
        self.context = context
        order = context.catalog.all_releases.order
        self.boots_by_name = order.index(release) >= order.index(NAMES_HOST_SINCE)
        self.prefix = f"{PROOF_PREFIX}{secrets.token_hex(4)}-"
        self._api = context.need_api()
        self._made: list[tuple[str, str]] = []

    def call(self, service: str, method: str, path: str, body: object | None = None, **options: Any) -> ApiResponse:
        """Send one request, once. Raises ApiError for an answer that is no success."""
        version = VERSION_THAT_NAMES_HOST if self.boots_by_name else OLDER_VERSION
        headers = {"OpenStack-API-Version": f"compute {version}"} if service == "compute" else {}
        request = ApiRequest(
            service, method, path, body=body, headers={**headers, **options.pop("headers", {})}, **options
        )
        return self._api.call(request)

    def get(self, service: str, path: str, key: str | None = None) -> Any:
        """Return what a GET answers, or what stands under ``key`` there. Raises OutsideError when it is not there."""
        answer = self.call(service, "GET", path)
        if key is None:
            return answer.body
        if not isinstance(answer.body, dict) or key not in answer.body:
            raise OutsideError("proofs.odd-answer", f"{service} answered {path} without {key!r}")
        return answer.body[key]

    def make(self, service: str, path: str, noun: str, *, deletes: bool = True, **values: Any) -> dict[str, Any]:
        """Create an object and return it as the API describes it; it is deleted at the end."""
        body = {noun: {"name": f"{self.prefix}{noun}", **values}}
        made = self.call(service, "POST", path, body).body
        item = made.get(noun) if isinstance(made, dict) else None
        if not isinstance(item, dict) or "id" not in item:
            raise OutsideError("proofs.odd-answer", f"{service} made a {noun} and did not say which")
        if deletes:
            self.will_delete(service, f"{path}/{item['id']}")
        return item

    def will_delete(self, service: str, path: str) -> None:
        """Note something to delete at the end."""
        self._made.append((service, path))

    def wait(self, what: str, look: Callable[[], bool], timeout_s: float) -> None:
        """Look again and again until it is so. Raises OutsideError when it is not after ``timeout_s`` seconds."""
        clock = self.context.clock
        deadline = clock.elapsed() + timeout_s
        while not look():
            if clock.elapsed() > deadline:
                raise OutsideError("proofs.waited-too-long", f"{what}: not after {timeout_s:.0f} s")
            clock.sleep(EVERY_S)

    def delete_all(self) -> list[str]:
        """Delete all that was made, the last first, and see it gone; return what is left, empty when nothing is."""
        left = []
        while self._made:
            service, path = self._made.pop()
            try:
                self._delete(service, path)
            except OstlerError as error:
                left.append(f"{service} {path}: {error.summary}")
        return left

    def _delete(self, service: str, path: str) -> None:
        if not self._is_there(service, path):
            return
        try:
            self.call(service, "DELETE", path)
        except ApiError as error:
            if error.status != 404:
                raise
        self.wait(f"{path} is deleted", lambda: not self._is_there(service, path), GONE_TIMEOUT_S)

    def _is_there(self, service: str, path: str) -> bool:
        try:
            self.call(service, "GET", path)
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return True
