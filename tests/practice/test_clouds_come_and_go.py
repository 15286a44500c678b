"""A small practice cloud without OpenStack: it survives being killed while it is built, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostler.errors import HostUnreachable, OutsideError
from ostler.practice import cgroups, galera, hosts, network
from ostler.practice.asking import ask
from ostler.practice.down import down, leftovers
from ostler.practice.layout import Host, Layout, cache_dir
from ostler.practice.power import switch
from ostler.practice.reach import PracticeReach
from ostler.practice.status import read_status
from ostler.practice.up import up

pytestmark = [pytest.mark.practice, pytest.mark.timeout(300)]

KILL_AFTER_S = (0.4, 1.0, 2.5, 5.0)
BUILD = """
import sys
from pathlib import Path
from ostler.practice.asking import ask
from ostler.practice.up import up
layout = ask("passing", Path(sys.argv[1]), Path(sys.argv[2]), controllers=1, computes=1)
up(layout, print, openstack=False)
"""


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    down(
        ask("passing", tmp_path, cache_dir(), controllers=1, computes=1), print
    )  # what tests that were killed left running
    chosen = ask("passing", tmp_path, cache_dir(), controllers=1, computes=1)
    yield chosen
    down(chosen, print)


def test_a_cloud_comes_up_is_switched_and_leaves_nothing_behind(layout: Layout) -> None:
    up(layout, print, openstack=False)
    reach = PracticeReach(layout)
    status = read_status(layout, reach)
    assert {host.system for host in status.hosts} == {"running"}
    assert (status.vip_holders, status.galera_size, status.rabbitmq_running) == (("ctl1",), 1, ("ctl1",))
    assert status.backends["galera"] == {"ctl1": "UP"}

    compute = layout.host("cmp1")
    assert switch(layout, [compute], "off") == {"cmp1": "off"}
    assert not hosts.is_running(layout, compute)
    assert switch(layout, [compute], "on") == {"cmp1": "running"}
    assert switch(layout, [compute], "reset") == {"cmp1": "running"}

    marker = "SELECT 'kept' INTO OUTFILE '/var/lib/mysql/marker';"
    reach.run("ctl1", ["mariadb"], stdin=marker.encode())
    switch(layout, layout.hosts, "cut")
    assert {host.system for host in read_status(layout, reach).hosts} == {"off"}
    up(layout, print, openstack=False)
    assert galera.is_synced(reach, layout.host("ctl1"))
    assert reach.run("ctl1", ["cat", "/var/lib/mysql/marker"]).stdout == "kept\n"

    down(layout, print)
    assert leftovers(layout) == []


def test_a_second_cloud_comes_and_goes_beside_the_first_and_disturbs_nothing(layout: Layout, tmp_path: Path) -> None:
    up(layout, print, openstack=False)
    reach = PracticeReach(layout)
    before, started = read_status(layout, reach), _started_at(reach)
    beside = ask("beside", tmp_path, cache_dir(), controllers=1, computes=1)
    try:
        up(beside, print, openstack=False)
        assert (beside.subnet, beside.bridge) != (layout.subnet, layout.bridge)
        assert read_status(beside, PracticeReach(beside)).vip_holders == ("ctl1",)
        assert read_status(layout, reach) == before
    finally:
        down(beside, print)
    assert leftovers(beside) == []
    assert read_status(layout, reach) == before
    assert _started_at(reach) == started


def test_a_host_that_reboots_itself_comes_back(layout: Layout) -> None:
    up(layout, print, openstack=False)
    reach, compute = PracticeReach(layout), layout.host("cmp1")
    before = _started_at(reach)
    reach.run(compute, ["systemctl", "--no-block", "reboot"], check=False)
    reach.disconnect(compute)
    deadline = time.monotonic() + 60
    while _started_at(reach) in ("", before) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert hosts.wait_until_up(layout, compute, reach) == "running"


def test_a_host_comes_up_though_the_kernel_still_keeps_the_interface_it_had_before(layout: Layout) -> None:
    up(layout, print, openstack=False)
    compute = layout.host("cmp1")
    with _network_namespace(layout, compute):  # which keeps the interface, as a busy kernel does for a while
        switch(layout, [compute], "cut")
        assert len(network.host_links(layout)) == 2
        assert switch(layout, [compute], "on") == {"cmp1": "running"}


def test_a_host_that_ends_while_it_boots_is_told_at_once_with_its_last_words(layout: Layout) -> None:
    up(layout, print, openstack=False)
    reach, compute = PracticeReach(layout), layout.host("cmp1")
    switch(layout, [compute], "cut")
    (hosts.folder(layout, compute) / "launch").write_text("#!/bin/sh\necho no power\nexit 1\n")
    hosts.power_on(layout, compute)
    with pytest.raises(HostUnreachable, match="cmp1 did not come up: it ended while it booted") as refused:
        hosts.wait_until_up(layout, compute, reach)
    assert (refused.value.found or "").endswith("no power")
    assert switch(layout, [compute], "on") == {"cmp1": "running"}


def test_building_goes_on_after_it_was_killed_anywhere(layout: Layout) -> None:
    for seconds in KILL_AFTER_S:
        _build_and_kill(layout, seconds)
    up(layout, print, openstack=False)
    status = read_status(layout, PracticeReach(layout))
    assert {host.system for host in status.hosts} == {"running"}
    assert (status.galera_size, status.rabbitmq_running) == (1, ("ctl1",))


def test_removing_a_half_built_cloud_leaves_nothing_behind(layout: Layout) -> None:
    _build_and_kill(layout, 1.5)
    down(layout, print)
    assert leftovers(layout) == []


@contextlib.contextmanager
def _network_namespace(layout: Layout, host: Host) -> Iterator[None]:
    """Hold a host's network namespace open, so that it outlives the host."""
    outer = Path("/proc/self/ns/net").readlink()
    namespaces = [Path(f"/proc/{pid}/ns/net") for pid in cgroups.processes(layout.machine(host))]
    with next(path for path in namespaces if path.readlink() != outer).open("rb"):
        yield


def _build_and_kill(layout: Layout, seconds: float) -> None:
    """Start building in a process of its own, and kill it and all its children after a while."""
    building = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(layout.state_root), str(layout.cache_dir)], start_new_session=True
    )
    time.sleep(seconds)
    os.killpg(building.pid, signal.SIGKILL)
    building.wait()


def _started_at(reach: PracticeReach) -> str:
    """When systemd on cmp1 started; empty while it does not answer."""
    argv = ["systemctl", "show", "--property=UserspaceTimestampMonotonic", "--value"]
    try:
        return reach.run("cmp1", argv, check=False, timeout_s=10).stdout.strip()
    except OutsideError:
        return ""
