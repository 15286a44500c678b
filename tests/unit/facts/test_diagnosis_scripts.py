"""The scripts with which a diagnosis looks at hosts, run here against real files, sockets and processes."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fact_cases import specs_cloud

from ostler.commands import CommandResult
from ostler.facts import endpoints, fernet_keys, image_files, logins, service_states, settings
from ostler.facts.model import HostFact, wanted

PASSWORD = "p@ss w0rd/?"


def answered(known: HostFact, script: str, *arguments: str, path: str = "") -> Any:
    """What a fact makes of its script, run here with other arguments; `path` comes first on the search path."""
    argv = [sys.executable, "-I", "-c", script, f"ostler-{known.id}", *arguments]
    env = {"PATH": f"{path}:{os.environ['PATH']}"}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return known.parse([CommandResult(0, done.stdout, "")], specs_cloud(), wanted(known.id, "ctl1"))


def pretended(folder: Path, name: str, printed: str) -> str:
    """A program that prints something; returns its folder."""
    program = folder / name
    (folder / f"{name}.txt").write_text(printed)
    program.write_text(f"#!/bin/sh\ncat '{folder}/{name}.txt'\n")
    program.chmod(0o755)
    return str(folder)


@contextmanager
def serving(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """Talks with one client at a time; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    try:
                        talk(connection)
                    except (OSError, struct.error):
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def test_settings_are_told_by_digest_and_secrets_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "nova"
    folder.mkdir()
    (folder / "nova.conf").write_text(
        "[DEFAULT]\nmy_ip = 10.77.0.11\nhost = ctl1\nreport_interval = ten\ntransport_url = rabbit://u:secret1@a\n"
        "no line of options\n[neutron]\npassword = secret2\nendpoint = http://u:secret3@h/\n"
    )
    (folder / "api-paste.ini").write_text("[app:x]\npassword = secret4\n")
    said = answered(settings.FACT, settings.SCRIPT, settings.SECRETS, "4", "ctl1", "10.77.0.11", str(folder))
    assert set(said) == {f"{folder}/nova.conf"}
    assert "secret" not in json.dumps(said)
    options = said[f"{folder}/nova.conf"]["options"]
    assert options["DEFAULT/my_ip"]["value"] == "10.77.0.11"
    assert options["DEFAULT/my_ip"]["own"] == options["DEFAULT/host"]["own"]
    assert options["neutron/password"]["value"] is None
    assert options["DEFAULT/report_interval"]["digest"] == hashlib.sha256(b"ostler ten").hexdigest()[:4]
    assert [each["line"] for each in said[f"{folder}/nova.conf"]["problems"]] == [6]


def keystone(connection: socket.socket) -> None:
    asked = b""
    while b"\r\n\r\n" not in asked or not asked.rstrip().endswith(b"}"):
        asked += connection.recv(65536)
    login = json.loads(asked.partition(b"\r\n\r\n")[2])["auth"]["identity"]["password"]["user"]
    good = (login["name"], login["password"]) == ("neutron", PASSWORD)
    body = json.dumps({"token": {"roles": [{"name": "service"}, {"name": "admin"}]}} if good else {}).encode()
    status = b"201 Created" if good else b"401 Unauthorized"
    connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))


def mariadb(connection: socket.socket) -> None:
    """As MariaDB 10.11 with mysql_native_password."""
    salt = bytes(range(1, 21))
    hello = b"\x0a10.11.6-MariaDB\0" + struct.pack("<I", 7) + salt[:8] + b"\0" + struct.pack("<HBHH", 0xF7FE, 45, 2, 1)
    hello += bytes([21]) + bytes(10) + salt[8:] + b"\0mysql_native_password\0"
    connection.sendall(struct.pack("<I", len(hello))[:3] + b"\0" + hello)
    body = connection.recv(65536)[4:]
    user, _, rest = body[32:].partition(b"\0")
    one = hashlib.sha1(PASSWORD.encode()).digest()
    two = hashlib.sha1(salt + hashlib.sha1(one).digest()).digest()
    good = user == b"nova" and rest[1 : 1 + rest[0]] == bytes(a ^ b for a, b in zip(one, two, strict=True))
    answer = b"\0\0\0\2\0\0\0" if good else b"\xff" + struct.pack("<H", 1045) + b"#28000Access denied"
    connection.sendall(struct.pack("<I", len(answer))[:3] + b"\2" + answer)
    connection.recv(10)


