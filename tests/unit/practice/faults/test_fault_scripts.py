"""The scripts that need no cloud, really run: what was changed comes back byte for byte."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

from ostler.practice import haproxy
from ostler.practice.faults import configuration, database, front, guests, identity, images, network, records, room
from ostler.practice.faults.fault import GONE, THERE, Fault
from ostler.practice.faults.making import Workshop
from ostler.practice.faults.registry import FAULTS
from ostler.practice.layout import Layout

CANNOT_TELL = 2
CONFIG = b"[DEFAULT]\nhost = ctl1\nreport_interval = 10\nreport_interval=20\n\n[neutron]\npassword = caf\xc3\xa9 \xff\n"


def sh(text: str, *args: object, given: str = "") -> subprocess.CompletedProcess[str]:
    argv = ["sh", "-c", text, "mark", *map(str, args)]
    return subprocess.run(argv, input=given, capture_output=True, text=True, check=False)


def python(text: str, *args: object, given: str = "") -> subprocess.CompletedProcess[str]:
    argv = ["python3", "-c", text, "mark", *map(str, args)]
    environment = {**os.environ, "PYTHONUTF8": "0", "LC_ALL": "C.UTF-8"}
    return subprocess.run(argv, input=given, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs are found first."""
    folder = tmp_path_factory.mktemp("programs")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def put(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def done(result: subprocess.CompletedProcess[str]) -> str:
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_a_setting_is_changed_seen_and_brought_back(tmp_path: Path) -> None:
    path = tmp_path / "nova.conf"
    path.write_bytes(CONFIG)
    path.chmod(0o640)
    setting = (path, "DEFAULT", "report_interval", "ten")
    kept = done(sh(configuration.KEEP_FILE, path))
    assert python(configuration.SEE_OPTION, *setting).returncode == GONE
    done(python(configuration.PUT_OPTION, *setting))
    assert path.read_bytes() == (
        b"[DEFAULT]\nreport_interval = ten\nhost = ctl1\n\n[neutron]\npassword = caf\xc3\xa9 \xff\n"
    )
    assert python(configuration.SEE_OPTION, *setting).returncode == THERE
    done(sh(configuration.RESTORE_FILE, path, given=kept))
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (CONFIG, 0o640)
    assert list(tmp_path.iterdir()) == [path]


def test_a_setting_of_a_section_that_is_not_there_is_put_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "nova.conf"
    path.write_bytes(CONFIG)
    setting = (path, "upgrade_levels", "compute", "4.0")
    done(python(configuration.PUT_OPTION, *setting))
    assert path.read_bytes() == CONFIG + b"\n[upgrade_levels]\ncompute = 4.0\n"
    assert python(configuration.SEE_OPTION, *setting).returncode == THERE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")
def test_owner_and_mode_come_back(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.mkdir(mode=0o750)
    os.chown(path, 12345, 12346)
    kept = done(sh(configuration.KEEP_MODES, path))
    assert sh(configuration.SEE_SHUT, given=kept).returncode == GONE
    done(sh(configuration.SHUT, "0555", given=kept))
    assert sh(configuration.SEE_SHUT, given=kept).returncode == THERE
    done(sh(configuration.OPEN_AGAIN, given=kept))
    found = path.stat()
    assert (found.st_mode & 0o777, found.st_uid, found.st_gid) == (0o750, 12345, 12346)


@pytest.mark.parametrize("make", [identity.NEW_PRIMARY, identity.NO_KEYS])
def test_keys_come_back(tmp_path: Path, make: str) -> None:
    for number in (0, 1, 10):
        (tmp_path / str(number)).write_text(f"key {number}")
        (tmp_path / str(number)).chmod(0o600)
    kept = done(sh(identity.KEEP_FOLDER, tmp_path))
    assert python(identity.SEE_FOLDER_CHANGED, tmp_path, given=kept).returncode == GONE
    done(sh(make, tmp_path, given=kept))
    assert python(identity.SEE_FOLDER_CHANGED, tmp_path, given=kept).returncode == THERE
    (tmp_path / "10.ostler-new").write_text("left by a break that was killed")
    done(sh(identity.RESTORE_FOLDER, tmp_path, given=kept))
    assert python(identity.SEE_FOLDER_CHANGED, tmp_path, given=kept).returncode == GONE
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "0": "key 0",
        "1": "key 1",
        "10": "key 10",
    }


def test_only_the_primary_key_is_changed(tmp_path: Path) -> None:
    for number in (0, 9, 10):
        (tmp_path / str(number)).write_text(f"key {number}")
    done(sh(identity.NEW_PRIMARY, tmp_path))
    assert [(tmp_path / str(number)).read_text() for number in (0, 9)] == ["key 0", "key 9"]
    assert len((tmp_path / "10").read_text()) == 44


@pytest.mark.parametrize("content", [bytes(range(256)) * 4, b"a short one"], ids=["long", "short"])
def test_an_image_is_spoilt_at_its_beginning_and_brought_back(programs: Path, tmp_path: Path, content: bytes) -> None:
    put(programs / "mariadb", "echo one")
    (tmp_path / "one").write_bytes(content)
    kept = done(sh(images.KEEP_BYTES, tmp_path, 64))
    assert sh(images.SEE_SPOILT, tmp_path, 64, given=kept).returncode == GONE
    done(sh(images.SPOIL, tmp_path, given=kept))
    assert sh(images.SEE_SPOILT, tmp_path, 64, given=kept).returncode == THERE
    spoilt = (tmp_path / "one").read_bytes()
    assert (spoilt[64:], len(spoilt)) == (content[64:], len(content))
    done(sh(images.UNSPOIL, tmp_path, given=kept))
    assert (tmp_path / "one").read_bytes() == content


def test_nothing_is_remembered_of_what_could_not_be_read(programs: Path, tmp_path: Path) -> None:
    """Else it would be changed, and could not be brought back."""
    put(programs / "mariadb", "exit 1")
    put(programs / "mariadb-dump", "echo '/*M!999999\\- enable the sandbox mode */'")
    for script, *args in (
        (identity.KEEP_FOLDER, tmp_path / "absent"),
        (database.KEEP_PASSWORD, "nova"),
        (records.KEEP_DUMP, "nova_api", "host_mappings", "host = 'x'", "there is none"),
    ):
        asked = sh(script, *args)
        assert (asked.returncode != 0, asked.stdout) == (True, "")


def test_a_password_is_brought_back_as_it_is_kept(programs: Path) -> None:
    put(programs / "mariadb", "echo \"CREATE USER \\`nova\\`@\\`%\\` IDENTIFIED BY PASSWORD '*5F'\"")
    assert done(sh(database.KEEP_PASSWORD, "nova")) == "ALTER USER `nova`@`%` IDENTIFIED BY PASSWORD '*5F';\n"


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS.values() if fault.see.program == "python3"], ids=lambda it: it.name
)
def test_what_cannot_be_asked_is_not_taken_for_gone(fault: Fault, programs: Path) -> None:
    """A program that ends with an error ends as one that sees nothing would."""
    if fault.name == "orphan-guest":
        pytest.skip("where no guest is, there is no orphan")
    put(programs / "rabbitmqctl", "exit 69")
    result = python(fault.see.text, *fault.see.args, given="rubbish")
    assert result.returncode not in (THERE, GONE), result.stderr


