"""A host that hangs takes no logs from a diagnosis but its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ostler.cli import diagnose_cloud
from ostler.cli.diagnose_logs import Asked
from ostler.commands import Command, CommandResult, WebAnswer
from ostler.errors import HostUnreachable
from ostler.execution import looking_into
from ostler.execution.live_logs import LiveAnswer, LiveWanted
from ostler.execution.looking_into import LookedInto, diagnosis_requests, look_into
from ostler.execution.reading import read_snapshot
from ostler.execution.simulation import three_plus_two
from ostler.facts.model import Snapshot
from ostler.reporting.diagnosis_text import diagnosis_text

NOT_IN_TIME = "did not answer all questions"
REQUEST = "req-11111111-1111-1111-1111-111111111111"


class OneHangs:
    """Hosts that tell of their logs and of nothing else; the first of them does not answer."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def run(self, host: str, command: Command) -> CommandResult:
        if host == "cmp1":
            self.let_go.wait(30)
        return CommandResult(0, json.dumps({"zone_s": 3600.0, "problems": []}), "")

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        raise HostUnreachable("remote.host-unreachable", "no connection")

    def close(self) -> None:
        self.let_go.set()


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OneHangs]:
    made = OneHangs()
    monkeypatch.setattr(looking_into, "connect_hosts", lambda cloud: made)
    monkeypatch.setenv("OSTLER_HOME", str(tmp_path / "home"))
    yield made
    made.let_go.set()


def looked(folder: Path, *words: str) -> LookedInto:
    cloud = replace(three_plus_two().cloud, api=None, load_balancer=None)
    return look_into(cloud, LiveWanted(0.0, "warning"), words, folder)


def test_logs_of_the_others_are_there(hosts: OneHangs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(looking_into, "LOOK_S", 3.0)
    monkeypatch.setattr(looking_into, "LOGS_S", 2.0)
    seen = looked(tmp_path)
    assert sorted(seen.logs.zones) == ["cmp2", "ctl1", "ctl2", "ctl3"]
    [(host, says)] = seen.logs.problems
    assert host == "cmp1" and NOT_IN_TIME in says
    assert seen.way is None


def test_what_names_a_request_came_or_is_told_to_be_late(
    hosts: OneHangs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(looking_into, "LOOK_S", 0.3)
    way = looked(tmp_path, REQUEST).way
    assert way is not None
    assert {says for _, says in way.problems} == {"its logs did not come in time"}


def test_hosts_whose_part_of_a_request_is_missing_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = three_plus_two().cloud
    late = LiveAnswer(problems=[("cmp1", "its logs did not come in time")])
    seen = LookedInto(Snapshot(cloud, 0.0, {}), LiveAnswer(), late)
    monkeypatch.setattr(diagnose_cloud, "look_into", lambda *_: seen)
    document = diagnose_cloud.diagnose_living(cloud, Asked(request=REQUEST), as_json=True)
    assert [(each.file, each.says) for each in document.problems] == [late.problems[0]]


@pytest.mark.parametrize(
    ("problems", "verdict", "begins"),
    [
        ([], "healthy", "Healthy: all of simulated was read"),
        ([("cmp1:/var/log/nova/nova-compute.log", "only the newest was fetched")], "healthy", "Healthy: "),
        ([("cmp1", "its logs did not come in time")], "unsure", "Unsure: nothing was found to be wrong with simulated"),
    ],
)
def test_a_cloud_whose_logs_were_not_read_is_not_called_healthy(
    problems: list[tuple[str, str]], verdict: str, begins: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = three_plus_two()
    transport, api, clock = made.simulated.transport, made.simulated.api, made.clock
    requests = diagnosis_requests(made.cloud)
    snapshot = read_snapshot(made.cloud, transport, api, requests, clock.now, lambda url: WebAnswer(200, 0.1))
    seen = LookedInto(snapshot, LiveAnswer(problems=problems))
    monkeypatch.setattr(diagnose_cloud, "look_into", lambda *_: seen)
    document = diagnose_cloud.diagnose_living(made.cloud, Asked(), as_json=True)
    assert document.verdict == verdict
    said = list(diagnosis_text(document))
    assert said[0].startswith(begins)
    assert [line for line in said if line.startswith("not read: ")] == [f"not read: {a}: {b}" for a, b in problems]
