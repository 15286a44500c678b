"""Logs of hosts: only what is wanted comes over, once, and is what a folder of them would give."""

from __future__ import annotations

import base64
import bz2
import gzip
import lzma
import os
import time
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ostler.commands import Command, CommandResult
from ostler.errors import HostUnreachable
from ostler.execution.live_logs import ROTATED, LiveAnswer, LiveWanted, fetch_logs, open_fetched
from ostler.logs.event import Event, Level
from ostler.logs.folder import open_folder
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted
from ostler.remote.local import LocalTransport

SAMPLES = Path(__file__).parents[1] / "logs" / "samples"
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


def places_in(folder: Path, answer: LiveAnswer) -> dict[str, tuple[str, int, int]]:
    """Where the warnings and worse that were fetched stand on their host: file, line and byte."""
    events = in_order(open_fetched(folder, Tally(), answer), Wanted(Level.WARNING), Tally())
    return {event.text.split("\n")[0]: (event.file, event.line, event.offset) for event in events}


def test_what_is_picked_out_keeps_its_place_on_the_host(logs: Path, tmp_path: Path) -> None:
    """Also behind what was left out in the middle, and what was cut away at the beginning."""
    log, packed = logs / "nova-api.log", logs / "nova-api.log.1.gz"
    said = log.read_text().splitlines(keepends=True)
    wanted = LiveWanted(time.time() - 900, "warning", patterns=(f"{log}*",))
    found = places_in(tmp_path / "x", fetch(logs, tmp_path / "x", Watched(), wanted))
    number = {text: next(n for n, line in enumerate(said, 1) if f" {text}\n" in line) for text in ("careful", "wrong")}
    where = {text: (str(log), line, len("".join(said[: line - 1]).encode())) for text, line in number.items()}
    assert found == {"rotated": (str(packed), 1, 0), **where}
    few = replace(wanted, since=0.0, most_bytes=1000)
    cut = places_in(tmp_path / "cut", fetch(logs, tmp_path / "cut", Watched(), few))
    assert {text: cut[text] for text in where} == where
    assert len(cut) > len(where)


def test_far_on_in_a_large_log_the_byte_is_told_and_no_line(logs: Path, tmp_path: Path) -> None:
    log, long = logs / "nova-api.log", f"{stamp(172_800)} 7 INFO nova.api [-] {'y' * 1_000_000}\n"
    log.write_text(long * 70 + f"{stamp(1)} 7 ERROR nova.api [-] wrong\n")
    answer = fetch(logs, tmp_path / "x", Watched(), LiveWanted(time.time() - 900, "warning", patterns=(str(log),)))
    assert places_in(tmp_path / "x", answer)["wrong"] == (str(log), 0, 70 * len(long))


def test_the_newest_line_is_read_however_long_it_is(logs: Path, tmp_path: Path) -> None:
    log = logs / "nova-api.log"
    log.write_text(f"{stamp(9)} 7 ERROR nova.api [-] short\n{stamp(1)} 7 ERROR nova.api [-] long {'y' * 300_000}\n")
    wanted = LiveWanted(time.time() - 900, "warning", patterns=(str(log),), most_bytes=200_000)
    answer = fetch(logs, tmp_path / "x", Watched(), wanted)
    assert [place[:2] for place in places_in(tmp_path / "x", answer).values()] == [(str(log), 2)]


