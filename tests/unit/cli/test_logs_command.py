"""`ostler logs`: what an operator types, and what comes back."""

from __future__ import annotations

import functools
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
import typer
from typer.testing import CliRunner, Result

from ostler.cli.logs import register
from ostler.cloud.file import write_cloud_file
from ostler.errors import InputError
from ostler.execution.live_logs import LiveWanted
from ostler.execution.simulation import three_plus_two
from ostler.remote.local import LocalTransport

SCHEMA = Path(__file__).parents[3] / "docs" / "schemas" / "logs.json"
SERVER = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
REQUEST = "req-11111111-1111-1111-1111-111111111111"
CALLED = "req-22222222-2222-2222-2222-222222222222"


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return CliRunner().invoke(app, ["logs", *arguments])


def lines(*said: str) -> str:
    return "".join(f"2026-01-15 {line}\n" for line in said)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for project in ("nova", "neutron"):
        (tmp_path / project).mkdir()
    (tmp_path / "nova" / "nova-compute.log").write_text(
        lines(
            *(f"09:{n:02}:00.000 7 INFO nova.compute.manager [-] audit of host {n}" for n in range(60)),
            f"10:00:00.000 7 INFO nova.compute.claims [{REQUEST} alice x - - -] [instance: {SERVER}] Claim successful",
            f"10:00:05.000 7 ERROR nova.compute.manager [{REQUEST} alice x - - -] [instance: {SERVER}] Build failed: "
            "mysql://nova:hunter2@db/nova \x1b[31mred\x1b[0m",
            f"10:00:05.000 7 ERROR nova.compute.manager [instance: {SERVER}] Traceback (most recent call last):",
            f"10:00:05.000 7 ERROR nova.compute.manager [instance: {SERVER}] "
            '  File "/l/python3/site-packages/nova/x.py", line 3, in build',
            f"10:00:05.000 7 ERROR nova.compute.manager [instance: {SERVER}] KeyError: 'host'",
        )
    )
    (tmp_path / "neutron" / "server.log").write_text(
        lines(f'10:00:03.000 9 INFO neutron.wsgi [{REQUEST} {CALLED} u p - - -] 10.0.0.9 "POST /v2.0/ports HTTP/1.1" '
              "status: 409  len: 1 time: 0.5")
    )  # fmt: skip
    return tmp_path


def test_events_come_in_order_with_the_place_and_the_cause_of_errors(folder: Path) -> None:
    result = run(str(folder), "--since", "10s")
    assert result.exit_code == 0
    shown = result.stdout.splitlines()
    assert shown[0] == "── 2026-01-15 (UTC) ──"
    assert [line[:12] for line in shown[1:4]] == ["10:00:00.000", "10:00:03.000", "10:00:05.000"]
    assert shown[4].strip() == "└ nova/nova-compute.log:62  KeyError: 'host' at nova/x.py:3 build"
    assert "hunter2" not in result.stdout
    assert "\x1b" not in result.stdout
    assert "†" in shown[3]


def test_what_repeats_itself_is_said_once(folder: Path) -> None:
    result = run(str(folder), "--level", "info", "--service", "nova-compute")
    assert "… 59 more like it, the last at 09:59:00.000" in result.stdout


def test_json_follows_its_schema(folder: Path) -> None:
    result = run("--logs", str(folder), "--level", "error", "--json")
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    for document in documents:
        jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    logged, summary = documents
    assert (logged["service"], logged["instance"], logged["line"]) == ("nova-compute", SERVER, 62)
    assert logged["frames"] == [
        {"file": "/l/python3/site-packages/nova/x.py", "module": "nova/x.py", "line": 3, "function": "build"}
    ]
    assert logged["personal"] == ["user"]
    assert (summary["event"], summary["events"], summary["files"]) == ("summary", 1, 2)


def test_a_request_is_followed_into_the_services_it_called(folder: Path) -> None:
    result = run(str(folder), "--request", CALLED)
    assert [line[:12] for line in result.stdout.splitlines()[1:4]] == ["10:00:00.000", "10:00:03.000", "10:00:05.000"]
    assert f"  {REQUEST}  nova-compute\n    {CALLED}  neutron-server\n" in result.stdout


