"""The scripts that ask storage and networks beside OpenStack, run here against programs that pretend to be them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from fact_cases import specs_cloud

from ostler.commands import Command, CommandResult
from ostler.facts import ceph, ovn, swift
from ostler.facts.model import wanted
from ostler.facts.scripts import python, shell

AT_CTL1 = wanted("any.fact", "ctl1")
REFUSED = "echo '[errno 13] RADOS permission denied (error connecting to the cluster)' >&2; exit 1"
WELL = """echo '{"status":"HEALTH_OK","checks":{}}'"""


def ran(command: Command, programs: Path) -> CommandResult:
    argv = [sys.executable if word == "python3" else word for word in command.argv]
    argv[0] = shutil.which(argv[0]) or argv[0]
    for tool in ("date", "sh", "sleep", "timeout"):
        (programs / tool).symlink_to(str(shutil.which(tool)))
    environment = {**os.environ, "PATH": str(programs)}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, env=environment)
    return CommandResult(done.returncode, done.stdout, done.stderr)


def pretend(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def health(tmp_path: Path, script: str, keys: Mapping[str, str]) -> object:
    """What a host tells that has this client of Ceph (none if empty) and these files in /etc/ceph."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "etc").mkdir()
    if script:
        pretend(tmp_path / "bin", "ceph", f'echo "$@" >> {tmp_path}/asked\n{script}')
    for name, content in keys.items():
        (tmp_path / "etc" / name).write_text(content)
    command = shell("ceph.health", ceph.SCRIPT, str(tmp_path / "etc"), "1", "2")
    return ceph.parse([ran(command, tmp_path / "bin")], specs_cloud(), AT_CTL1)


def asked(tmp_path: Path) -> list[str]:
    return [line.partition(" --connect")[0] for line in (tmp_path / "asked").read_text().splitlines()]


@pytest.mark.parametrize("script", ["", WELL])
def test_without_a_client_or_a_key_ceph_is_not_asked(tmp_path: Path, script: str) -> None:
    keys = {"ceph.client.admin.keyring": "[client.admin]"} if not script else {"ceph.client.glance.keyring": ""}
    assert health(tmp_path, script, keys) == ceph.NOTHING
    assert not (tmp_path / "asked").exists()


def test_ceph_is_asked_with_the_administrators_key_if_it_is_there(tmp_path: Path) -> None:
    told = health(tmp_path, WELL, {"ceph.client.admin.keyring": "k", "ceph.client.cinder.keyring": "k"})
    assert told == {"answer": "answers", "status": "HEALTH_OK", "checks": {}}
    assert asked(tmp_path) == ["--cluster ceph --name client.admin"]


def test_another_key_is_tried_where_one_is_refused(tmp_path: Path) -> None:
    keys = {"ceph.client.admin.keyring": "old", "other.client.cinder.keyring": "k"}
    told = health(tmp_path, f'case "$*" in *admin*) {REFUSED} ;; esac\n{WELL}', keys)
    assert told == {"answer": "answers", "status": "HEALTH_OK", "checks": {}}
    assert asked(tmp_path) == ["--cluster ceph --name client.admin", "--cluster other --name client.cinder"]


def test_keys_that_are_all_refused_and_monitors_that_hang_are_told_apart(tmp_path: Path) -> None:
    for name, script, answer in (("refused", REFUSED, "refused"), ("hung", "exec sleep 20", "silent")):
        (tmp_path / name).mkdir()
        keys = {"ceph.client.a.keyring": "k", "ceph.client.b.keyring": "k"}
        assert health(tmp_path / name, script, keys) == {**ceph.NOTHING, "answer": answer}
    assert len(asked(tmp_path / "hung")) == 1


APPCTL = """case "$2 $3" in
*/ovn-controller.7.ctl*connection-status) echo connected ;;
*/ovn-northd.9.ctl*status) echo 'cannot connect (Connection refused)' >&2; exit 1 ;;
*/ovnnb_db.ctl*cluster/status) echo 'unknown cluster' >&2; exit 2 ;;
*/ovnsb_db.ctl*cluster/status) exec sleep 20 ;;
esac"""
IDS = """echo '{ovn-encap-type=geneve, ovn-remote="tcp:10.0.0.1:6642", system-id="c-1"}'"""


def ovn_node(tmp_path: Path, programs: Mapping[str, str], sockets: tuple[str, ...]) -> object:
    (tmp_path / "bin").mkdir()
    (tmp_path / "run").mkdir()
    for name, script in programs.items():
        pretend(tmp_path / "bin", name, script)
    for name in sockets:
        (tmp_path / "run" / name).touch()
    script = ovn.SCRIPT.replace("timeout=4", "timeout=1").replace("/etc/ovn/", f"{tmp_path}/none/")
    command = python("ovn.node", script, str(tmp_path / "run"))
    return ovn.parse([ran(command, tmp_path / "bin")], specs_cloud(), AT_CTL1)


def test_ovn_is_not_asked_where_it_is_not_installed(tmp_path: Path) -> None:
    programs = {"ovs-vsctl": f"touch {tmp_path}/asked; {IDS}", "ovn-appctl": f"touch {tmp_path}/asked"}
    assert ovn_node(tmp_path, programs, ("ovn-controller.7.ctl",)) == ovn.ABSENT
    assert not (tmp_path / "asked").exists()


