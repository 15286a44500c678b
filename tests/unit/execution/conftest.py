from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_journal import FakeJournal
from http_cloud import HttpCloud


@pytest.fixture
def http_cloud() -> Iterator[HttpCloud]:
    cloud = HttpCloud()
    yield cloud
    cloud.close()


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeJournal:
    return FakeJournal(tmp_path / "journal", monkeypatch)
