"""What users noticed of a run and what is demanded that they do not, by its report; ends with 1 when anything failed.

python scripts/demanded.py REPORT.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def seen_by_users(report: Mapping[str, Any]) -> Iterator[str]:
    """What users would have noticed, by the probe: failures, and what is beyond an API's limits."""
    yield from failures(report)
    yield from late(report)


def failures(report: Mapping[str, Any]) -> Iterator[str]:
    """What failed, by the probe."""
    if not report["probe"]:
        yield "no probe ran"
    if report["probe_about"]["servers_in_error"]:
        yield f"servers that went to ERROR: {report['probe_about']['servers_in_error']}"
    for name, api in report["probe"].items():
        if api["failed"] or api["wrong_outcomes"]:
            counts = f"{api['failed']} requests failed, {api['wrong_outcomes']} objects ended wrong"
            yield f"{name}: {counts}: {api['causes']}"


def late(report: Mapping[str, Any]) -> Iterator[str]:
    """What is beyond an API's limits: a longer wait, or too few requests to judge by."""
    for name, api in report["probe"].items():
        yield from (f"{name}: {what}" for what in api["beyond_limits"])


def main(path: str) -> int:
    """Print it, and return the exit code."""
    report = json.loads(Path(path).read_text())
    noticed = list(seen_by_users(report))
    if not noticed:
        print("As demanded: no request failed, and no API went beyond its limits.")
        return 0
    print("Not as demanded, whatever the verdict of the run is:")
    for line in noticed:
        print(f"  {line}")
    if any(failures(report)):
        return 1
    print(
        "Long waits and few requests may come of other work here, and fail no run: docs/adr/0017-late-is-not-failed.md"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