def test_daemons_of_ovn_that_answer_are_gone_or_hang_are_told_apart(tmp_path: Path) -> None:
    programs = {"ovn-controller": "", "ovn-northd": "", "ovn-appctl": APPCTL, "ovs-vsctl": IDS}
    programs["ovn-sbctl"] = "printf 'c-1\\n\\nc-2\\n'"
    sockets = ("ovn-controller.7.ctl", "ovn-northd.9.ctl", "ovnnb_db.ctl", "ovnsb_db.ctl", "ovnsb_db.sock")
    assert ovn_node(tmp_path, programs, sockets) == {
        "chassis": "c-1",
        "controller": "connected",
        "northd": "missing",
        "databases": {
            "northbound": {"status": "standalone", "role": None, "leader": None},
            "southbound": {"status": "silent", "role": None, "leader": None},
        },
        "known_chassis": ["c-1", "c-2"],
    }


def test_a_chassis_whose_controller_was_stopped_is_told(tmp_path: Path) -> None:
    told = ovn_node(tmp_path, {"ovn-controller": "", "ovs-vsctl": IDS}, ())
    assert told == {**ovn.ABSENT, "chassis": "c-1", "controller": "missing"}


@contextmanager
def server(answer: bytes) -> Iterator[int]:
    """Answer one request in Swift's manner, or none at all; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                time.sleep(0 if answer else 2)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def swift_node(tmp_path: Path, mounts: str = "") -> object:
    (tmp_path / "bin").mkdir()
    (tmp_path / "mounts").write_text(mounts)
    script = swift.SCRIPT.replace("timeout=3", "timeout=1")
    command = python("swift.node", script, str(tmp_path), str(tmp_path / "mounts"), "10")
    return swift.parse([ran(command, tmp_path / "bin")], specs_cloud(), AT_CTL1)


def test_swift_is_not_looked_at_without_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "object-server.conf").write_text("[DEFAULT]\nbind_port = 1\n")
    assert swift_node(tmp_path) == {"servers": {}, "unmounted": [], "rings": {}, "replicated_s_ago": {}}


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nOK"
DISABLED = b"HTTP/1.1 503 Service Unavailable\r\n\r\nDISABLED BY FILE"


def test_servers_of_swift_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "swift.conf").write_text("[swift-hash]\n")
    (tmp_path / "object-server").mkdir()

    def configured(name: str, port: int, more: str = "") -> None:
        (tmp_path / name).write_text(f"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\n{more}[pipeline:main]\n")

    with server(OK) as well, server(DISABLED) as disabled, server(b"") as hung, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        configured("proxy-server.conf", disabled)
        configured("account-server.conf", free.getsockname()[1])
        configured("object-server/1.conf", well)
        configured("object-server/2.conf", hung)
        configured("container-server.conf", 1, "cert_file = /etc/swift/cert.pem\n")
        (tmp_path / "object-server.conf").write_text("no section\n\x00")
        value = swift_node(tmp_path)
    assert isinstance(value, dict)
    assert {
        path.removeprefix(f"{tmp_path}/"): (one["service"], one["answer"]) for path, one in value["servers"].items()
    } == {
        "proxy-server.conf": ("swift-proxy", "disabled"),
        "account-server.conf": ("swift-account", "refused"),
        "object-server/1.conf": ("swift-object", "healthy"),
        "object-server/2.conf": ("swift-object", "silent"),
    }


def test_disks_rings_and_passes_of_replication_are_told(tmp_path: Path) -> None:
    (tmp_path / "swift.conf").write_text("[swift-hash]\n")
    for disk in ("sd b", "sdc", "lost+found"):
        (tmp_path / "node" / disk).mkdir(parents=True)
    (tmp_path / "node" / "a-file").touch()
    recon = f"[filter:recon]\nuse = egg:swift#recon\nrecon_cache_path = {tmp_path}\n"
    (tmp_path / "object-server.conf").write_text(f"[DEFAULT]\ndevices = {tmp_path}/node/\n{recon}")
    (tmp_path / "container-server.conf").write_text(f"[DEFAULT]\ndevices = {tmp_path}\nmount_check = false\n{recon}")
    passed = {
        "replication_last": 5,
        "object_replication_last": time.time() - 100.5,
        "replication_stats": {"failure": 1},
    }
    (tmp_path / "object.recon").write_text(json.dumps(passed))
    (tmp_path / "container.recon").write_text("[")
    (tmp_path / "object.ring.gz").write_bytes(b"one")
    (tmp_path / "object-1.ring.gz").write_bytes(b"two")
    value = swift_node(tmp_path, f"/dev/sdb {tmp_path}/node/sd\\040b xfs rw,noatime 0 0\n")
    assert isinstance(value, dict)
    assert value["unmounted"] == [f"{tmp_path}/node/sdc"]
    assert value["replicated_s_ago"] == {"object": pytest.approx(100, abs=3)}
    assert list(value["rings"]) == [f"{tmp_path}/object-1.ring.gz", f"{tmp_path}/object.ring.gz"]
    assert len(set(value["rings"].values())) == 2


def test_a_mounted_disk_is_mounted_also_where_its_folder_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "swift.conf").write_text("[swift-hash]\n")
    (tmp_path / "data" / "sdb").mkdir(parents=True)
    (tmp_path / "data" / "sdc").mkdir()
    (tmp_path / "node").symlink_to(tmp_path / "data")
    (tmp_path / "object-server.conf").write_text(f"[DEFAULT]\ndevices = {tmp_path}/node\n")
    value = swift_node(tmp_path, f"/dev/sdb {tmp_path}/data/sdb xfs rw,noatime 0 0\n")
    assert isinstance(value, dict)
    assert value["unmounted"] == [f"{tmp_path}/data/sdc"]
