"""The scripts that ask storage and networks beside OpenStack, run here against programs that pretend to be them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from fact_cases import specs_cloud

from ostler.commands import Command, CommandResult
from ostler.facts import ceph, ovn
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
