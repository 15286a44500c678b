"""One practice cloud for all tests of this folder, which run in the order of their files: 3+2 hosts at 2024.1, filled.

OSTLER_TEST_CLOUD names a running practice cloud to use instead; it is neither built nor taken down then.
OSTLER_TEST_SPARES=3 gives it spare hosts, which become its control plane in the last file.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from cloud_users import CloudUsers
from memory_used import hosts_mib, used_mib
from practice_operator import LONG_S, SOURCE, TARGET, PracticeOperator

from ostler.practice.down import leftovers
from ostler.practice.layout import cache_dir, state_root
from ostler.practice.state import known_names, load_layout

BUILT = "test"

broken: list[str] = []
"""Tests of the story that failed: those after them would only fail in turn, slowly."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that builds on what tests before it did is not tried when one of these failed."""
    if broken and _builds_on_before(item):
        pytest.fail(f"not tried, since this failed before: {broken[0]}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember which tests of the story failed."""
    report = yield
    if report.failed and _builds_on_before(item):
        broken.append(item.nodeid)
    return report


def _builds_on_before(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and getattr(item.module, "BUILDS_ON_BEFORE", False)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeOperator]:
    """The operator of the shared cloud."""
    name = os.environ.get("OSTLER_TEST_CLOUD") or BUILT
    work = tmp_path_factory.mktemp("operator")
    cloud_file = state_root() / "practice" / name / "cloud.yaml"
    operator = PracticeOperator(name, cloud_file, work / "home", work)
    if "OSTLER_TEST_CLOUD" in os.environ:
        yield operator
        return
    try:
        _remove(operator, "left by tests that were killed, nobody knows in which state")
        _build(operator)
        yield operator
    finally:
        _remove(operator)


@pytest.fixture(scope="session")
def environments(cloud: PracticeOperator) -> None:
    """The target's environments lie in the store of archives."""
    cloud.ostler("env", "build", "--practice", TARGET, timeout_s=LONG_S)


@pytest.fixture(scope="session")
def as_it_is(cloud: PracticeOperator, environments: None) -> None:
    """What the cloud is like before an upgrade; remembered already when the tests before this one ran."""
    cloud.wait_until_all_report()
    cloud.kept.setdefault("configuration", cloud.configuration())
    cloud.kept.setdefault("code", cloud.running_code())
    cloud.kept.setdefault("before", CloudUsers(cloud.name).everything())


def _build(operator: PracticeOperator) -> None:
    spares = os.environ.get("OSTLER_TEST_SPARES", "0")
    up = ("practice", "up", "--name", operator.name, "--release", SOURCE, "--spares", spares)
    before = used_mib()
    started = operator.ostler(*up, timeout_s=LONG_S)
    print(f"\npractice up: {started.seconds:.0f} s")
    filled = operator.ostler("practice", "fill", "--name", operator.name, timeout_s=LONG_S)
    print(f"practice fill: {filled.seconds:.0f} s")
    operator.wait_until_all_report()
    layout = load_layout(operator.name, state_root(), cache_dir())
    print(
        f"memory in use: {hosts_mib(layout)} MiB by processes of its {len(layout.hosts)} hosts, "
        f"{used_mib() - before} MiB more of this machine than before"
    )


def _remove(operator: PracticeOperator, why: str = "") -> None:
    """Take the cloud down when it is there, whatever happened; nothing of it may stay."""
    if operator.name not in known_names(state_root()):
        return
    if why:
        print(f"\npractice cloud {operator.name} is there already, {why}: it is taken down first")
    layout = load_layout(operator.name, state_root(), cache_dir())
    down = operator.ostler("practice", "down", "--name", operator.name, timeout_s=LONG_S)
    print(f"\npractice down: {down.seconds:.0f} s")
    assert leftovers(layout) == []
    assert not Path(layout.state_dir).exists()
