"""Every fault is made, named by a diagnosis and mended on one real cloud, which works after each family; then several
at once, and kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from diagnosis_faults import attempt
from fault_bench import RIGHT, OperatorsBench
from practice_operator import PracticeOperator

from ostler.practice.asking import ask
from ostler.practice.down import down, leftovers
from ostler.practice.faults.making import Workshop
from ostler.practice.faults.registry import FAMILIES, find
from ostler.practice.infrastructure import vip_holders
from ostler.practice.layout import Layout, cache_dir
from ostler.practice.openstack.api import connect
from ostler.practice.openstack.deploy import missing_services
from ostler.practice.openstack.fill import fill
from ostler.practice.openstack.starting import wait_until
from ostler.practice.openstack.verify import verify
from ostler.practice.reach import PracticeReach
from ostler.practice.up import up

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(1800)]

NAME = "broken"
SETTLE_S = 240
BREAK_UNTIL_KILLED = "import sys; from ostler.cli.main import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    root = tmp_path_factory.mktemp("faults")
    down(ask(NAME, root, cache_dir()), print)  # what tests that were killed left running
    layout = ask(NAME, root, cache_dir(), release="2025.1")
    up(layout, print)
    reach = PracticeReach(layout)
    fill(layout, reach, 0, 0, print)
    yield Workshop(layout, reach, print, lambda: datetime.now(UTC))
    down(layout, print)


@pytest.fixture(scope="module")
def bench(shop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorsBench]:
    """Breaks, diagnoses and mends that cloud as an operator does."""
    work = tmp_path_factory.mktemp("operator")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OSTLER_STATE_DIR", str(shop.layout.state_root))
        yield OperatorsBench(PracticeOperator(NAME, shop.layout.cloud_file, work / "home", work))


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_fault_of_a_family_is_made_named_first_and_mended(
    shop: Workshop, bench: OperatorsBench, family: str
) -> None:
    wrong = []
    for fault in FAMILIES[family]:
        row = attempt(bench, [fault.name], RIGHT, bench.well_again((), 0))
        wrong += [] if row["is_right"] else [row]
        assert shop.record.all() == []
        wait_until(f"everything after {fault.name}", lambda: missing(shop.layout), SETTLE_S)
        left = bench.well_again((), SETTLE_S)
        wrong += [{"fault": fault.name, "left": left}] if left else []
    demand_works(shop)
    assert wrong == []


def test_two_faults_at_once_are_mended_together(shop: Workshop) -> None:
    for name in ("nova-compute-hung", "fernet-keys-unequal", "rabbitmq-memory-alarm"):
        make(shop, name)
    shop.mend(shop.chosen(None, every=True))
    wait_until("everything", lambda: missing(shop.layout), SETTLE_S)
    demand_works(shop)


@pytest.mark.parametrize("after_s", [1.0, 2.0, 4.0])
def test_a_break_that_is_killed_can_be_mended(shop: Workshop, after_s: float) -> None:
    argv = [sys.executable, "-c", BREAK_UNTIL_KILLED, "practice", "break", "keystone-stopped", "--name", NAME]
    environment = {**os.environ, "OSTLER_STATE_DIR": str(shop.layout.state_root)}
    breaking = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL)
    time.sleep(after_s)
    breaking.send_signal(signal.SIGKILL)
    breaking.wait()
    shop.mend(shop.chosen(None, every=True))
    assert shop.record.all() == []
    wait_until("everything", lambda: missing(shop.layout), SETTLE_S)


def test_a_broken_cloud_is_removed_whole(shop: Workshop) -> None:
    for name in ("state-disk-full", "image-disk-full", "nova-conductor-hung", "galera-split", "vip-twice"):
        make(shop, name)
    down(shop.layout, print)
    assert leftovers(shop.layout) == []


def make(shop: Workshop, name: str) -> None:
    reach = PracticeReach(shop.layout)
    shop.make(find(name), None, lambda: vip_holders(shop.layout, reach))


def missing(layout: Layout) -> list[str]:
    """What is not up; an API that does not answer is not up either."""
    try:
        return missing_services(layout, connect(layout))
    except Exception as error:
        return [f"{type(error).__name__}: {error}"[:200]]


def demand_works(shop: Workshop) -> None:
    checks = verify(shop.layout, PracticeReach(shop.layout), print)
    assert [check for check in checks if not check.ok] == []