def test_logs_that_were_set_aside_are_read_however_they_are_named_and_packed(tmp_path: Path) -> None:
    logs = tmp_path / "var" / "log"
    logs.mkdir(parents=True)
    said = {name: f"{stamp(600)} 7 ERROR nova.api [-] in {name}\n".encode() for name in ("one", "two", "three", "four")}
    (logs / "a.log").touch()
    (logs / "a.log.2.gz").write_bytes(gzip.compress(said["one"]))
    (logs / "a.log-20261126").write_bytes(said["two"])
    (logs / "a.log-20261125.xz").write_bytes(lzma.compress(said["three"]))
    (logs / "a.log.7.bz2").write_bytes(bz2.compress(said["four"]))
    (logs / "a.log.8.zst").write_bytes(b"packed")
    (logs / "a.log.9.xz").write_bytes(b"damaged")
    (logs / "a.log.bak").write_bytes(said["one"])
    patterns = tuple(f"{logs}/*.log{ending}" for ending in ("", ROTATED))
    answer = fetch(logs, tmp_path / "to", Watched(), LiveWanted(time.time() - 3600, "warning", patterns=patterns))
    found = events_in(tmp_path / "to", answer, Wanted(Level.WARNING))
    assert sorted(event.text for event in found) == ["in four", "in one", "in three", "in two"]
    assert sorted(Path(place).name for place, _ in answer.problems if place != "ctl2") == ["a.log.8.zst", "a.log.9.xz"]


def test_what_is_rotated_and_packed_is_not_fetched_again(logs: Path, tmp_path: Path) -> None:
    transport = Watched()
    wanted = LiveWanted(time.time() - 900, patterns=tuple(f"{logs}/*.{ext}" for ext in ("log", "log.1", "gz")))
    api = logs / "nova-api.log"

    def after(number: int, seen: object) -> tuple[list[str], object]:
        folder = tmp_path / str(number)
        answer = fetch(logs, folder, transport, wanted, seen)
        found = [event.text for event in events_in(folder, answer, Wanted())] if answer.bytes else []
        return [text for text in found if "long ago" not in text], answer.seen

    first, seen = after(0, None)
    assert ("rotated" in first, "well again" in first) == (True, True)
    assert after(1, seen)[0] == []
    with api.open("a") as file:
        file.write(f"{stamp(0)} 7 INFO nova.api [-] the last before the rotation\n")
    api.rename(logs / "nova-api.log.1")
    api.write_text(f"{stamp(0)} 7 INFO nova.api [-] after the rotation\n")
    found, seen = after(2, seen)
    assert sorted(found) == ["after the rotation", "the last before the rotation"]
    for number in (3, 4):
        found, seen = after(number, seen)
        assert found == []
    (logs / "nova-api.log.2.gz").write_bytes(gzip.compress((logs / "nova-api.log.1").read_bytes()))
    assert after(5, seen)[0] == []


def test_a_line_that_is_being_written_is_left_until_it_is_whole(logs: Path, tmp_path: Path) -> None:
    api, half = logs / "nova-api.log", f"{stamp(1)} 7 INFO nova.api [-] written in"
    api.write_text(f"{stamp(2)} 7 INFO nova.api [-] whole\n{half}")
    wanted = LiveWanted(time.time() - 900, patterns=(f"{logs}/*.log",))
    once = fetch(logs, tmp_path / "once", Watched(), wanted)
    assert [event.text for event in events_in(tmp_path / "once", once, Wanted())] == ["whole", "written in"]
    followed = replace(wanted, is_followed=True)
    first = fetch(logs, tmp_path / "first", Watched(), followed)
    assert [event.text for event in events_in(tmp_path / "first", first, Wanted())] == ["whole"]
    with api.open("a") as file:
        file.write(" two parts\n")
    second = fetch(logs, tmp_path / "second", Watched(), followed, first.seen)
    assert [event.text for event in events_in(tmp_path / "second", second, Wanted())] == ["written in two parts"]


def test_what_is_left_out_of_a_large_log_is_told_of(logs: Path, tmp_path: Path) -> None:
    """Also when so much was let go of at once that what is left is less than may be sent."""
    short, long = f"{stamp(1)} 7 INFO nova.api [-] x\n", f"{stamp(1)} 7 INFO nova.api [-] {'y' * 6000}\n"
    (logs / "nova-api.log").write_text(long * 3 + short * 3)
    wanted = LiveWanted(time.time() - 900, patterns=(f"{logs}/*.log",), most_bytes=10_000)
    answer = fetch(logs, tmp_path / "x", Watched(), wanted)
    cut = (f"ctl1:{logs / 'nova-api.log'}", "only the newest of what is wanted was fetched")
    assert cut in answer.problems