def test_a_server_is_followed(folder: Path) -> None:
    result = run(str(folder), "--server", SERVER, "--json")
    texts = [json.loads(line)["text"].split(" ")[0] for line in result.stdout.splitlines()[:-1]]
    assert texts == ["Claim", "Build"]


def test_new_is_what_was_not_said_before(folder: Path, tmp_path: Path) -> None:
    shown = run(str(folder), "--new", "--since", "30s").stdout
    assert shown.startswith("3 kinds of events that were not there before 2026-01-15T09:59:35.000Z:")
    assert "audit of host" not in shown
    assert run(str(folder), "--new", "--baseline", str(folder)).stdout.startswith("0 kinds of events")


def test_rates_are_drawn(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "rates.html"
    result = run(str(folder), "--rate", "--level", "info", "--html", str(page))
    rows = [line for line in result.stdout.splitlines() if line.startswith(("nova-compute", "neutron-server"))]
    assert [row.split()[-1] for row in rows] == ["62", "1"]
    assert "<svg" in page.read_text()
    document = json.loads(run(str(folder), "--rate", "--json").stdout)
    assert {service: sum(row) for service, row in document["services"].items()} == {"nova-compute": 1}


def test_rates_have_room_for_the_longest_name(folder: Path) -> None:
    (folder / "neutron" / "openvswitch-agent-of-this-host.log").write_text(
        lines("10:00:03.000 9 INFO neutron.agent [-] at work")
    )
    rows = run(str(folder), "--rate", "--level", "info").stdout.splitlines()[1:4]
    assert [row.split()[0] for row in rows] == [
        "nova-compute", "neutron-openvswitch-agent-of-this-host", "neutron-server"
    ]  # fmt: skip
    assert len({len(row) for row in rows}) == 1 and len(rows[0]) <= 80


def test_spans_count_back_from_the_last_event_by_the_clocks_that_are_right(tmp_path: Path) -> None:
    """A controller is two hours ahead, so that its last event seems to be the last of all."""
    for host, service, hour in (("ctl1", "nova-api", 12), ("ctl2", "nova-conductor", 10), ("cmp1", "nova-compute", 10)):
        answered = ' "GET / HTTP/1.1" status: 200 len: 1 time: 0.1' if service == "nova-api" else ""
        said = [
            f"{hour}:00:{n:02}.000 7 INFO nova [req-{n:08}-0000-0000-0000-000000000000 u p - - -] turn {n}{answered}"
            for n in range(60)
        ]
        (tmp_path / host / "nova").mkdir(parents=True)
        (tmp_path / host / "nova" / f"{service}.log").write_text(lines(*said))
    shown = run(str(tmp_path), "--since", "10s", "--full").stdout
    assert [shown.count(f" turn {n}") for n in (40, 50, 59)] == [0, 3, 3]
    rates = json.loads(run(str(tmp_path), "--rate", "--level", "info", "--json").stdout)
    assert rates["step_s"] * len(rates["services"]["nova-api"]) < 300
    for more in ([], ["--rate"], ["--new"]):
        assert "ctl1 is 2:00:00 ahead of" in run(str(tmp_path), *more).stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--level", "loud"], "logs.no-such-level"),
        (["--since", "yesterday"], "logs.no-such-time"),
        (["--request", "req-1"], "logs.no-such-id"),
        (["--new", "--rate"], "logs.one-question"),
        (["--baseline", "x"], "logs.option-alone"),
        (["--follow"], "logs.nothing-to-follow"),
        (["--logs", "elsewhere"], "logs.two-folders"),
        (["--cloud", "no-such-file"], "logs.folder-or-cloud"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], code: str, folder: Path) -> None:
    result = run(str(folder), *arguments)
    assert isinstance(result.exception, InputError)
    assert result.exception.code == code
    assert result.exception.do_next


