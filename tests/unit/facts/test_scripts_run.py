"""The scripts that facts run on hosts, run here against real files, sockets and processes."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fact_cases import specs_cloud

from ostler.commands import Command, CommandResult
from ostler.facts import answers, clock, environments, files, haproxy, memcached, processes, set_options
from ostler.facts.model import wanted
from ostler.facts.scripts import python


def ran(command: Command) -> CommandResult:
    argv = [sys.executable if word == "python3" else word for word in command.argv]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    return CommandResult(done.returncode, done.stdout, done.stderr)


@contextmanager
def listening(family: socket.AddressFamily, address: object, answer: Callable[[bytes], bytes]) -> Iterator[int]:
    """Answer one connection with what `answer` makes of its first bytes; yields the port."""
    with socket.socket(family) as server:
        server.bind(address)
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(answer(connection.recv(1000)))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield 0 if family == socket.AF_UNIX else server.getsockname()[1]
        thread.join(5)


def test_the_clock_of_this_machine_is_read() -> None:
    value = clock.parse([ran(clock.commands(specs_cloud(), wanted("host.clock", "ctl1"))[0])], specs_cloud(), None)
    assert value["hostname"] == os.uname().nodename
    assert value["kernel"] == os.uname().release


def test_files_are_digested_and_folders_expanded(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b c").write_bytes(b"two")
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "a").chmod(0o640)
    backup = "nova.conf.42.2026-11-20@10:22:33~"
    (tmp_path / backup).write_bytes(b"three")
    request = files.files_wanted("ctl1", [f"{tmp_path}/", f"{tmp_path}/none", f"{tmp_path}/sub"])
    value = files.parse([ran(files.commands(specs_cloud(), request)[0])], specs_cloud(), request)
    assert set(value) == {f"{tmp_path}/a", f"{tmp_path}/{backup}", f"{tmp_path}/sub/b c"}
    by_name = files.files_wanted("ctl1", [f"{tmp_path}/{backup}"])
    assert set(files.parse([ran(files.commands(specs_cloud(), by_name)[0])], specs_cloud(), by_name)) == {
        f"{tmp_path}/{backup}"
    }
    found = value[f"{tmp_path}/a"]
    assert (found["sha256"], found["mode"], found["size"]) == (hashlib.sha256(b"one").hexdigest(), "0640", 3)


def test_the_names_of_a_files_options_are_read_and_only_values_that_were_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "nova.conf"
    path.write_bytes(
        b"my_ip = 10.0.0.1\n# debug = true\n[keystone_authtoken]\nauth-type: 'password'\npassword = s3cret\n"
        b"having = a:1,\n  continued = yes\n  [not a group]\nafter = 1\n\n[ gold ] \n"
        b"broken line\n= nothing\nauth_type=\xff\n"
    )

    def read(where: Path) -> object:
        request = wanted("host.set_options", "ctl1", path=str(where), values="auth_type:having")
        return set_options.parse([ran(set_options.commands(specs_cloud(), request)[0])], specs_cloud(), request)

    assert read(path) == [
        ["DEFAULT", "my_ip", None],
        ["keystone_authtoken", "auth-type", "password"],
        ["keystone_authtoken", "password", None],
        ["keystone_authtoken", "having", None],
        ["keystone_authtoken", "after", None],
        ["gold", "auth_type", "\ufffd"],
    ]
    assert read(tmp_path / "not-there") == []


def test_environments_without_a_manifest_are_not_present(tmp_path: Path) -> None:
    made = {"project": "nova", "version": "29.4.0", "release": "2024.1", "address": "abc", "packages": {}}
    for name, text in (("nova-29.4.0", json.dumps(made)), ("nova-31.3.1", '{"proj'), ("glance-28.2.0", None)):
        (tmp_path / "venvs" / name).mkdir(parents=True)
        if text is not None:
            (tmp_path / "venvs" / name / "manifest.json").write_text(text)
    (tmp_path / "current").mkdir()
    (tmp_path / "current" / "nova-api").symlink_to(tmp_path / "venvs" / "nova-29.4.0")
    command = python(
        "host.environments", environments.SCRIPT, f"{tmp_path}/current", f"{tmp_path}/venvs", "manifest.json"
    )
    value = environments.parse([ran(command)], specs_cloud(), wanted("host.environments", "ctl1"))
    assert value == {
        "links": {"nova-api": f"{tmp_path}/venvs/nova-29.4.0"},
        "present": {
            "nova-29.4.0": {"project": "nova", "version": "29.4.0", "release": "2024.1", "digest": "abc"},
        },
    }


def test_the_whole_answer_of_an_api_is_taken_and_a_closed_port_is_no_answer() -> None:
    class Api(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(300 if self.path == "/" else 404)
            self.end_headers()
            self.wfile.write(b"x" * 300_000)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = [["nova-api", server.server_port, "/"], ["keystone", server.server_port, "/v3"], ["silent", 1, "/"]]
        result = ran(python("host.answers", answers.SCRIPT, "127.0.0.1", "2", json.dumps(asked)))
        server.shutdown()
    value = answers.parse([result], specs_cloud(), wanted("host.answers", "ctl1"))
    assert {name: seen["status"] for name, seen in value.items()} == {"nova-api": 300, "keystone": 404, "silent": 0}


def test_the_load_balancer_is_asked_over_its_socket(tmp_path: Path) -> None:
    statistics = b"# pxname,svname,qcur,scur,status,weight\nnova-api,ctl1,0,3,UP,1\n\n"
    path = str(tmp_path / "admin.sock")
    asked: list[bytes] = []
    with listening(socket.AF_UNIX, path, lambda said: asked.append(said) or statistics):
        result = ran(python("haproxy.servers", haproxy.SCRIPT, path))
    assert asked == [b"show stat\n"]
    value = haproxy.parse([result], specs_cloud(), wanted("haproxy.servers", "ctl1"))
    assert value["nova-api"]["ctl1"]["sessions"] == 3


def test_a_load_balancer_that_does_not_run_says_so(tmp_path: Path) -> None:
    result = ran(python("haproxy.servers", haproxy.SCRIPT, str(tmp_path / "none.sock")))
    with pytest.raises(ValueError, match="No such file or directory"):
        haproxy.parse([result], specs_cloud(), wanted("haproxy.servers", "ctl1"))


def test_memcached_is_asked_at_each_address_until_one_answers() -> None:
    with listening(socket.AF_INET, ("127.0.0.1", 0), lambda said: b"VERSION 1.6.18\r\n") as port:
        result = ran(python("memcached.node", memcached.SCRIPT, str(port), "127.0.0.2", "127.0.0.1"))
    value = memcached.parse([result], specs_cloud(), wanted("memcached.node", "ctl1"))
    assert value == {"up": True, "version": "1.6.18"}


def test_processes_are_seen_with_the_environment_they_map(tmp_path: Path) -> None:
    """A process of a pretended unit maps a file below the environments: that is where it runs from."""
    below = tmp_path / "venvs"
    (below / "nova-29.4.0").mkdir(parents=True)
    mapped = below / "nova-29.4.0" / "library.so"
    mapped.write_bytes(b"\0" * 4096)
    hold = (
        "import mmap, sys\n"
        "file = open(sys.argv[1], 'rb'); kept = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(mapped)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout and process.stdout.readline()
        script = processes.SCRIPT.replace("def pids(group):", f"def pids(group):\n    return [{process.pid}]\n")
        pretended = tmp_path / "systemctl"
        pretended.write_text("#!/bin/sh\nprintf 'Id=nova-api.service\\nLoadState=loaded\\nControlGroup=/x\\n'\n")
        pretended.chmod(0o755)
        command = [sys.executable, "-c", script, "ostler-host.processes", str(below), "nova-api.service"]
        done = subprocess.run(
            command, capture_output=True, text=True, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, check=False
        )
        process.communicate()
    result = CommandResult(done.returncode, done.stdout, done.stderr)
    value = processes.parse([result], specs_cloud(), wanted("host.processes", "ctl1"))
    assert value["nova-api"]["environment"] == str(below / "nova-29.4.0")
    assert value["nova-api"]["pids"] == [process.pid]
