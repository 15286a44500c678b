"""Whatever hangs, a look with a time limit ends in time and says what did not answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, cast

import pytest

from ostler.commands import ApiRequest, ApiResponse, Command, CommandResult, read
from ostler.errors import ApiError, CommandTimedOut, HostUnreachable, InputError
from ostler.execution.time_limits import HurriedApi, HurriedTransport, TimeLimit, waited_for
from ostler.remote.protocol import Api, Transport

FAST = CommandResult(0, "here", "")


class Hanging:
    """`slow` never answers until it is let go; `gone` cannot be reached."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.asked: list[Command] = []
        self.given: list[float] = []

    def run(self, host: str, command: Command) -> CommandResult:
        self.asked.append(command)
        if host == "gone":
            raise HostUnreachable("remote.host-unreachable", "no connection")
        if host == "slow":
            self.let_go.wait(30)
        return FAST

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        self.given.append(within_s or 0.0)
        return [self.run(host, command) for command in commands]

    def call(self, request: ApiRequest) -> ApiResponse:
        self.let_go.wait(30)
        return ApiResponse(200, {}, b"", {}, 0.0)

    def close(self) -> None:
        self.let_go.wait(30)


@pytest.fixture
def hanging() -> Any:
    made = Hanging()
    yield made
    made.let_go.set()


def test_a_host_that_hangs_is_given_up_and_not_waited_for_again(hanging: Hanging) -> None:
    hosts = HurriedTransport(cast(Transport, hanging), TimeLimit(30), longest_s=0.1, command_s=5)
    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(CommandTimedOut) as raised:
            hosts.run_batch("slow", [read("true")])
    assert time.monotonic() - began < 2
    assert raised.value.code == "execution.no-answer-in-time"
    assert "ssh slow uptime" in raised.value.do_next
    assert hosts.run_batch("fast", [read("true"), read("true")]) == [FAST, FAST]
    assert len(hanging.asked) == 3


def test_a_batch_is_told_to_end_before_its_host_is_given_up(hanging: Hanging) -> None:
    HurriedTransport(cast(Transport, hanging), TimeLimit(30), 10, 5).run_batch("fast", [read("true")])
    HurriedTransport(cast(Transport, hanging), TimeLimit(5), 10, 5).run_batch("fast", [read("true")])
    assert hanging.given[0] == 8.0
    assert hanging.given[1] < 4.0


def test_the_limit_ends_all_and_commands_get_no_more_than_their_share(hanging: Hanging) -> None:
    hosts = HurriedTransport(cast(Transport, hanging), TimeLimit(0.1), longest_s=60, command_s=5)
    assert hosts.run("fast", read("true", timeout_s=60)) is FAST
    assert hosts.run("fast", read("true", timeout_s=2)) is FAST
    assert [command.timeout_s for command in hanging.asked] == [5, 2]
    time.sleep(0.15)
    with pytest.raises(CommandTimedOut):
        hosts.run("other", read("true"))


def test_what_a_host_answers_with_is_handed_on(hanging: Hanging) -> None:
    hosts = HurriedTransport(cast(Transport, hanging), TimeLimit(30), 10, 5)
    with pytest.raises(HostUnreachable):
        hosts.run("gone", read("true"))


def test_an_api_that_hangs_is_given_up(hanging: Hanging) -> None:
    apis = HurriedApi(cast(Api, hanging), TimeLimit(30), longest_s=0.1)
    with pytest.raises(ApiError) as raised:
        apis.call(ApiRequest("compute", "GET", "/servers"))
    assert raised.value.code == "api.no-answer-in-time"


def test_nothing_is_written_and_nothing_large_is_fetched(hanging: Hanging, tmp_path: Any) -> None:
    hosts = HurriedTransport(cast(Transport, hanging), TimeLimit(30), 10, 5)
    for attempt in (
        lambda: hosts.put("fast", "/x", b"", mode=0o600),
        lambda: hosts.send("fast", tmp_path, "/x"),
        lambda: hosts.receive("fast", "/x", tmp_path),
    ):
        with pytest.raises(InputError):
            attempt()


def test_closing_takes_no_longer_than_it_may(hanging: Hanging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ostler.execution.time_limits.CLOSING_S", 0.1)
    began = time.monotonic()
    HurriedTransport(cast(Transport, hanging), TimeLimit(30), 10, 5).close()
    HurriedApi(cast(Api, hanging), TimeLimit(30), 10).close()
    assert time.monotonic() - began < 2


def test_threads_that_are_given_up_do_not_keep_the_program() -> None:
    with pytest.raises(TimeoutError):
        waited_for(lambda: time.sleep(1), 0.01, "sleeper")
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "hurried-sleeper"] == [True]
    with pytest.raises(TimeoutError):
        waited_for(lambda: 1, 0.0, "never")