@pytest.mark.parametrize("more", [[], ["--rate"], ["--new"], ["--json"]])
@pytest.mark.parametrize(
    ("option", "name", "nearest"),
    [("host", "cpm1", "cmp1"), ("host", "lbl", "lb1"), ("service", "nova_compute", "nova-compute"),
     ("service", "haproxi", "haproxy")],
)  # fmt: skip
def test_a_name_that_no_log_has_is_told_with_the_nearest(
    folder: Path, option: str, name: str, nearest: str, more: list[str]
) -> None:
    """Of some logs the place tells it, of some only the lines do."""
    (folder / "cmp1").mkdir()
    (folder / "nova").rename(folder / "cmp1" / "nova")
    (folder / "messages").write_text("Jan 15 10:00:00 lb1 haproxy[7]: a server is down\n")
    error = run(str(folder), f"--{option}", name, *more).exception
    assert isinstance(error, InputError)
    assert (error.code, error.do_next) == ("logs.no-such-name", f"did you mean {nearest}?")
    assert run(str(folder), f"--{option}", nearest, *more).exit_code == 0


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run(str(tmp_path / "nothing"))
    assert isinstance(result.exception, InputError)
    assert result.exception.code == "logs.not-found"


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This machine as the hosts of a cloud, whose file is `cloud.yaml`; returns the folder of nova's logs there."""
    simulation = three_plus_two("2024.1", tmp_path, store=[])
    write_cloud_file(simulation.cloud, tmp_path / "cloud.yaml")
    live = tmp_path / "live" / "nova"
    live.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "ostler.cli.log_sources.connect_hosts", lambda cloud: LocalTransport(set(cloud.hosts) - {"ctl2"})
    )
    picked = functools.partial(LiveWanted, patterns=(f"{live}/*.log", f"{live}/*.log.1"))
    monkeypatch.setattr("ostler.cli.log_sources.LiveWanted", picked)
    return live


def ago(seconds: float) -> str:
    return datetime.fromtimestamp(time.time() - seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.000")


def test_hosts_are_read_where_no_folder_is_named(hosts: Path) -> None:
    log = hosts / "nova-api.log"
    log.write_text(f"{ago(9)} 7 INFO nova.api [-] well\n{ago(5)} 7 ERROR nova.api [{REQUEST} u p - - -] wrong\n")
    result = run("--host", "ctl1", "--request", REQUEST, "--json")
    logged, summary = (json.loads(line) for line in result.stdout.splitlines())
    assert (logged["host"], logged["service"], logged["text"]) == ("ctl1", "nova-api", "wrong")
    assert (logged["file"], logged["line"]) == (str(log), 2)
    assert result.stderr.startswith("reading the cloud ") and result.stderr.splitlines()[0].endswith(", by cloud.yaml")
    assert summary["not_read"] == []


def test_what_is_new_on_hosts_was_not_there_before(hosts: Path) -> None:
    (hosts / "nova-api.log").write_text(
        f"{ago(1800)} 7 ERROR nova.api [-] an old story\n"
        f"{ago(50)} 7 ERROR nova.api [-] an old story\n{ago(40)} 7 ERROR nova.api [-] something never heard of\n"
    )
    shown = run("--host", "ctl1", "--new", "--since", "5m", "--service", "nova").stdout
    assert shown.startswith("1 kinds of events")
    assert ("never heard of" in shown, "old story" in shown) == (True, False)


@pytest.mark.parametrize("as_json", [True, False])
def test_hosts_are_followed(hosts: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    api = hosts / "nova-api.log"
    api.write_text(f"{ago(20)} 7 ERROR nova.api [-] one\n{ago(10)} 7 INFO nova.api [-] not asked for\n")

    def add(text: str) -> None:
        with api.open("a") as file:
            file.write(text)

    def rotate() -> None:
        api.rename(hosts / "nova-api.log.1")
        add(f"{ago(0)} 7 ERROR nova.api [-] three\n")

    turns = iter([
        lambda: add(f"{ago(0)} 7 ERROR nova.api [-] two"),
        lambda: add(" halves\n"),
        rotate,
        lambda: None,
    ])  # fmt: skip

    def sleep(seconds: float) -> None:
        turn = next(turns, None)
        if turn is None:
            raise KeyboardInterrupt
        turn()

    monkeypatch.setattr("ostler.cli.log_sources.time", SimpleNamespace(time=time.time, sleep=sleep))
    asked = ["--follow", "--level", "error", "--host", "ctl1", "--host", "ctl2", "--service", "nova"]
    result = run(*asked, *(["--json"] if as_json else []))
    lines = [line for line in result.stdout.splitlines() if "nova.api" in line]
    texts = (
        [json.loads(line)["text"] for line in lines] if as_json else [line.partition("nova.api: ")[2] for line in lines]
    )
    assert texts == ["one", "two halves", "three"]
    assert len([line for line in result.stderr.splitlines() if "ctl2" in line]) == 1
