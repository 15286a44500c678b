"""`ostler diagnose`: what an operator types, and what comes back."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
import typer
from typer.testing import CliRunner, Result

from ostler.cli.diagnose import register
from ostler.errors import InputError

sys.path.insert(0, str(Path(__file__).parents[1] / "diagnosis"))
from invented import ASKED, LISTED, answered, line, traceback, write_logs

SCHEMA = Path(__file__).parents[3] / "docs" / "schemas" / "diagnosis.json"
KILLED_AT = 1_768_471_200.0
"""2026-01-15T10:00:00Z."""

FRAMES = [("cinder/volume/manager.py", "attach_volume", "raise Exception()")]
OTHER_FRAMES = [
    ("cinder/api/odd.py", "index", "return self.volume_api.get(x)"),
    ("cinder/volume/api.py", "get", "return objects.get(x)"),
]


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return CliRunner().invoke(app, ["diagnose", *arguments])


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    said = "Failed with password=hunter2 \x1b[31mred\x1b[0m for joe@example.org"
    error = traceback("10:05:00.000", "oslo_messaging.rpc.server", said, FRAMES, "Exception: <b>bold</b>", ASKED)
    return write_logs(
        tmp_path, volume=error, api=answered("10:05:01.000", "cinder", "POST /v3/volumes/x/action", 500, ASKED)
    )


def test_a_person_reads_the_place_the_chain_and_what_to_do(broken: Path) -> None:
    result = run("--logs", str(broken))
    assert result.exit_code == 1
    first = result.output.splitlines()[0]
    assert first.startswith("Users saw something fail") and "cinder/volume/manager.py, attach_volume()" in first
    assert "└─ 10:05:01 cinder-api answered 500 to POST /v3/volumes/x/action" in result.output
    assert "cinder/cinder-volume.log:3" in result.output
    assert f"--request {ASKED}" in result.output


def test_what_to_do_next_names_the_folder_as_a_shell_takes_it(broken: Path) -> None:
    folder = broken.rename(broken.with_name("logs of $(today)"))
    assert f"ostler logs --logs '{folder}' --request {ASKED}" in run("--logs", str(folder)).output


def test_secrets_and_escape_codes_stay_inside_and_personal_data_is_marked(broken: Path) -> None:
    for arguments in ([], ["--json"]):
        output = run("--logs", str(broken), *arguments).output
        assert "hunter2" not in output
        assert "\x1b" not in output and "\\u001b" not in output
    assert "†" in run("--logs", str(broken)).output
    assert "e-mail" in run("--logs", str(broken), "--json").output


@pytest.mark.parametrize(("whom", "kinds"), [("joe@example.org", ["e-mail"]), ("somebody", [])])
def test_notes_with_personal_data_are_marked(tmp_path: Path, whom: str, kinds: list[str]) -> None:
    folder = write_logs(tmp_path)
    (folder / "cinder" / "cinder-backup.log").write_text(
        line("10:01:00.000", "INFO", "cinder.backup", "at work")
        + line("10:29:00.000", "WARNING", "cinder.backup", f"no backup for {whom}")
    )
    page = tmp_path / "page.html"
    result = run("--logs", str(folder), "--html", str(page))
    (told,) = [each for each in result.output.splitlines() if "no backup for" in each]
    assert told.endswith(" †") is bool(kinds)
    assert ("holds personal data" in result.output) is ("holds personal data" in page.read_text()) is bool(kinds)
    assert ("†</li>" in page.read_text()) is bool(kinds)
    document = json.loads(run("--logs", str(folder), "--json").output)
    (note,) = [each for each in document["notes"] if "no backup for" in each["found"]]
    assert note["personal"] == kinds


def test_the_document_is_as_published(broken: Path) -> None:
    document = json.loads(run("--logs", str(broken), "--json").output)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["verdict"] == "failure"
    first = document["findings"][0]
    assert (first["module"], first["function"]) == ("cinder/volume/manager.py", "attach_volume")
    assert first["evidence"][0]["line"] == 3
    assert first["cause_of"] and first["do_next"]


def test_a_healthy_folder_ends_with_0(tmp_path: Path) -> None:
    result = run("--logs", str(write_logs(tmp_path)))
    assert result.exit_code == 0
    assert result.output.startswith("Healthy: ")


def test_broken_infrastructure_is_named_before_source_files(broken: Path) -> None:
    kernel = broken / "dmesg"
    kernel.write_text("[   61.750000] Out of memory: Killed process 1234 (mysqld) total-vm:1kB\n")
    os.utime(kernel, (KILLED_AT, KILLED_AT))
    result = run("--logs", str(broken))
    assert result.exit_code == 1
    assert result.output.startswith("Broken: the kernel of a host killed mysqld for want of memory (97 % sure).\n")
    assert "dmesg:1" in result.output and "[diagnosis.out-of-memory]" in result.output
    assert "cinder/volume/manager.py, attach_volume()" in result.output.partition("If it is not that:")[2]
    assert "dmesg: its times are estimated" in result.output
    document = json.loads(run("--logs", str(broken), "--json").output)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    first = document["findings"][0]
    assert (first["severity"], first["component"], first["module"]) == ("failure", "memory:@*", None)
    assert document["notes"][0]["code"] == "logs.times-estimated"


def test_a_log_that_cannot_be_read_is_never_passed_over(tmp_path: Path) -> None:
    folder = write_logs(tmp_path)
    (folder / "dmesg").write_text("nothing of this is written as a log\n")
    result = run("--logs", str(folder))
    assert result.exit_code == 1
    assert result.output.startswith("Unsure: ")
    assert "missing: what could not be read, or not to its end: dmesg" in result.output


def test_healthy_names_whose_logs_were_judged_and_is_not_said_with_a_log_elsewhere(tmp_path: Path) -> None:
    folder = write_logs(tmp_path)
    (folder / "mysql").mkdir()
    (folder / "mysql" / "error.log").write_text("2026-01-15 10:00:00 0 [Note] mysqld: ready for connections.\n")
    result = run("--logs", str(folder))
    assert result.exit_code == 0
    assert result.output.startswith("Healthy: ")
    assert "Judged are the logs of cinder, mariadb, and no others." in result.output
    (folder / "nova").symlink_to("/nowhere/nova")
    result = run("--logs", str(folder))
    assert result.exit_code == 1
    assert "missing: what could not be read, or not to its end: nova\n" in result.output


def test_an_error_that_comes_again_and_again_is_named_in_the_first_sentence(tmp_path: Path) -> None:
    failed = "".join(line(f"10:0{at}:00.000", "ERROR", "cinder.x", f"No password=hunter2 for {at}") for at in range(5))
    first = run("--logs", str(write_logs(tmp_path, volume=failed))).output.splitlines()[0]
    assert first.startswith("Unsure: an error was logged 5 times over 4 min: cinder-volume: No password=")
    assert "hunter2" not in first


def test_a_date_that_cannot_be_makes_no_error_a_lasting_one(tmp_path: Path) -> None:
    failed = "".join(line(f"10:00:0{at}.000", "ERROR", "cinder.x", f"No {at}") for at in range(5))
    wild = line("10:00:00.000", "ERROR", "cinder.x", "No 5").replace("2026-", "2000-")
    assert run("--logs", str(write_logs(tmp_path, volume=wild + failed))).output.startswith("Healthy: ")


@pytest.fixture
def two_hosts(tmp_path: Path) -> Path:
    """A volume's failure on cmp1, which is surer than a lesser one of another request on ctl1."""
    said = "Failed to attach"
    error = traceback("10:05:00.000", "oslo_messaging.rpc.server", said, FRAMES, "Exception: no", ASKED)
    other = traceback("10:04:00.000", "cinder.api", "Odd", OTHER_FRAMES, "VolumeNotFound: no", LISTED)
    folder = write_logs(
        tmp_path, volume=error,
        api=other + answered("10:05:01.000", "cinder", "POST /v3/volumes/x/action", 500, ASKED),
    )  # fmt: skip
    for host, log in (("ctl1", "cinder-api.log"), ("cmp1", "cinder-volume.log")):
        (folder / host / "cinder").mkdir(parents=True)
        (folder / "cinder" / log).rename(folder / host / "cinder" / log)
    return folder


