"""Asking the cloud: one request, timed, judged and written down."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ostler.execution.probe.identity import Identity
from ostler.execution.probe.records import Record, Recorder
from ostler.execution.probe.wire import Answer, Wire

Judge = Callable[[Answer], str]
"""Tells what is wrong with an answer; empty: nothing."""

COMPUTE_MICROVERSION = "2.42"
"""The newest of Ocata (nova, api_microversion_history, 2026-11-27): a way can begin there."""

PLACEMENT_MICROVERSION = "1.16"
"""The first that limits how many allocation candidates are told, from Queens on (placement, rest_api_version_history,
2026-11-27). Ocata and Pike refuse it, which counts as a failure; ways that begin there stop the services, and are not
judged by it."""

_HEADERS: Mapping[str, Mapping[str, str]] = {
    "nova": {"OpenStack-API-Version": f"compute {COMPUTE_MICROVERSION}"},
    "placement": {"OpenStack-API-Version": f"placement {PLACEMENT_MICROVERSION}"},
}


def below_400(answer: Answer) -> str:
    """Any status below 400 is good."""
    return "" if 0 < answer.status < 400 else answer.cause


def status_in(*wanted: int) -> Judge:
    """Only these statuses are good."""
    return lambda answer: "" if answer.status in wanted else answer.cause


def holding(text: bytes) -> Judge:
    """Only a 200 whose body holds this text is good: an empty or foreign page is a failure."""

    def judge(answer: Answer) -> str:
        if answer.status != 200:
            return answer.cause
        return "" if text in answer.body else f"200, but without {text.decode()}: {answer.cause}"

    return judge


class Asker:
    """Asks over one wire, so by one thread. ``clock`` returns seconds since the epoch."""

    def __init__(self, wire: Wire, identity: Identity, recorder: Recorder, clock: Callable[[], float]) -> None:
        self.wire = wire
        self.identity = identity
        self.recorder = recorder
        self.clock = clock

    def ask(
        self,
        api: str,
        op: str,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        chunks: Iterable[bytes] | None = None,
        own_s: float = 0.0,
        judge: Judge = below_400,
    ) -> Answer | None:
        """Send one request, write it down, and return the answer; None when ``judge`` found something wrong."""
        headers = {"X-Auth-Token": self.identity.token.text, "Accept": "application/json", **_HEADERS.get(api, {})}
        content: bytes | Iterable[bytes] | None = chunks
        if chunks is not None:
            headers["Content-Type"] = "application/octet-stream"
        elif body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        url = self.identity.endpoints.get(api)
        if url is None:
            return self._write(api, op, self.clock(), Answer(0, b"", 0.0, "the token's catalog does not name it"), 0.0)
        at = self.clock()
        self.recorder.begin(api, op, at)
        answer = self.wire.send(method, url + path, headers, content)
        if answer.status == 401:
            self.identity.reject()
        return self._write(api, op, at, answer, own_s, judge)

    def ask_token(self) -> Answer | None:
        """Ask for a token with the probe's credentials, and take it over when the one in use is old."""
        at = self.clock()
        credentials = self.identity.credentials
        self.recorder.begin("keystone", "token", at)
        answer = self.wire.send(
            "POST",
            f"{credentials.auth_url}/auth/tokens",
            {"Content-Type": "application/json", "Accept": "application/json"},
            json.dumps(credentials.token_request()).encode(),
        )
        good = self._write("keystone", "token", at, answer, 0.0, status_in(201))
        if good is not None:
            self.identity.take_over(good.headers.get("x-subject-token", ""), good.body, self.clock())
        return good

    def outcome(self, api: str, op: str, began: float, error: str = "") -> None:
        """Write down how an object ended: as it should, or with an error. ``began`` is when it was asked for."""
        self.recorder.add(Record(began, api, op, self.clock() - began, 0, not error, error, kind="outcome"))

    def _write(
        self, api: str, op: str, at: float, answer: Answer, own_s: float, judge: Judge = below_400
    ) -> Answer | None:
        error = judge(answer)
        self.recorder.add(
            Record(at, api, op, answer.seconds, answer.status, not error, error, own_s, is_kept=self.wire.is_kept)
        )
        return None if error else answer


def as_json(answer: Answer | None) -> dict[str, Any]:
    """Return an answer's JSON object; empty when there was no good answer or it was none."""
    if answer is None:
        return {}
    try:
        document = json.loads(answer.body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def wait_for(
    look: Callable[[], str | None], *, is_stopping: Callable[[], bool], every_s: float, timeout_s: float
) -> str | None:
    """Look again and again until ``look`` returns a text: empty for "as it should be", else what went wrong.

    None means "not yet". Returns what is wrong after ``timeout_s`` seconds; a probe that is told to stop waits no
    longer: None, nobody knows how it ended.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        if is_stopping():
            return None
        time.sleep(every_s)
    return f"not yet after {timeout_s:.0f} s"
