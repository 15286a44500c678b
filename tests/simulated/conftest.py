"""Where the runs on simulated clouds keep their journals, and the runs that tests of several files go on from."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from rehearsing import Rehearsal, copy_of, leave_backup, rehearsal

from ostler.execution.records import RunState
from ostler.execution.runs import list_runs


@pytest.fixture(scope="session")
def in_memory() -> Iterator[Path]:
    """A folder in memory where there is one: a journal waits for the disk at every step."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="ostler-tests-", dir=place))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder(in_memory: Path) -> Path:
    """A fresh folder for one test."""
    return Path(tempfile.mkdtemp(dir=in_memory))


@pytest.fixture(scope="module")
def shared_folder(in_memory: Path) -> Path:
    """A fresh folder for what the tests of one file share; they may be taken in two parts, and share two."""
    return Path(tempfile.mkdtemp(dir=in_memory))


@pytest.fixture(scope="session")
def upgraded(in_memory: Path) -> Rehearsal:
    """A cloud whose upgrade went to its end in one go; what changes it takes a copy."""
    cloud = rehearsal(Path(tempfile.mkdtemp(dir=in_memory)))
    result = cloud.apply(cloud.plan())
    assert (result.state, result.failed, result.left, result.lent) == (RunState.DONE, (), (), ())
    return cloud


@pytest.fixture(scope="session")
def waiting(in_memory: Path) -> Rehearsal:
    """A cloud whose upgrade waits at the gate before contract; what changes it takes a copy."""
    cloud = rehearsal(Path(tempfile.mkdtemp(dir=in_memory)))
    leave_backup(cloud)
    assert cloud.apply(cloud.plan(), approve=()).state is RunState.WAITING
    return cloud


@pytest.fixture(scope="session")
def taken_back(in_memory: Path, waiting: Rehearsal) -> Rehearsal:
    """The cloud whose upgrade waited at the gate, after the way back from there."""
    cloud = copy_of(waiting, Path(tempfile.mkdtemp(dir=in_memory)))
    (run,) = list_runs(cloud.home)
    back = cloud.apply(cloud.plan_back(run.id))
    assert (back.state, back.failed, back.lent) == (RunState.DONE, (), ())
    return cloud
