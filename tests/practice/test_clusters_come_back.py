"""Three practice controllers without OpenStack: the VIP moves, and the clusters come back after every power cut."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ostler.practice import galera, rabbitmq
from ostler.practice.asking import ask
from ostler.practice.down import down
from ostler.practice.infrastructure import vip_holders
from ostler.practice.layout import Layout, cache_dir
from ostler.practice.power import switch
from ostler.practice.reach import PracticeReach
from ostler.practice.up import up

pytestmark = [pytest.mark.practice, pytest.mark.timeout(600)]

VIP_MOVES_WITHIN_S = 10


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    down(
        ask("clusters", tmp_path, cache_dir(), controllers=3, computes=0), print
    )  # what tests that were killed left running
    chosen = ask("clusters", tmp_path, cache_dir(), controllers=3, computes=0)
    yield chosen
    down(chosen, print)


def test_the_vip_moves_and_the_newest_data_survive_a_power_cut_of_everything(layout: Layout) -> None:
    up(layout, print, openstack=False)
    reach = PracticeReach(layout)
    (holder,) = vip_holders(layout, reach)
    others = [host for host in layout.controller_hosts if host.name != holder]
    _query(reach, others[0].name, "CREATE DATABASE seen; CREATE TABLE seen.t (i INT PRIMARY KEY);")

    switch(layout, [layout.host(holder)], "cut")
    assert _within(VIP_MOVES_WITHIN_S, lambda: len(vip_holders(layout, reach, others)) == 1)
    assert _within(VIP_MOVES_WITHIN_S, lambda: galera.cluster_size(reach, others[0]) == 2)
    _query(reach, others[0].name, "INSERT INTO seen.t VALUES (1);")

    switch(layout, others, "cut")
    up(layout, print, openstack=False)
    assert [galera.cluster_size(reach, host) for host in layout.controller_hosts] == [3, 3, 3]
    assert len(rabbitmq.running_nodes(reach, layout.controller_hosts[0])) == 3
    counts = [_query(reach, host.name, "SELECT COUNT(*) FROM seen.t;") for host in layout.controller_hosts]
    assert counts == ["1", "1", "1"]


def _query(reach: PracticeReach, host: str, statement: str) -> str:
    argv = ["mariadb", "--batch", "--skip-column-names"]
    return reach.run(host, argv, stdin=statement.encode()).stdout.strip()


def _within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.3)
    return False