@pytest.mark.parametrize(("lost", "expected"), [("0", GONE), ("38.5", THERE), ("100", CANNOT_TELL), ("", CANNOT_TELL)])
def test_lost_packets_are_counted(programs: Path, lost: str, expected: int) -> None:
    put(programs / "ping", f'echo "50 packets transmitted, 31 received, {lost}% packet loss, time 1ms"' if lost else "")
    assert sh(network.SEE_LOSS, "10.77.9.21").returncode == expected


def test_a_clock_is_off_only_where_all_services_have_the_wrong_time(programs: Path) -> None:
    put(programs / "systemctl", 'for last; do :; done; echo "$last"')
    see = room.SEE_CLOCK.replace(' && grep -q libfaketime "/proc/$pid/maps"', "")
    with (
        subprocess.Popen(["sleep", "60"], env={"PATH": os.defpath, "FAKETIME": "-600s"}) as off,
        subprocess.Popen(["sleep", "60"]) as right,
    ):
        try:
            found = [
                sh(see, "-600s", given="\n".join(str(each.pid) for each in those)).returncode
                for those in ((off,), (right,), (off, right))
            ]
        finally:
            off.kill()
            right.kill()
    assert found == [THERE, GONE, CANNOT_TELL]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs commands as somebody else")
def test_the_limit_of_open_files_comes_back(programs: Path) -> None:
    with subprocess.Popen(["sh", "-c", "ulimit -S -n 300; exec sleep 60"]) as process:
        try:
            put(programs / "systemctl", f"echo {process.pid}")
            while b"sleep" not in Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0"):
                pass
            kept = done(sh(room.KEEP_OPEN_FILES, "x.service"))
            assert sh(room.SEE_FEW_FILES, "x.service", given=kept).returncode == GONE
            done(sh(room.FEW_FILES, given=kept))
            assert sh(room.SEE_FEW_FILES, "x.service", given=kept).returncode == THERE
            done(sh(room.MANY_FILES, "x.service", given=kept))
            assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0] == 300
        finally:
            process.kill()