def rabbitmq(connection: socket.socket) -> None:
    """As RabbitMQ 3.10 says yes or no."""

    def send(group: int, number: int, body: bytes) -> None:
        body = struct.pack(">HH", group, number) + body
        connection.sendall(struct.pack(">BHI", 1, 0, len(body)) + body + b"\xce")

    assert connection.recv(8) == b"AMQP\0\0\x09\1"
    send(10, 10, b"\0\x09" + struct.pack(">I", 0))
    if b"\0openstack\0" + PASSWORD.encode() not in connection.recv(65536):
        send(10, 50, struct.pack(">H", 403) + b"\0\0\0\0\0")
        return
    send(10, 30, struct.pack(">HIH", 2047, 131072, 60))
    connection.recv(65536)
    send(10, 41, b"\0")
    connection.recv(65536)
    send(10, 51, b"")


def test_users_are_let_in_with_the_right_password_only(tmp_path: Path) -> None:
    written = "p%40ss%20w0rd%2F%3F"
    with serving(keystone) as login, serving(mariadb) as database, serving(rabbitmq) as broker:
        folder = tmp_path / "nova"
        folder.mkdir()
        (folder / "nova.conf").write_text(
            f"[DEFAULT]\ntransport_url = rabbit://openstack:{written}@127.0.0.1:{broker},openstack:no@127.0.0.1:{broker}/\n"
            f"[database]\nconnection = mysql+pymysql://nova:{written}@127.0.0.1:{database}/nova?charset=utf8\n"
            f"[api_database]\nconnection = mysql+pymysql://nova:no@127.0.0.1:{database}/nova_api\n"
            f"[neutron]\nauth_url = http://127.0.0.1:{login}/v3\nusername = neutron\npassword = {PASSWORD}\n"
            f"[placement]\nauth_url = http://127.0.0.1:{login}\nusername = placement\npassword = no\n"
            "[cinder]\nauth_url = http://127.0.0.1:1/v3\nusername = cinder\npassword = x\n"
        )
        said = answered(logins.FACT, logins.SCRIPT, "5", str(folder))
    assert [(row["kind"], row["group"], row["answer"]) for row in said] == [
        ("keystone", "neutron", "accepted"),
        ("keystone", "placement", "refused"),
        ("keystone", "cinder", "unreachable"),
        ("broker", "DEFAULT", "accepted"),
        ("broker", "DEFAULT", "refused"),
        ("database", "database", "accepted"),
        ("database", "api_database", "refused"),
    ]
    assert said[0]["roles"] == ["admin", "service"]
    assert said[5]["place"].endswith("/nova")
    assert PASSWORD not in json.dumps(said)


def test_a_place_that_says_nothing_takes_no_longer_than_the_limit(tmp_path: Path) -> None:
    folder = tmp_path / "nova"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        (folder / "nova.conf").write_text(f"[database]\nconnection = mysql://nova:x@127.0.0.1:{port}/nova\n")
        began = time.monotonic()
        said = answered(logins.FACT, logins.SCRIPT, "0.5", str(folder))
    assert said[0]["answer"] == "unreachable"
    assert time.monotonic() - began < 4


