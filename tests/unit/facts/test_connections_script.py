"""The script that finds databases and message buses in files, run here over real files and against real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fact_cases import specs_cloud
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scripts_run import ran

from ostler.facts import connections
from ostler.facts.model import wanted
from ostler.facts.scripts import python

GREETING = b"\x4a\x00\x00\x00\x0a10.11.6-MariaDB\x00"
TOO_MANY = b"\x17\x00\x00\x00\xff\x10\x04Too many connections"
START = b"\x01\x00\x00\x00\x00\x01\x8c"


def found_in(folder: Path) -> Any:
    value = read_in(folder)
    assert value["unread"] == {}
    return value["found"]


def read_in(folder: Path) -> Any:
    result = ran(python("host.connections", connections.SCRIPT, "1", f"{folder}"))
    return connections.parse([result], specs_cloud(), wanted("host.connections", "ctl1"))


def found(folder: Path, text: str) -> Any:
    (folder / "some.conf").write_text(text)
    return found_in(folder)


def places(connection: Any) -> list[tuple[Any, Any]]:
    return [(server["host"], server["port"]) for server in connection["servers"]]


@contextmanager
def server(says: bytes | None, is_asked: bool) -> Iterator[int]:
    """A server that says something, first or when it was asked (None: nothing, and it stays; "": it hangs up)."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                if is_asked:
                    connection.recv(100)
                if says:
                    connection.sendall(says)
                if says != b"":
                    connection.recv(100)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


def test_every_spelling_is_found_with_its_place_and_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.conf").write_text(
        "# connection = mysql://nova:S3CRET@nowhere.invalid/nova\n"
        "[DEFAULT]\n"
        "sql_connection=mysql://old:S3CRET@127.0.0.1:1/keystone?charset=utf8\n"
        "transport-url : 'rabbit://u:S3:C,R@ET/@127.0.0.1:1,u:S3CRET@[::1]:2/cloud'\n"
        "  transport_url = rabbit://a:S3CRET@goes-on-from-the-line-above\n"
        "[api_database]\n"
        'connection = "postgresql+psycopg2://api:S3CRET@127.0.0.1:1/nova_api"\n'
        "[indexer]\n"
        "url = sqlite:////var/lib/gnocchi.db\n"
    )
    (tmp_path / "sub" / "b.ini").write_text(
        "[oslo_messaging_rabbit]\nrabbit-hosts = 127.0.0.1:3,$my_ip\nrabbit_userid = guest\nrabbit_password = S3CRET\n"
        "[DEFAULT]\nqpid_hostname = 127.0.0.1\nqpid_port = 4\n"
    )
    (tmp_path / "c.txt").write_text("connection = mysql://u:S3CRET@h/n\n")
    connected = found_in(tmp_path)
    assert "S3" not in json.dumps(connected)
    assert [(Path(c["file"]).name, c["line"], c["group"], c["option"], c["kind"], c["scheme"]) for c in connected] == [
        ("a.conf", 3, "DEFAULT", "sql_connection", "database", "mysql"),
        ("a.conf", 4, "DEFAULT", "transport-url", "messaging", "rabbit"),
        ("a.conf", 7, "api_database", "connection", "database", "postgresql+psycopg2"),
        ("a.conf", 9, "indexer", "url", "database", "sqlite"),
        ("b.ini", 2, "oslo_messaging_rabbit", "rabbit_hosts", "messaging", "rabbit"),
        ("b.ini", 6, "DEFAULT", "qpid_hostname", "messaging", "qpid"),
    ]
    assert [(c["user"], c["name"]) for c in connected] == [
        ("old", "keystone"),
        ("u", "cloud"),
        ("api", "nova_api"),
        ("", "/var/lib/gnocchi.db"),
        ("guest", ""),
        ("", ""),
    ]
    assert [places(c) for c in connected] == [
        [("127.0.0.1", 1)],
        [("127.0.0.1", 1), ("::1", 2)],
        [("127.0.0.1", 1)],
        [],
        [("127.0.0.1", 3), (None, None)],
        [("127.0.0.1", 4)],
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://nova:x@db/nova", [("db", 3306)]),
        ("mysql+pymysql://nova:x@[fd00::7]/nova", [("fd00::7", 3306)]),
        ("mysql://nova:x@/nova?unix_socket=/run/mysqld.sock", []),
        ("mysql://db/nova", [("db", 3306)]),
        ("rabbit://a:x@h1,a:x@h2:5673,h3/", [("h1", 5672), ("h2", 5673), ("h3", 5672)]),
        ("rabbit://a:x@$my_ip:5672/", [(None, None)]),
        ("rabbit://a:x@h1,b:x@h2/", [("h2", 5672)]),
        ("mysql://nova:x@db/nova?ssl_key_password=a@b", [(None, None)]),
        ("kafka://h1,h2:9093", [("h1", 9092), ("h2", 9093)]),
    ],
)
def test_servers_are_told_one_by_one(url: str, expected: list[tuple[Any, Any]], tmp_path: Path) -> None:
    (connection,) = found(tmp_path, f"[x]\ny = {url}\n")
    assert places(connection) == expected