def modules(folder: Path, *arguments: str) -> tuple[str, float, set[str | None], str | None]:
    """Verdict, how sure, the files that are named, and the first of them."""
    document = json.loads(run("--logs", str(folder), "--json", *arguments).output)
    found = [each["module"] for each in document["findings"]]
    return document["verdict"], document["sure"], set(found), found[0]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        (["--host", "cmp1"], FRAMES[0][0]),
        (["--request", ASKED], FRAMES[0][0]),
        (["--request", LISTED], OTHER_FRAMES[-1][0]),
    ],
)
def test_what_is_asked_about_comes_first_and_the_verdict_is_that_of_all(
    two_hosts: Path, asked: list[str], first: str
) -> None:
    verdict, sure, named, surest = modules(two_hosts)
    assert (verdict, surest) == ("failure", FRAMES[0][0])
    assert modules(two_hosts, *asked) == (verdict, sure, named, first)


def test_the_sentence_says_when_a_surer_place_has_nothing_to_do_with_what_was_asked(two_hosts: Path) -> None:
    output = run("--logs", str(two_hosts), "--request", LISTED).output
    assert "of what was asked about, the likeliest place is cinder: cinder/volume/api.py" in output.splitlines()[0]
    assert "cinder/volume/manager.py" in output.partition("If it is not that:")[2]


