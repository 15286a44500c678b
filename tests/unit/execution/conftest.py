from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_cloud import HttpCloud


@pytest.fixture
def http_cloud() -> Iterator[HttpCloud]:
    cloud = HttpCloud()
    yield cloud
    cloud.close()
