"""Logs of hosts: only what is wanted comes over, once, and is what a folder of them would give."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostler.commands import Command, CommandResult
from ostler.errors import HostUnreachable
from ostler.execution.live_logs import LiveAnswer, LiveWanted, fetch_logs
from ostler.logs.event import Event, Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted
from ostler.remote.local import LocalTransport

REQUEST = "req-11111111-1111-1111-1111-111111111111"


class Watched(LocalTransport):
    """This machine as two hosts, of which one cannot be reached; remembers what went over the way."""

    def __init__(self) -> None:
        super().__init__(("ctl1",))
        self.asked: list[Command] = []
        self.sent = 0

    def run(self, host: str, command: Command) -> CommandResult:
        if host == "ctl2":
            raise HostUnreachable("remote.unreachable", "ctl2 does not answer")
        self.asked.append(command)
        result = super().run(host, command)
        self.sent += len(result.stdout)
        return result


def stamp(ago_s: float) -> str:
    return datetime.fromtimestamp(time.time() - ago_s, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:23]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two days of a log, and its end: a warning, an error with a traceback, a request."""
    folder = tmp_path / "var" / "log" / "nova"
    folder.mkdir(parents=True)
    old = "".join(f"{stamp(172_800 - n)} 7 ERROR nova.old [-] long ago {n}\n" for n in range(20_000))
    now = stamp(20)
    (folder / "nova-api.log").write_text(
        old
        + f"{stamp(60)} 7 INFO nova.api [-] all is well\n"
        + f"{stamp(50)} 7 WARNING nova.api [-] careful\n"
        + f"{now} 7 ERROR nova.api [{REQUEST} u p - - -] wrong\n"
        + f"{now} 7 ERROR nova.api Traceback (most recent call last):\n"
        + f'{now} 7 ERROR nova.api   File "/x/nova/api.py", line 3, in run\n'
        + f"{now} 7 ERROR nova.api KeyError: 'x'\n"
        + f"{stamp(10)} 7 INFO nova.api [-] well again\n"
    )
    (folder / "nova-api.log.1.gz").write_bytes(gzip.compress(f"{stamp(90)} 7 ERROR nova.api [-] rotated\n".encode()))
    return folder


def fetch(logs: Path, to: Path, transport: Watched, wanted: LiveWanted, seen: object = None) -> LiveAnswer:
    return fetch_logs(transport, ["ctl1", "ctl2"], wanted, to, seen)  # type: ignore[arg-type]


def events_in(folder: Path, answer: LiveAnswer, wanted: Wanted) -> list[Event]:
    tally = Tally()
    return list(in_order(open_folder(folder, tally, answer.zones), wanted, tally))


def test_only_what_is_wanted_crosses_the_network(logs: Path, tmp_path: Path) -> None:
    transport, to, since = Watched(), tmp_path / "here", time.time() - 900
    answer = fetch(logs, to, transport, LiveWanted(since, "warning", patterns=(f"{logs}/*.log", f"{logs}/*.gz")))
    events = events_in(to, answer, Wanted(level=Level.WARNING, since=since))
    assert [event.text.split("\n")[0] for event in events if event.service == "nova-api"] == [
        "rotated",
        "careful",
        "wrong",
    ]
    wrong = next(event for event in events if event.text.startswith("wrong"))
    assert (wrong.host, wrong.service) == ("ctl1", "nova-api")
    assert [frame.function for frame in wrong.frames] == ["run"]
    assert answer.problems == [("ctl2", "ctl2 does not answer")]
    assert len(transport.asked) == 1
    assert all(command.is_read_only for command in transport.asked)


def test_a_request_is_looked_for_on_the_host(logs: Path, tmp_path: Path) -> None:
    transport, to = Watched(), tmp_path / "here"
    answer = fetch(logs, to, transport, LiveWanted(time.time() - 900, words=(REQUEST,), patterns=(f"{logs}/*.log",)))
    (log,) = to.rglob("nova-api.log")
    assert len(log.read_text().splitlines()) == 4
    assert "KeyError" in log.read_text()
    assert answer.seen["ctl1"][str(logs / "nova-api.log")][1] == (logs / "nova-api.log").stat().st_size


def test_what_was_fetched_is_not_fetched_again(logs: Path, tmp_path: Path) -> None:
    transport, wanted = Watched(), LiveWanted(time.time() - 900, patterns=(f"{logs}/*.log",))
    first = fetch(logs, tmp_path / "first", transport, wanted)
    with (logs / "nova-api.log").open("a") as file:
        file.write(f"{stamp(0)} 7 INFO nova.api [-] the next one\n")
    before = transport.sent
    second = fetch(logs, tmp_path / "second", transport, wanted, first.seen)
    assert [event.text for event in events_in(tmp_path / "second", second, Wanted())] == ["the next one"]
    assert transport.sent - before < 1000
    (logs / "nova-api.log").rename(logs / "nova-api.log.1")
    (logs / "nova-api.log").write_text(f"{stamp(0)} 7 INFO nova.api [-] after the rotation\n")
    third = fetch(logs, tmp_path / "third", transport, wanted, second.seen)
    assert [event.text for event in events_in(tmp_path / "third", third, Wanted())] == ["after the rotation"]


def test_an_answer_that_is_none_is_told_of(tmp_path: Path) -> None:
    class Garbled(LocalTransport):
        def run(self, host: str, command: Command) -> CommandResult:
            return CommandResult(0, '{"path": "../../../etc/x", "packed": "AAAA"}\nhello\n', "")

    answer = fetch_logs(Garbled(("ctl1",)), ["ctl1"], LiveWanted(0.0), tmp_path / "here")
    assert answer.problems == [("ctl1", "its answer was not understood")]
    assert list(tmp_path.iterdir()) == []
