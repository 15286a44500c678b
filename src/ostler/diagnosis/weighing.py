"""What evidence is worth: two additive models whose weights are data, evaluated in plain Python.

`data/weights.yaml` says how they were fitted. The first gives how sure it is that users saw something fail; the second
spreads what is sure over the candidates and "elsewhere", which stands for all files no clue points to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
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


def spread(candidates: Mapping[str, Mapping[str, Mapping[str, float]]], of: Mapping[str, float]) -> dict[str, float]:
    """What is sure (1) spread over the functions of the candidates by their clues, and over `elsewhere`; a candidate
    has what its functions have together."""
    scores = {name: [worth(clues, of) for clues in places.values()] for name, places in candidates.items()}
    scores[ELSEWHERE] = [of[ELSEWHERE]]
    highest = max(score for each in scores.values() for score in each)
    parts = {name: sum(math.exp(score - highest) for score in each) for name, each in scores.items()}
    whole = sum(parts.values())
    return {name: part / whole for name, part in parts.items()}


def worth(clues: Mapping[str, float], of: Mapping[str, float]) -> float:
    """What clues are worth together."""
    return sum(of.get(name, 0.0) * strength for name, strength in clues.items())
