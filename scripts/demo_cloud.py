"""Says why a practice cloud that is there cannot be used for a demo; nothing when it can, or is not there.

ostler practice list --json | python scripts/demo_cloud.py NAME RELEASE
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def why_not(clouds: Sequence[Mapping[str, Any]], name: str, release: str) -> str:
    """Why the cloud of this name is not as it was built at a release; empty when it is, or when there is none."""
    for cloud in clouds:
        if cloud["name"] != name:
            continue
        if cloud["is_half_removed"]:
            return "its removal was interrupted"
        if cloud["release"] != release:
            return f"it is at {cloud['release']}, not {release}"
        if cloud["open_runs"]:
            return f"run {cloud['open_runs'][0]} on it has not ended"
        if cloud["faults"]:
            return f"it is broken on purpose: {cloud['faults'][0]}"
    return ""


if __name__ == "__main__":
    print(why_not(json.load(sys.stdin), *sys.argv[1:]))