def test_keys_are_told_by_digest(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    key = base64.urlsafe_b64encode(b"k" * 32)
    (keys / "0").write_bytes(key + b"\n")
    (keys / "0.tmp").write_bytes(b"x")
    (tmp_path / "keystone.conf").write_text(
        f"[fernet_tokens]\nkey_repository = {keys}/\n[credential]\nkey_repository = /no\n"
    )
    said = answered(fernet_keys.FACT, fernet_keys.SCRIPT, f"{tmp_path}/keystone.conf")
    assert said["tokens"]["folder"] == str(keys)
    assert said["tokens"]["keys"] == {"0": hashlib.sha256(key).hexdigest()[:16]}
    assert said["credentials"] == {"folder": "/no", "exists": False, "readable": False, "keys": {}}


def test_files_of_images_are_compared_with_their_records(tmp_path: Path) -> None:
    store = tmp_path / "images"
    store.mkdir()
    contents = {"good": b"fine", "changed": b"FINE", "short": b"fi"}
    for name, content in contents.items():
        (store / name).write_bytes(content)
    digest = hashlib.sha512(b"fine").hexdigest()
    rows = [f"{n}\tname of {n}\t4\t\tsha512\t{digest}\t1.0\tfile://{store}/{n}" for n in (*contents, "gone")]
    rows.append(f"far\tx\t4\t\t\t\t1.0\tfile://{tmp_path}/none/far")
    folder = pretended(tmp_path, "mariadb", "\n".join(rows) + "\n")
    said = answered(image_files.FACT, image_files.SCRIPT, "100", str(1 << 20), "3", path=folder)
    assert {each["id"]: each["problem"] for each in said["images"]} == {
        "changed": "corrupt",
        "short": "wrong size",
        "gone": "missing",
    }
    assert said["stores"] == {
        str(store): {"exists": True, "images": 4},
        f"{tmp_path}/none": {"exists": False, "images": 1},
    }


def test_endpoints_are_asked_where_the_catalog_says_and_where_they_usually_are(tmp_path: Path) -> None:
    class Api(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(300)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        rows = "e1\tnetwork\tpublic\thttp://127.0.0.1:1\ne2\tvolumev3\tpublic\thttp://127.0.0.1:1/v3/%(project_id)s\n"
        folder = pretended(tmp_path, "mariadb", rows + "e3\tother\tadmin\t/nothing\n")
        ports = json.dumps({"network": server.server_port})
        said = answered(endpoints.FACT, endpoints.SCRIPT, "2", ports, "127.0.0.1", path=folder)
        server.shutdown()
    assert [(each["answer"], each["at_vip"]) for each in said] == [
        ("refused", "300"),
        ("refused", ""),
        ("no address", ""),
    ]
    assert said[1]["port"] == 1


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_process_that_was_stopped_is_seen(tmp_path: Path, is_stopped: bool) -> None:
    block = (
        "Id=nova-api.service\nLoadState=loaded\nActiveState=active\nResult=success\nExecMainStatus=0\nNRestarts=2\n"
        "NeedDaemonReload=no\nLimitAS=infinity\nMemoryMax=1048576\nControlGroup=/x\n\n"
        "Id=none.service\nLoadState=not-found\nActiveState=inactive\nControlGroup=\n"
    )
    folder = pretended(tmp_path, "systemctl", block)
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        subprocess.Popen(["sleep", "60"], pass_fds=(server.fileno(),)) as process,
    ):
        try:
            if is_stopped:
                process.send_signal(signal.SIGSTOP)
                time.sleep(0.05)
            waiting = [socket.create_connection(server.getsockname()) for _ in range(3)]
            of_unit = f"def pids(group):\n    return [{process.pid}]\n"
            script = service_states.SCRIPT.replace("def pids(group):\n", of_unit, 1)
            said = answered(service_states.FACT, script, "nova-api.service", path=folder)
            for each in waiting:
                each.close()
        finally:
            process.kill()
    assert set(said) == {"nova-api"}
    state = said["nova-api"]
    assert (state["processes"], state["frozen"], state["queued"]) == (1, int(is_stopped), 3)
    assert (state["memory_limit"], state["restarts"]) == (1048576, 2)
    assert state["files_left"] > 0
