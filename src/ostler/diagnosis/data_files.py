"""Reads the diagnosis's own data files."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C where it is there: every diagnosis waits for it."""


def read_data(name: str) -> Any:
    """What one of the files in `data/` holds."""
    return yaml.load((files("ostler.diagnosis") / "data" / name).read_bytes(), Loader=_Loader)
