"""The probe as a process, against a tiny OpenStack over real HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from http_cloud import PASSWORD, HttpCloud

from ostler.cloud.model import Api, Cloud, Host
from ostler.errors import OutsideError
from ostler.execution.events import RunStarted
from ostler.execution.home import Home
from ostler.execution.means import Means
from ostler.execution.operation import Operation
from ostler.execution.probe import Backend, ProbeProcess, current_lines, figures, probing
from ostler.execution.probe.credentials import read_credentials
from ostler.execution.probe.identity import API_TYPES
from ostler.execution.probe.life import Life
from ostler.execution.probe.probing import Work
from ostler.execution.probe.probing import probe as probe_with
from ostler.execution.probe.process import read_now
from ostler.execution.probe.records import Recorder


@pytest.fixture
def probe(http_cloud: HttpCloud, tmp_path: Path) -> Iterator[ProbeProcess]:
    backends = [
        Backend("keystone", "ctl1", f"{http_cloud.url}/identity"),
        Backend("keystone", "ctl2", "http://127.0.0.1:1/"),
    ]
    process = ProbeProcess(http_cloud.clouds_yaml(tmp_path), "tiny", tmp_path / "probe", "r1", backends=backends)
    yield process
    process.stop()


def eventually(is_so: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def test_it_asks_every_api_cleans_up_and_removes_what_an_earlier_probe_left(
    http_cloud: HttpCloud, probe: ProbeProcess, tmp_path: Path
) -> None:
    here = socket.gethostname()
    http_cloud.put_in("servers", "ostler-probe-r1-elsewhere-99-of-this-run")
    http_cloud.put_in("servers", f"ostler-probe-r2-{here}-999999999-of-a-dead-one-here")
    http_cloud.put_in("servers", "ostler-probe-r2-elsewhere-99-of-one-elsewhere")
    http_cloud.put_in("images", "somebody's")
    probe.start()
    probe.wait_until_asking(30)
    eventually(lambda: probe.figures().servers_booted >= 1 and len(probe.figures().direct) == 2)
    lines = current_lines(probe.folder)
    assert probe.stop() == "told to (SIGTERM)"
    seen = probe.figures()
    assert all(api.requests > 2 and api.failed == 0 for api in seen.apis.values())
    assert {(d.host, d.answered > 0) for d in seen.direct} == {("ctl1", True), ("ctl2", False)}
    assert set(lines) == set(seen.apis)
    left = {name for name in http_cloud.names() if not name.endswith("subnet") and not name[-1].isdigit()}
    assert left == {"ostler-probe-r2-elsewhere-99-of-one-elsewhere", "somebody's"}
    written = "".join(path.read_text() for path in probe.folder.iterdir())
    assert PASSWORD not in written and "token-text" not in written


def test_failures_are_written_down_with_their_cause_and_nothing_is_tried_twice(
    http_cloud: HttpCloud, tmp_path: Path
) -> None:
    credentials = read_credentials(http_cloud.clouds_yaml(tmp_path), "tiny")
    life = Life(os.getppid(), 60.0)
    work = Work("r1", tmp_path, credentials, ())
    thread = threading.Thread(target=probe_with, args=(work, life))
    thread.start()
    eventually(lambda: read_now(tmp_path).get("state") == "asking")
    http_cloud.boots_to = "ERROR"
    http_cloud.fault = lambda method, path: 503 if path.startswith("/volume") else None
    eventually(lambda: figures(tmp_path).apis["cinder"].failed and figures(tmp_path).servers_in_error)
    http_cloud.fault = lambda method, path: None
    life.end("enough")
    thread.join()
    seen = figures(tmp_path)
    assert seen.apis["cinder"].first_failure is not None
    assert seen.apis["cinder"].first_failure.status == 503
    assert "switched on by the test" in seen.apis["cinder"].first_failure.cause
    assert seen.apis["glance"].failed == 0
    assert read_now(tmp_path)["message"] == "enough"


def test_what_it_cannot_list_when_it_ends_counts_as_left_behind(
    http_cloud: HttpCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ostler.execution.probe.objects.UNLISTED_TIMEOUT_S", 0.1)
    credentials = read_credentials(http_cloud.clouds_yaml(tmp_path), "tiny")
    life = Life(os.getppid(), 60.0)
    thread = threading.Thread(target=probe_with, args=(Work("r1", tmp_path, credentials, ()), life))
    thread.start()
    eventually(lambda: read_now(tmp_path).get("state") == "asking")
    http_cloud.fault = lambda method, path: 503 if path.startswith("/image") else None
    life.end("enough")
    thread.join()
    assert read_now(tmp_path)["message"] == "enough; left behind: images: could not be listed"


def test_what_was_still_being_made_when_it_ends_is_no_failure_and_is_taken_away(
    http_cloud: HttpCloud, tmp_path: Path
) -> None:
    http_cloud.volumes_become = "creating"
    credentials = read_credentials(http_cloud.clouds_yaml(tmp_path), "tiny")
    life = Life(os.getppid(), 60.0)
    thread = threading.Thread(target=probe_with, args=(Work("r1", tmp_path, credentials, ()), life))
    thread.start()
    eventually(lambda: http_cloud.collections.get("volumes"))
    life.end("enough")
    eventually(lambda: read_now(tmp_path).get("state") == "ending")
    for volume in http_cloud.collections["volumes"].values():
        volume["status"] = "available"
    thread.join()
    assert figures(tmp_path).apis["cinder"].failed == 0
    assert read_now(tmp_path)["message"] == "enough"
    assert not http_cloud.collections["volumes"]


def test_one_listing_that_fails_when_it_ends_leaves_nothing_behind(http_cloud: HttpCloud, tmp_path: Path) -> None:
    credentials = read_credentials(http_cloud.clouds_yaml(tmp_path), "tiny")
    life = Life(os.getppid(), 60.0)
    thread = threading.Thread(target=probe_with, args=(Work("r1", tmp_path, credentials, ()), life))
    thread.start()
    eventually(lambda: read_now(tmp_path).get("state") == "asking")
    refused: list[str] = []

    def once(method: str, path: str) -> int | None:
        if method == "GET" and "/images?limit=1000" in path and not refused:
            refused.append(path)
            return 503
        return None

    http_cloud.fault = once
    life.end("enough")
    thread.join()
    assert refused
    assert read_now(tmp_path)["message"] == "enough"
    assert not http_cloud.collections["images"]


def test_what_was_not_answered_when_it_ends_has_failed(
    http_cloud: HttpCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "END_PATIENCE_S", 0.5)
    credentials = read_credentials(http_cloud.clouds_yaml(tmp_path), "tiny")
    life, answers = Life(os.getppid(), 60.0), threading.Event()
    thread = threading.Thread(target=probe_with, args=(Work("r1", tmp_path, credentials, ()), life))
    thread.start()
    eventually(lambda: read_now(tmp_path).get("state") == "asking")

    def hangs(method: str, path: str) -> None:
        if path.startswith("/volume") and path.endswith("/os-services"):
            answers.wait(30)

    http_cloud.fault = hangs
    eventually(lambda: read_now(tmp_path)["apis"].get("cinder", {}).get("waiting_s", 0) > 0.5)
    life.end("enough")
    thread.join()
    answers.set()
    cinder = figures(tmp_path).apis["cinder"]
    assert cinder.first_failure is not None
    assert (cinder.first_failure.op, cinder.first_failure.status) == ("services", 0)
    assert cinder.first_failure.cause.startswith("no answer yet after ")
    assert all(api.per_second > 0 for api in figures(tmp_path).apis.values())


def test_it_ends_and_cleans_up_when_the_run_that_started_it_is_killed(http_cloud: HttpCloud, tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from ostler.execution.probe import ProbeProcess\n"
        "p = ProbeProcess(Path(sys.argv[1]), 'tiny', Path(sys.argv[2]), 'r1'); p.start(); time.sleep(60)"
    )
    folder = tmp_path / "probe"
    run = subprocess.Popen([sys.executable, "-c", script, str(http_cloud.clouds_yaml(tmp_path)), str(folder)])
    eventually(lambda: read_now(folder).get("state") == "asking")
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    eventually(lambda: read_now(folder).get("state") == "ended")
    assert read_now(folder)["message"] == "the run that started it is gone"
    assert "servers" in http_cloud.collections and not http_cloud.collections["servers"]


def test_the_run_pauses_when_its_probe_ended_and_old_figures_are_not_shown(
    http_cloud: HttpCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api(http_cloud.clouds_yaml(tmp_path), "tiny")
    cloud = Cloud("c", "2024.1", "venv", {"ctl1": Host("ctl1", "127.0.0.1", ("controller",))}, api=api)
    home = Home(tmp_path / "home")
    operation = Operation(cloud, None, None, Means(home=home), with_probe=True, max_failed=0)  # type: ignore[arg-type]
    monkeypatch.setattr(operation, "_began", lambda run: 1000.0)
    try:
        operation.listener(0.0, RunStarted("r1", "c", "a run", is_resumed=False, stages=1, steps=1, estimate_s=1.0))
        folder = home.run_folder("r1") / "probe"
        eventually(lambda: len(operation.probe_lines()) > 1)
        assert operation.means.pause_when() is None
        seen = operation.means.look_at_probe()
        assert seen is not None and (seen.state, seen.message) == ("asking", "")
        assert all(api.requests > 0 and api.failed == 0 and 0 < api.longest_wait_s < 20 for api in seen.apis.values())
        os.kill(read_now(folder)["pid"], signal.SIGTERM)
        eventually(lambda: operation.means.pause_when() is not None)
        said = "the probe ended (told to (SIGTERM)): what users see is not measured any more"
        assert operation.means.pause_when() == f"{said}; `ostler resume` starts it again"
        assert operation.probe_lines() == [said]
        last = operation.means.look_at_probe()
        assert last is not None and (last.state, last.message, set(last.apis)) == ("ended", said, set(API_TYPES))
        assert list(current_lines(folder).values()) == ["probe: ended told to (SIGTERM)"]
    finally:
        operation.close()


def test_a_probe_that_cannot_write_ends_and_says_so_and_cleans_up(
    http_cloud: HttpCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = read_credentials(http_cloud.clouds_yaml(tmp_path), "tiny")

    def full(recorder: Recorder, state: str, message: str = "") -> None:
        if state == "asking":
            raise OSError(28, "No space left on device")
        told.append(f"{state} {message}")

    told: list[str] = []
    monkeypatch.setattr(Recorder, "write_now", full)
    assert probe_with(Work("r1", tmp_path, credentials, ()), Life(os.getppid(), 60.0)) == 0
    assert told[-1] == "ended it cannot write down what it sees: No space left on device"
    assert not http_cloud.collections["servers"]


def test_a_cloud_that_gives_no_token_is_told_in_one_error_with_what_to_do(
    http_cloud: HttpCloud, probe: ProbeProcess
) -> None:
    http_cloud.fault = lambda method, path: 401
    probe.start()
    with pytest.raises(OutsideError) as caught:
        probe.wait_until_asking(30)
    assert caught.value.code == "probe.did-not-start"
    assert "gave the probe no token" in caught.value.found
