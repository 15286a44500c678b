"""A practice cloud at every release that one can be built at: it works, and leaves nothing behind.

The default release is left out: the tests of the main job build it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from memory_used import used_mib

from ostler.catalog import load_catalog
from ostler.practice.down import leftovers
from ostler.practice.layout import DEFAULT_RELEASE, cache_dir, state_root
from ostler.practice.openstack.archives import buildable
from ostler.practice.state import known_names, load_layout

pytestmark = [pytest.mark.practice, pytest.mark.soak, pytest.mark.timeout(2400)]

NAME = "every"
OSTLER = Path(sys.executable).with_name("ostler")
RELEASES = [release for release in buildable(load_catalog()) if release != DEFAULT_RELEASE]


def ostler(*words: str) -> float:
    """Run a command line and demand that it ends well; the seconds it took."""
    started = time.monotonic()
    done = subprocess.run([str(OSTLER), *words], capture_output=True, text=True)
    assert done.returncode == 0, f"ostler {' '.join(words)}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return time.monotonic() - started


@pytest.fixture(autouse=True)
def nothing_before_and_after() -> Iterator[None]:
    """No cloud of this name from tests that were killed, and none afterwards."""
    _take_down_if_there()
    yield
    _take_down_if_there()


def _take_down_if_there() -> None:
    if NAME in known_names(state_root()):
        ostler("practice", "down", "--name", NAME)


@pytest.mark.parametrize("release", RELEASES)
def test_a_cloud_at_this_release_works_and_leaves_nothing_behind(release: str) -> None:
    before = used_mib()
    built = ostler("practice", "up", "--name", NAME, "--release", release, "--controllers", "1", "--computes", "2")
    layout = load_layout(NAME, state_root(), cache_dir())
    verified = ostler("practice", "verify", "--name", NAME)
    memory = used_mib() - before
    again = ostler("practice", "up", "--name", NAME, "--release", release)
    removed = ostler("practice", "down", "--name", NAME)
    print(
        f"\n{release}: up {built:.0f} s, verify {verified:.0f} s, up again {again:.0f} s, down {removed:.0f} s, "
        f"{memory} MiB of memory"
    )
    assert leftovers(layout) == []