def test_an_image_taken_away_twice_comes_back_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("bytes")
    for _ in range(2):
        sh(images.TAKE_AWAY, tmp_path, given="one\n")
    assert sh(images.SEE_MISSING, tmp_path, given="one\n").returncode == THERE
    for _ in range(2):
        done(sh(images.BRING_BACK, tmp_path, given="one\n"))
    assert sh(images.SEE_MISSING, tmp_path, given="one\n").returncode == GONE
    assert (tmp_path / "one").read_text() == "bytes"


def test_only_the_ports_of_one_backend_are_made_wrong(tmp_path: Path) -> None:
    before = haproxy.config(Layout(subnet="10.77.9.0/24"))
    path = tmp_path / "haproxy.cfg"
    path.write_text(before)
    sed = front.WRONG_BACKEND.replace("systemctl reload haproxy.service", "true")
    done(sh(sed, "nova-api", "8774", path))
    changed = set(path.read_text().splitlines()) - set(before.splitlines())
    assert changed == {f"  server ctl{i} 10.77.9.1{i}:18774 check" for i in (1, 2, 3)}


@pytest.mark.parametrize(
    ("states", "server", "expected"),
    [
        (("UP", "DOWN"), "", GONE),
        (("DOWN 1/3", "MAINT"), "", THERE),
        ((), "", CANNOT_TELL),
        (("UP", "DOWN"), "ctl0", GONE),
        (("UP", "DOWN"), "ctl1", THERE),
        (("UP", "DOWN"), "ctl2", CANNOT_TELL),
    ],
)
def test_a_backend_is_down_when_none_of_its_servers_is_up(states: tuple[str, ...], server: str, expected: int) -> None:
    rows = ["# pxname,svname", "nova-api,FRONTEND,,,0,0,4000,0,0,0,0,0,0,,,,,OPEN,"] if states else []
    rows += [f"nova-api,ctl{i},0,0,0,0,60,0,0,0,,0,,0,0,0,0,{state},1" for i, state in enumerate(states)]
    rows += ["keystone,ctl1,0,0,0,0,60,0,0,0,,0,,0,0,0,0,UP,1"]
    judge = front.SEE_BACKEND_DOWN.replace("""echo 'show stat' | socat - "UNIX-CONNECT:$1" |""", "cat |")
    assert sh(judge, "socket", "nova-api", server, given="\n".join(rows) + "\n").returncode == expected


def test_a_guest_that_runs_is_chosen(tmp_path: Path) -> None:
    file = tmp_path / "guests.json"
    assert python(guests.KEEP_GUEST, file).returncode == 69
    file.write_text(json.dumps({"b": ["two", 1], "a": ["one", 4]}))
    kept = done(python(guests.KEEP_GUEST, file))
    assert json.loads(kept) == {"uuid": "b", "guest": ["two", 1]}
    assert python(guests.SEE_GUEST, file, "gone", "", given=kept).returncode == GONE
    assert python(guests.SEE_GUEST, file, "there", "a").returncode == THERE


def test_a_workshop_needs_no_cloud_to_be_asked_what_is_broken(tmp_path: Path) -> None:
    shop = Workshop(Layout(state_root=tmp_path), None, print, None)  # type: ignore[arg-type]
    assert shop.chosen(None, every=True) == []
