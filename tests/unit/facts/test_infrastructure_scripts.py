"""The scripts that look at what OpenStack stands on, run here against real sockets, files and processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fact_cases import specs_cloud

from ostler.commands import Command, CommandResult
from ostler.facts import (
    certificates,
    folders,
    haproxy_state,
    keepalived,
    memcached_state,
    names,
    reach,
    strain,
    timekeeping,
)
from ostler.facts.model import wanted
from ostler.facts.scripts import python

AT_CTL1 = wanted("any.fact", "ctl1")


def ran(command: Command, **environment: str) -> CommandResult:
    argv = [sys.executable if word == "python3" else word for word in command.argv]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=30, check=False, env={**os.environ, **environment}
    )
    return CommandResult(done.returncode, done.stdout, done.stderr)


@contextmanager
def silent(family: socket.AddressFamily, address: object) -> Iterator[int]:
    """Somebody takes connections and says nothing; yields the port."""
    with socket.socket(family) as server:
        server.bind(address)
        server.listen()
        yield 0 if family == socket.AF_UNIX else server.getsockname()[1]


def test_ports_that_are_open_and_refused_are_told_apart() -> None:
    with silent(socket.AF_INET, ("127.0.0.1", 0)) as port, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
        peer = ("ctl2", "127.0.0.1", f"{port} {closed}")
        result = ran(python("host.reach", reach.SCRIPT, "127.0.0.1", "0.5", "1", *peer))
    value = reach.parse([result], specs_cloud(), AT_CTL1)
    assert value["peers"]["ctl2"]["ports"] == {str(port): "open", str(closed): "refused"}
    assert str(port) in value["listening"]


@pytest.mark.skipif(os.geteuid() != 0, reason="echo requests need root")
def test_two_hosts_that_ask_each_other_see_that_nothing_is_lost() -> None:
    def ask(own: str, peer: str) -> subprocess.Popen[str]:
        command = python("host.reach", reach.SCRIPT, own, "1.5", "1", "other", peer, "")
        return subprocess.Popen([sys.executable, *command.argv[1:]], stdout=subprocess.PIPE, text=True)

    asking = [ask("127.0.0.1", "127.0.0.1"), ask("127.0.0.1", "127.0.0.1")]
    for process in asking:
        output = process.communicate(timeout=30)[0]
        seen = reach.parse([CommandResult(0, output, "")], specs_cloud(), AT_CTL1)["peers"]["other"]
        assert (seen["lost_percent"], seen["arriving_lost_percent"]) == (0, 0)
        assert seen["sent"] == seen["answered"] > 10


def test_large_clouds_are_looked_at_by_neighbours_and_infrastructure_by_all() -> None:
    cloud = specs_cloud()
    assert reach.peers_of(cloud, "cmp1") == ["ctl1", "ctl2", "ctl3", "cmp2"]
    assert reach.needed_ports(cloud, "cmp1", "ctl1") == [5672]
    assert {4369, 25672, 4567, 11211, 8774} <= set(reach.needed_ports(cloud, "ctl2", "ctl1"))
    assert reach.needed_ports(cloud, "ctl1", "cmp1") == []


def test_names_that_are_not_known_have_no_addresses() -> None:
    result = ran(python("host.names", names.SCRIPT, "2", "192.0.2.7", "no-such-host.invalid"))
    value = names.parse([result], specs_cloud(), AT_CTL1)
    assert value["names"] == {"192.0.2.7": ["192.0.2.7"], "no-such-host.invalid": []}


def test_a_service_that_writes_another_time_than_the_kernel_is_seen(tmp_path: Path) -> None:
    def log(name: str, ahead_s: float, last: str = "") -> str:
        path = tmp_path / name
        said = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() + ahead_s))
        path.write_text(f"first line\n{said}.123 42 INFO nova.api [-] started\n{last}")
        return str(path)

    astray, well = log("nova-api.log", -600), log("nova-scheduler.log", 0)
    without = log("uwsgi.log", -600, "*** uWSGI is running ***\n")
    elsewhere = log("other-zone.log", 7200)
    found = ran(
        python("host.timekeeping", timekeeping.SCRIPT, "900", astray, well, without, elsewhere, f"{tmp_path}/none")
    )
    value = timekeeping.parse([found], specs_cloud(), AT_CTL1)
    assert set(value["services"]) == {astray, well}
    assert value["services"][astray] == pytest.approx(-600, abs=2)
    assert value["services"][well] == pytest.approx(0, abs=2)


def test_a_process_that_was_stopped_is_told_with_its_unit() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        process.send_signal(signal.SIGSTOP)
        script = strain.SCRIPT.replace(
            "def unit(pid):", f"def unit(pid):\n    return 'x' * (int(pid) == {process.pid})\n"
        )
        try:
            value = strain.parse([ran(python("host.strain", script, "0.8"))], specs_cloud(), AT_CTL1)
        finally:
            process.kill()
    assert value["stopped"] == [{"unit": "x", "pid": process.pid, "name": "sleep"}]
    assert 0 < value["memory"]["available_bytes"] <= value["memory"]["total_bytes"]


@pytest.mark.skipif(os.geteuid() != 0, reason="asking as another user needs root")
def test_a_folder_is_tried_as_the_user_who_needs_it(tmp_path: Path) -> None:
    pretended = tmp_path / "systemctl"
    pretended.write_text("#!/bin/sh\nprintf 'Id=x.service\\nLoadState=loaded\\nUser=nobody\\n'\n")
    pretended.chmod(0o755)
    for parent in (tmp_path, *tmp_path.parents[:-2]):
        parent.chmod(0o755)
    for name, mode in (("open", 0o777), ("shut", 0o700)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
    (tmp_path / "secret.conf").write_text("password = x\n")
    (tmp_path / "secret.conf").chmod(0o600)
    needs = {"user": "x", "units": ["x.service"], "write": [f"{tmp_path}/{name}" for name in ("open", "shut", "none")]}
    asked = json.dumps([{**needs, "read": [f"{tmp_path}/secret.conf"]}])
    result = ran(python("host.folders", folders.SCRIPT, "4", asked), PATH=f"{tmp_path}:{os.environ['PATH']}")
    value = folders.parse([result], specs_cloud(), AT_CTL1)
    allowed = {path.rpartition("/")[2]: folder["is_allowed"] for path, folder in value["folders"].items()}
    assert allowed == {"open": True, "shut": False, "secret.conf": False}
    mount = value["mounts"][value["folders"][f"{tmp_path}/open"]["mount"]]
    assert (mount["hangs"], mount["is_read_only"]) == (False, False)
    assert mount["free_bytes"] > 0


def test_addresses_and_ids_are_read_from_keepalived_and_passwords_are_not(tmp_path: Path) -> None:
    more = tmp_path / "more.conf"
    more.write_text("vrrp_instance outer {\n  interface eth1\n  virtual_ipaddress { 192.0.2.9 }\n}\n")
    path = tmp_path / "keepalived.conf"
    path.write_text(
        f'global_defs {{\n router_id ctl1\n}}\nvrrp_script up {{\n script "/bin/true"\n}}\ninclude {more}\n'
        "vrrp_instance vip {\n state BACKUP\n interface host0 # the only one\n virtual_router_id 77\n priority 150\n"
        " authentication {\n  auth_type PASS\n  auth_pass 5ecret\n }\n unicast_peer {\n  10.77.0.12\n }\n"
        " virtual_ipaddress {\n  10.77.0.250/24 dev host0\n }\n}\n"
    )
    result = ran(python("keepalived.config", keepalived.SCRIPT, str(path)))
    assert "5ecret" not in result.stdout
    assert keepalived.parse([result], specs_cloud(), AT_CTL1)["instances"] == {
        "outer": {"interface": "eth1", "router_id": None, "priority": None, "addresses": ["192.0.2.9"]},
        "vip": {"interface": "host0", "router_id": 77, "priority": 150, "addresses": ["10.77.0.250"]},
    }


def test_a_cache_that_hangs_is_told_from_one_that_is_gone() -> None:
    def asked(port: int) -> str:
        result = ran(python("memcached.state", memcached_state.SCRIPT, str(port), "127.0.0.1"))
        return str(memcached_state.parse([result], specs_cloud(), AT_CTL1)["answer"])

    with silent(socket.AF_INET, ("127.0.0.1", 0)) as port:
        assert asked(port) == "silent"
    assert asked(port) == "refused"


def test_a_load_balancer_that_hangs_is_told_from_one_that_is_gone(tmp_path: Path) -> None:
    path = str(tmp_path / "admin.sock")

    def asked() -> str:
        result = ran(python("haproxy.state", haproxy_state.SCRIPT, path))
        return str(haproxy_state.parse([result], specs_cloud(), AT_CTL1)["answer"])

    assert asked() == "no socket"
    with silent(socket.AF_UNIX, path):
        assert asked() == "silent"
    assert asked() == "gone"


def test_the_end_of_a_certificate_is_read_and_one_that_is_gone_is_told(tmp_path: Path) -> None:
    made = tmp_path / "api.pem"
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "10", "-subj", "/CN=api"]
    subprocess.run([*argv, "-keyout", str(tmp_path / "key"), "-out", str(made)], capture_output=True, check=True)
    (tmp_path / "haproxy.cfg").write_text(
        f"frontend a\n bind :443 ssl crt {made}\n bind :444 ssl crt {tmp_path}/none\n"
    )
    script = certificates.SCRIPT.replace('"/etc/haproxy/*.cfg"', repr(f"{tmp_path}/*.cfg")).replace("/etc/", "/none/")
    value = certificates.parse([ran(python("host.certificates", script))], specs_cloud(), AT_CTL1)
    assert value[str(made)]["ends_at"] == pytest.approx(time.time() + 864_000, abs=120)
    assert value[f"{tmp_path}/none"] == {"used_by": "haproxy", "ends_at": None, "problem": "missing"}
