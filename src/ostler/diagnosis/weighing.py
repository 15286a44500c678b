"""What evidence is worth: two additive models whose weights are data, evaluated in plain Python.

`data/weights.yaml` says how they were fitted. The first gives how sure it is that users saw something fail; the second
spreads what is sure over the candidates and "elsewhere", which stands for all files no clue points to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache

from ostler.diagnosis.data_files import read_data

ELSEWHERE = "elsewhere"


@cache
def weights() -> dict[str, dict[str, float]]:
    """The weights by model (`failure`, `place`) and kind of evidence."""
    raw = read_data("weights.yaml")
    return {model: {str(name): float(value) for name, value in raw[model].items()} for model in ("failure", "place")}


def logistic(clues: Mapping[str, float], of: Mapping[str, float]) -> float:
    """How sure it is, from 0 to 1; the weight named `always` counts in any case."""
    score = of["always"] + sum(of.get(name, 0.0) * strength for name, strength in clues.items())
    return 1.0 / (1.0 + math.exp(-score))


def spread(candidates: Mapping[str, Mapping[str, float]], of: Mapping[str, float]) -> dict[str, float]:
    """What is sure (1) spread over the candidates by their clues, and over `elsewhere`."""
    scores = {name: _sum(clues.items(), of) for name, clues in candidates.items()}
    scores[ELSEWHERE] = of[ELSEWHERE]
    highest = max(scores.values())
    parts = {name: math.exp(score - highest) for name, score in scores.items()}
    whole = sum(parts.values())
    return {name: part / whole for name, part in parts.items()}


def _sum(clues: Iterable[tuple[str, float]], of: Mapping[str, float]) -> float:
    return sum(of.get(name, 0.0) * strength for name, strength in clues)
