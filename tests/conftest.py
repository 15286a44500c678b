"""In which order the tests are taken, and what is kept out of the way of the garbage collector."""

from __future__ import annotations

import gc

import pytest

LONG = ("tests/simulated/test_killed_upgrade.py", "tests/unit/execution/test_probe_process.py", "tests/simulated/")
"""Whole upgrades, and tests that wait for a process: begun first, so that none of them is left for the end, alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first; those of one file stay together."""
    ranks = {place: rank for rank, place in enumerate(LONG)}
    items.sort(key=lambda item: next((ranks[place] for place in LONG if item.nodeid.startswith(place)), len(LONG)))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: it need not be looked through again and again."""
    gc.freeze()