def test_a_host_on_which_nothing_was_found_is_told_as_that(two_hosts: Path) -> None:
    (two_hosts / "cmp2" / "nova").mkdir(parents=True)
    (two_hosts / "cmp2" / "nova" / "nova-compute.log").write_text(line("10:00:00.000", "INFO", "nova", "audit"))
    output = run("--logs", str(two_hosts), "--host", "cmp2").output
    assert "cmp2: nothing that was found has to do with it" in output
    assert "has to do with it" not in run("--logs", str(two_hosts), "--host", "cmp1").output


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        (["--host", "cpm1"], "logs.no-such-name", "did you mean cmp1?"),
        (["--request", f"{ASKED[:-1]}2"], "logs.not-named", "the logs end at 2026-01-15T10:05:01.000Z"),
        (["--server", ASKED[4:].replace("1", "3")], "logs.not-named", "the logs end at 2026-01-15T10:05:01.000Z"),
        (["--since", "2026-01-15T10:09"], "logs.nothing-since", "the logs end at 2026-01-15T10:05:01.000Z"),
    ],
)
def test_what_stands_nowhere_in_the_logs_is_an_error(two_hosts: Path, asked: list[str], code: str, words: str) -> None:
    error = run("--logs", str(two_hosts), *asked).exception
    assert isinstance(error, InputError)
    assert error.code == code
    assert words in f"{error.summary}; {error.do_next}"