@given(password=st.text("SECRT1@,:/?#[]$ &=", min_size=1, max_size=10))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_no_part_of_a_password_is_told_whatever_is_in_it(password: str) -> None:
    """Of an address that can be read in two ways, neither is told: `u:1,p@h` is no server `u` at port 1."""
    code = connections.SCRIPT.partition("def from_options")[0].replace("float(sys.argv[2])", "1.0")
    names: dict[str, Any] = {}
    exec(code, names)
    for url in (
        "mysql://nova:{}Z@db:3306/nova",
        "mysql:///nova?user=nova&password={}Z",
        "mysql://db/nova?password={}Z",
        "mysql://nova:x@db/nova  # the old one was {}Z",
        "rabbit://nova:{}Z@h1:5672,nova:{}Z@h2:5672/cloud",
    ):
        told = names["from_url"](url.replace("{}", password))
        words = {told["user"], told["name"], *(server["host"] for server in told["servers"])}
        assert words <= {"nova", "db", "h1", "h2", "cloud", "", None}


@pytest.mark.parametrize(
    ("scheme", "says", "answer"),
    [
        ("mysql", GREETING, "answers"),
        ("mysql+pymysql", TOO_MANY, "answers"),
        ("mysql", b"HTTP/1.0 400", "other"),
        ("mysql", b"", "closed"),
        ("rabbit", START, "answers"),
        ("rabbit", b"\x15\x03\x03\x00\x02\x02\x46", "wants TLS"),
        ("rabbit", b"SSH-2.0-OpenSSH", "other"),
        ("kafka", b"", "open"),
        ("rabbit", b"", "closed"),
        ("postgresql", b"N", "answers"),
        ("rabbit", None, "silent"),
    ],
)
def test_a_server_is_told_by_what_it_says(scheme: str, says: bytes | None, answer: str, tmp_path: Path) -> None:
    with server(says, is_asked=not scheme.startswith("mysql")) as port:
        (connection,) = found(tmp_path, f"[x]\ny = {scheme}://u:p@127.0.0.1:{port}/n\n")
    assert connection["servers"] == [{"host": "127.0.0.1", "port": port, "answer": answer}]


def test_where_nobody_listens_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    text = f"[x]\ny = mysql://u:p@127.0.0.1:{port}/n\nz = mysql://u:p@nowhere.invalid/n\n"
    assert [c["servers"][0]["answer"] for c in found(tmp_path, text)] == ["refused", "unknown name"]


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text("[x]\ny = sqlite:////x.db\n")
    (tmp_path / "b.conf").write_text("x" * (2**24 + 1))
    value = read_in(tmp_path)
    assert [Path(c["file"]).name for c in value["found"]] == ["a.conf"]
    assert {Path(path).name for path in value["unread"]} == {"b.conf"}


def test_odd_numbers_of_ports_are_the_usual_ones(tmp_path: Path) -> None:
    (connection,) = found(tmp_path, "[DEFAULT]\nrabbit_host = 127.0.0.1\nrabbit_port = \u00b2\n")
    assert places(connection) == [("127.0.0.1", 5672)]
