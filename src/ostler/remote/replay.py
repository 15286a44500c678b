"""Recording what a cloud answers, and giving the same answers again without it.

A recording is a folder with `hosts.jsonl` and `apis.jsonl`, one answer a line, secrets masked by the function that is
handed in; standard input, file contents that are put or fetched, and bytes from APIs are never recorded. Only
questions can be played again: whatever would change a host or ask for what was not recorded is refused.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from ostler.commands import ApiRequest, ApiResponse, Command, CommandResult
from ostler.errors import ApiError, HostUnreachable, OutsideError
from ostler.remote.protocol import Api, Content, Opening, Transport

HOSTS, APIS = "hosts.jsonl", "apis.jsonl"

Mask = Callable[[str], str]
"""Returns a text with what is secret in it covered."""


class RecordingTransport:
    """Passes reading commands on to a transport and writes down what comes back. Nothing else is passed on."""

    def __init__(self, transport: Transport, folder: Path, mask: Mask) -> None:
        self._transport, self._mask = transport, mask
        self._book = _Book(folder / HOSTS)

    def run(self, host: str, command: Command) -> CommandResult:
        return self.run_batch(host, [command])[0]

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        results = self._transport.run_batch(host, commands, within_s)
        for command, result in zip(commands, results, strict=True):
            told = asdict(result) | {"stdout": self._mask(result.stdout), "stderr": self._mask(result.stderr)}
            self._book.add(_command_key(host, command), told)
        return results

    def close(self) -> None:
        self._transport.close()


class RecordingApi:
    """Passes GET requests on to an API client and writes down what comes back."""

    def __init__(self, api: Api, folder: Path, mask: Mask) -> None:
        self._api, self._mask = api, mask
        self._book = _Book(folder / APIS)

    def call(self, request: ApiRequest) -> ApiResponse:
        if request.method != "GET":
            raise ValueError(f"only questions are recorded, not {request}")
        response = self._api.call(request)
        body = json.loads(self._mask(json.dumps(response.body)))
        self._book.add(str(request), {"status": response.status, "body": body, "seconds": response.seconds})
        return response

    def close(self) -> None:
        self._api.close()


class ReplayTransport:
    """Answers as recorded: of several answers to one question in their order, the last one for good."""

    def __init__(self, folder: Path) -> None:
        self._answers = _Answers(folder / HOSTS)

    def run(self, host: str, command: Command) -> CommandResult:
        found = self._answers.next(_command_key(host, command))
        if found is None:
            _refuse(host, f"what {host} answers to {command.argv[0]} here was not recorded")
        return CommandResult(**found)

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        return [self.run(host, command) for command in commands]

    def put(self, host: str, path: str, content: bytes, *, mode: int, owner: str = "root", group: str = "root") -> None:
        _refuse(host, f"a recording cannot be changed: {path} is not written")

    def fetch(self, host: str, path: str) -> bytes:
        _refuse(host, f"the content of {path} was not recorded")

    def send(self, host: str, source: Path | Content, path: str, *, mode: int = 0o600) -> None:
        _refuse(host, f"a recording cannot be changed: {path} is not sent")

    def receive(self, host: str, path: str, target: Path, *, into: Opening | None = None) -> None:
        _refuse(host, f"the content of {path} was not recorded")

    def close(self) -> None:
        return None


class ReplayApi:
    """Answers GET requests as recorded."""

    def __init__(self, folder: Path) -> None:
        self._answers = _Answers(folder / APIS)

    def call(self, request: ApiRequest) -> ApiResponse:
        found = self._answers.next(str(request))
        if found is None:
            raise ApiError("remote.not-recorded", f"the answer to {request} was not recorded")
        return ApiResponse(found["status"], found["body"], seconds=found["seconds"])

    def close(self) -> None:
        return None


class _Book:
    def __init__(self, path: Path) -> None:
        self._path, self._guard = path, threading.Lock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def add(self, key: str, answer: dict[str, Any]) -> None:
        with self._guard, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "answer": answer}) + "\n")


class _Answers:
    def __init__(self, path: Path) -> None:
        self._guard = threading.Lock()
        self._left: dict[str, list[dict[str, Any]]] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            row = json.loads(line)
            self._left.setdefault(row["key"], []).append(row["answer"])

    def next(self, key: str) -> dict[str, Any] | None:
        with self._guard:
            answers = self._left.get(key)
            if not answers:
                return None
            return answers.pop(0) if len(answers) > 1 else answers[0]


def _command_key(host: str, command: Command) -> str:
    """A question's key holds no word of the command: an argument may be secret."""
    text = json.dumps([command.argv, command.user, (command.stdin or b"").decode("latin-1")])
    return f"{host} {hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _refuse(host: str, why: str) -> NoReturn:
    refusal: OutsideError = HostUnreachable(
        "remote.not-recorded", why, do_next=f"ask {host} itself, or record again with the commands of this version"
    )
    raise refusal
