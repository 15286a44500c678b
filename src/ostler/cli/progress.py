"""What is shown while a cloud is read: one line on a terminal, gone when the reading is over."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ostler.cloud.model import Cloud

CLEAR_LINE = "\r\x1b[K"


@contextlib.contextmanager
def reading(cloud: Cloud, *, as_json: bool) -> Iterator[None]:
    """Say on stderr that a cloud is being read; silent where nobody watches, and for JSON."""
    if as_json or not sys.stderr.isatty():
        yield
        return
    count = len(cloud.hosts)
    apis = " and the APIs" if cloud.api else ""
    print(f"reading {count} host{'' if count == 1 else 's'}{apis}…", end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        print(CLEAR_LINE, end="", file=sys.stderr, flush=True)