@pytest.mark.parametrize("level", ["debug", "warning", "error", "critical"])
def test_what_a_host_picks_out_is_all_that_would_be_found_there(level: str, tmp_path: Path) -> None:
    """In every format, by the samples of all."""
    there, here, least = tmp_path / "there", tmp_path / "here", Level[level.upper()]
    for path in SAMPLES.glob("*.yaml"):
        for number, case in enumerate(yaml.safe_load(path.read_text())):
            place = there / f"{path.stem}-{number}" / case.get("project", "x") / "a.log"
            place.parent.mkdir(parents=True)
            place.write_text(case["text"])
    answer = fetch_logs(Watched(), ["ctl1"], LiveWanted(0.0, level, patterns=(f"{there}/*/*/*.log",)), here)

    def found(folder: Path) -> set[tuple[str, str]]:
        events = events_in(folder, answer, Wanted(level=least))
        return {(event.log.name.rpartition("there/")[2], event.text) for event in events}

    assert found(there)
    assert found(there) - found(here) == set()


def test_the_journal_is_gone_on_with_where_it_was(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(time.time() * 1e6)
    journal, said = tmp_path / "journal", tmp_path / "said"
    program = tmp_path / "bin" / "journalctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {said}\ncat {journal}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    def entry(at: int, text: str) -> str:
        return (f"__CURSOR=s=1;i={at}\n__REALTIME_TIMESTAMP={at}\n_HOSTNAME=ctl1\n_SYSTEMD_UNIT=haproxy.service\n"
                f"PRIORITY=3\nMESSAGE={text}\n\n")  # fmt: skip

    journal.write_text("".join(entry(now - 1000 + n, f"{'x' * 3000} {n}") for n in range(10)))
    wanted = LiveWanted(time.time() - 900, patterns=("/nothing",), most_bytes=10_000)
    first = fetch(logs, tmp_path / "first", Watched(), wanted)
    texts = [event.text[-2:] for event in events_in(tmp_path / "first", first, Wanted())]
    assert texts == [" 7", " 8", " 9"]
    assert ("ctl1:the journal", "only the newest of what is wanted was fetched") in first.problems
    assert {place for place, _, _ in places_in(tmp_path / "first", first).values()} == {"journal of haproxy"}
    fetch(logs, tmp_path / "second", Watched(), wanted, first.seen)
    assert f"--since @{(now - 990) // 1_000_000}.{(now - 990) % 1_000_000:06}" in said.read_text()


ROW = '{"path": "%s", "packed": "", "is_cut": false, "inode": 1, "end": %s}\n'


@pytest.mark.parametrize(
    "said",
    [
        '{"path": "../../../etc/x", "packed": "AAAA"}\nhello\n',
        "",
        ROW % ("x", "Infinity") + '{"zone_s": 0, "problems": []}',
        "[" * 100_000,
        '{"zone_s": null, "problems": []}',
    ],
)
def test_an_answer_that_is_none_is_told_of(said: str, tmp_path: Path) -> None:
    class Garbled(LocalTransport):
        def run(self, host: str, command: Command) -> CommandResult:
            return CommandResult(0, said, "")

    answer = fetch_logs(Garbled(("ctl1",)), ["ctl1"], LiveWanted(0.0), tmp_path / "here")
    assert answer.problems == [("ctl1", "its answer was not understood")]
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_kept_here_is_told_of(tmp_path: Path) -> None:
    class Odd(LocalTransport):
        def run(self, host: str, command: Command) -> CommandResult:
            packed = base64.b64encode(zlib.compress(b"x\n")).decode()
            row = (ROW % ("y" * 300, 1)).replace('"packed": ""', f'"packed": "{packed}"')
            return CommandResult(0, row + '{"zone_s": 0, "problems": []}\n', "")

    answer = fetch_logs(Odd(("ctl1",)), ["ctl1"], LiveWanted(0.0), tmp_path / "here")
    assert answer.problems == [("ctl1", "its logs could not be kept here: File name too long")]
