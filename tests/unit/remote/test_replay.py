"""What was recorded of a cloud is answered again, without its secrets and without the cloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.commands import ApiRequest, ApiResponse, Command, read
from ostler.errors import ApiError, HostUnreachable
from ostler.remote.local import LocalTransport
from ostler.remote.replay import RecordingApi, RecordingTransport, ReplayApi, ReplayTransport


class Counting:
    """An API that counts its answers."""

    calls = 0

    def call(self, request: ApiRequest) -> ApiResponse:
        self.calls += 1
        return ApiResponse(200, {"count": self.calls, "password": "s3cr3t"})

    def close(self) -> None:
        return None


def mask(text: str) -> str:
    return text.replace("s3cr3t", "***")


def test_commands_are_answered_as_recorded_with_secrets_masked(tmp_path: Path) -> None:
    recording = RecordingTransport(LocalTransport(["ctl1"]), tmp_path, mask)
    commands = [read("echo", "password s3cr3t"), read("sh", "-c", "exit 3")]
    assert recording.run_batch("ctl1", commands)[0].stdout == "password s3cr3t\n"
    replayed = ReplayTransport(tmp_path).run_batch("ctl1", commands)
    assert [(result.exit_code, result.stdout) for result in replayed] == [(0, "password ***\n"), (3, "")]
    assert all("s3cr3t" not in file.read_text() for file in tmp_path.iterdir())


def test_answers_come_in_their_order_and_the_last_one_stays(tmp_path: Path) -> None:
    recording = RecordingApi(Counting(), tmp_path, mask)
    request = ApiRequest("compute", "GET", "/servers")
    for _ in range(2):
        recording.call(request)
    replay = ReplayApi(tmp_path)
    bodies = [replay.call(request).body for _ in range(3)]
    assert bodies == [{"count": n, "password": "***"} for n in (1, 2, 2)]


def test_what_was_not_recorded_and_what_would_change_is_refused(tmp_path: Path) -> None:
    replay = ReplayTransport(tmp_path)
    for attempt in (
        lambda: replay.run("ctl1", read("uptime")),
        lambda: replay.run("ctl1", Command(("reboot",))),
        lambda: replay.put("ctl1", "/etc/x", b"", mode=0o600),
        lambda: replay.fetch("ctl1", "/etc/x"),
    ):
        with pytest.raises(HostUnreachable) as caught:
            attempt()
        assert caught.value.code == "remote.not-recorded"
    with pytest.raises(ApiError):
        ReplayApi(tmp_path).call(ApiRequest("compute", "GET", "/servers"))
    with pytest.raises(ValueError, match="only questions"):
        RecordingApi(Counting(), tmp_path, mask).call(ApiRequest("compute", "POST", "/servers"))
