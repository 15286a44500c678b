"""Where the runs on simulated clouds keep their journals."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


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
