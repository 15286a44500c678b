"""How a cloud was when it was last seen healthy, kept in the state folder: digests of settings and of kinds of trouble,
too short to find what stands behind them by trying."""

from __future__ import annotations

import contextlib
import os

from pydantic import TypeAdapter, ValidationError

from ostler.diagnosis.unusual import Healthy
from ostler.errors import InputError
from ostler.execution.home import Home

_KEPT = TypeAdapter(Healthy)


def last_healthy(cloud: str, home: Home) -> Healthy | None:
    """What was kept; None when nothing was, or it cannot be read."""
    try:
        return _KEPT.validate_json(home.healthy(cloud).read_bytes())
    except (OSError, ValidationError, InputError):
        return None


def keep_healthy(cloud: str, home: Home, healthy: Healthy) -> None:
    """Keep how it is now for the next diagnosis. Without a place to keep it, it is not."""
    with contextlib.suppress(OSError, InputError):
        path = home.healthy(cloud)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_bytes(_KEPT.dump_json(healthy))
        partial.replace(path)
