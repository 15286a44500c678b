"""What every benchmark prints: a small table, or the same as one JSON document."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any


def show(title: str, rows: Sequence[Mapping[str, Any]], *, as_json: bool, **facts: Any) -> None:
    """Print rows (dicts with the same keys) under a title. `facts` are what else the numbers depend on."""
    facts = {**facts, "cores": os.cpu_count(), "python": platform.python_version()}
    if as_json:
        print(json.dumps({"benchmark": title, **facts, "rows": list(rows)}, indent=1))
        return
    print(title)
    print("  " + ", ".join(f"{name}: {value}" for name, value in facts.items()))
    heads = list(rows[0]) if rows else []
    cells = [heads, *([_text(row[head]) for head in heads] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    for line in cells:
        told = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        print("  " + "  ".join(told).rstrip())


def by_sureness(said: Iterable[tuple[float, bool]]) -> list[dict[str, Any]]:
    """Of findings that are so sure, how many there are, what is said of them on the average, and how many are right."""
    steps = [at / 10 for at in range(11)]
    found: dict[float, list[tuple[float, bool]]] = defaultdict(list)
    for sure, is_right in said:
        found[max(low for low in steps[:-1] if sure >= low)].append((sure, is_right))
    return [
        {
            "said to be sure": f"{low:.1f}-{high:.1f}", "findings": len(found[low]),
            "mean said": statistics.mean(sure for sure, _ in found[low]) if found[low] else None,
            "right": statistics.mean(is_right for _, is_right in found[low]) if found[low] else None,
        }
        for low, high in pairwise(steps)
    ]  # fmt: skip


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