def test_a_cloud_in_the_environment_is_no_wish(two_hosts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSTLER_CLOUD", "no-such-file")
    assert "cinder/volume/manager.py" in run("--logs", str(two_hosts)).output


def test_evidence_names_a_host_once(two_hosts: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    output = run("--logs", str(two_hosts), "--html", str(page)).output
    assert "10:05:00.000 cmp1/cinder/cinder-volume.log:3" in output.replace("logs/", "")
    assert "cmp1 " not in "".join(each for each in output.splitlines() if "cinder-volume.log" in each)
    assert "cmp1 logs" not in page.read_text() and "cmp1 cmp1" not in page.read_text()
    (two_hosts / "messages").write_text(
        "Jan 15 10:05:00 lb1 haproxy[7]: Server cinder/ctl1 is DOWN. 0 active and 0 backup servers left.\n"
        "Jan 15 10:05:00 lb1 haproxy[7]: proxy cinder has no server available!\n"
    )
    assert "lb1 messages:" in run("--logs", str(two_hosts)).output


def test_only_what_is_new_enough_counts(broken: Path) -> None:
    result = run("--logs", str(broken), "--since", "2026-01-15T10:06")
    assert result.exit_code == 1
    assert "missing: " in result.output  # too little is left to be called healthy
    assert "cinder/volume/manager.py" not in result.output


def test_the_page_escapes_what_was_logged(broken: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run("--logs", str(broken), "--html", str(page))
    assert "&lt;b&gt;bold&lt;/b&gt;" in page.read_text() and "<b>bold" not in page.read_text()
    assert "hunter2" not in page.read_text()


def hosts_with_clocks(where: Path, off_s: float) -> Path:
    """A healthy cinder on two hosts, which call each other; cmp1's clock is off."""
    folder = write_logs(where)
    (folder / "ctl1" / "cinder").mkdir(parents=True)
    (folder / "cmp1" / "cinder").mkdir(parents=True)
    (folder / "cinder" / "cinder-api.log").rename(folder / "ctl1" / "cinder" / "cinder-api.log")
    api, volume = [], []
    for turn in range(20):
        own, called = f"req-{turn:08}-0000-0000-0000-000000000000", f"req-{turn:08}-0000-0000-0000-000000000001"
        begins = datetime(2026, 1, 15, 10, 9, turn, tzinfo=UTC)
        answer = '192.0.2.9 "GET /v3/volumes HTTP/1.1" status: 200  len: 300 time: 0.2000000'
        api.append(f"{begins:%F %T}.400 7 INFO eventlet.wsgi.server [{own} {called} u p - - -] {answer}\n")
        for tenth in (1, 5):
            at = begins + timedelta(seconds=off_s + tenth / 10)
            volume.append(f"{at:%F %T}.{at.microsecond // 1000:03} 7 INFO cinder.volume [{own} u p - - -] at work\n")
    with (folder / "ctl1" / "cinder" / "cinder-api.log").open("a") as log:
        log.write("".join(api))
    own_log = folder / "cinder" / "cinder-volume.log"
    for line_there in own_log.read_text().splitlines(keepends=True):
        at = datetime.fromisoformat(line_there[:23]) + timedelta(seconds=off_s)
        volume.insert(0, f"{at:%F %T}.000{line_there[23:]}")
    (folder / "cmp1" / "cinder" / "cinder-volume.log").write_text("".join(sorted(volume)))
    own_log.unlink()
    return folder


@pytest.mark.parametrize(
    ("off_s", "verdict", "words"),
    [
        (0.0, "healthy", "clocks that agree with"),
        (-40.0, "unsure", "cmp1 is 40.0 s behind ctl1"),
        (40.0, "unsure", "cmp1 is 40.0 s ahead of ctl1"),
        (7200.0, "healthy", "another time zone?"),
    ],
)
def test_what_requests_tell_of_clocks_is_told_and_a_wrong_one_is_found(
    tmp_path: Path, off_s: float, verdict: str, words: str
) -> None:
    folder = hosts_with_clocks(tmp_path, off_s)
    page = tmp_path / "page.html"
    output = run("--logs", str(folder), "--html", str(page)).output
    assert words in output and words in page.read_text()
    document = json.loads(run("--logs", str(folder), "--json").output)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["verdict"] == verdict
    assert [each["summary"] for each in document["notes"] if words in each["summary"]]
    found = [each["component"] for each in document["findings"] if each["code"] == "diagnosis.clock-astray"]
    assert found == (["clock:@cmp1"] if verdict == "unsure" else [])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--cloud", "no-such-file"], "cloud.not-found"),
        (["--logs", "no-such-folder"], "logs.not-found"),
        (["./logs"], "diagnosis.folder-alone"),
        (["--logs", ".", "--cloud", "no-such-file"], "logs.folder-or-cloud"),
        (["--logs", ".", "--request", "req-1"], "logs.no-such-id"),
        (["--logs", ".", "--server", ASKED[4:], "--request", ASKED], "diagnosis.one-subject"),
    ],
)
def test_wrong_use_is_told(arguments: list[str], code: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, InputError)
    assert result.exception.code == code


def test_a_cloud_that_cannot_be_reached_is_told_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "known_hosts").touch()
    path = tmp_path / "cloud.yaml"
    path.write_text(
        f'name: example\nrelease: "2025.1"\ndeployment: venv\n'
        f"access: {{user: root, port: {port}, known_hosts: ./known_hosts}}\n"
        f"hosts:\n  ctl1: {{address: 127.0.0.1, roles: [controller]}}\n"
    )
    began = time.monotonic()
    monkeypatch.setenv("OSTLER_CLOUD", str(path))
    result = run("--json")
    assert time.monotonic() - began < 30
    assert result.exit_code == 1
    assert result.stderr.startswith(f"reading the cloud example, by {path}\n")
    assert "reading the cloud" not in run("--cloud", str(path), "--json").stderr
    document = json.loads(result.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["verdict"] == "failure"
    assert [each["code"] for each in document["findings"]] == ["host.unreachable"]
    assert run("--cloud", str(path), "--host", "nobody").exception is not None
