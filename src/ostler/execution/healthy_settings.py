"""How a cloud's services were configured when it was last seen healthy, kept in the state folder: digests of values
that are too short to find the values by trying."""

from __future__ import annotations

import contextlib
import json
import os

from pydantic import TypeAdapter, ValidationError

from ostler.diagnosis.settings_since import Settings
from ostler.errors import InputError
from ostler.execution.home import Home

_KEPT = TypeAdapter(Settings)


def healthy_settings(cloud: str, home: Home) -> Settings | None:
    """What was kept; None when nothing was, or it cannot be read."""
    try:
        return _KEPT.validate_json(home.healthy(cloud).read_bytes())
    except (OSError, ValidationError, InputError):
        return None


def keep_settings(cloud: str, home: Home, settings: Settings) -> None:
    """Keep what is set now for the next diagnosis. Without a place to keep it, it is not."""
    with contextlib.suppress(OSError, InputError):
        path = home.healthy(cloud)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps({"at": settings.at, "digests": settings.digests}))
        partial.replace(path)
