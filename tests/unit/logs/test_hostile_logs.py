"""Whatever stands in a log: reading it ends soon, says no traceback of ours, and nothing of it commands a terminal.

`make soak` reads 10,000 of them; OSTLER_SPOILED_LOGS says another number.
"""

from __future__ import annotations

import json
import os
import random
import re
import resource
import time
import unicodedata
from pathlib import Path

from spoiled import spoil, texts

from ostler.errors import InputError
from ostler.logs.folder import compare_clocks, open_folder, with_clocks
from ostler.logs.novelty import new_since
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import EVERYTHING
from ostler.reporting.log_document import event_line, summary_line
from ostler.reporting.log_text import Lines, summary_text, templates_text

FEW = int(os.environ.get("OSTLER_SPOILED_LOGS", "150"))
LONGEST_S = 5.0
MOST_GROWTH_KIB = 400 * 1024
SEED = 20261126

_HARMLESS = re.compile(r"[\n\t]")


def read_one(content: bytes, folder: Path) -> str:
    """All that is shown of a log."""
    path = folder / "nova-api.log"
    path.write_bytes(content)
    tally = Tally()
    try:
        logs = open_folder(folder, tally)
    except InputError as error:
        return f"{error.summary} {error.found}"
    logs = with_clocks(logs, compare_clocks(logs, Tally()))
    events = list(in_order(logs, EVERYTHING, tally))
    parts = []
    for is_full in (False, True):
        lines = Lines(width=100, is_full=is_full, has_hosts=True)
        parts += [*lines.of(events), *summary_text(lines, tally, [])]
    parts += templates_text(new_since(0.0, logs, EVERYTHING, Tally()), 0.0, "x")
    for event in events[:200]:
        json.loads(event_line(event))
    json.loads(summary_line(len(events), tally, []))
    return "\n".join(parts)


def commands_in(shown: str) -> list[str]:
    """Characters that a terminal would obey, or that turn the order of text round."""
    bare = _HARMLESS.sub("", shown)
    return [each for each in bare if unicodedata.category(each) == "Cc" or each in "\u202e\u202d\u2066\u2067\u2068"]


def read_many(count: int, folder: Path, seed: int) -> None:
    chance, samples = random.Random(seed), texts()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(count):
        content = spoil(chance.choice(samples), chance)
        began = time.process_time()
        try:
            shown = read_one(content, folder)
        except Exception as error:
            raise AssertionError(f"log {number} of seed {seed}: {type(error).__name__}: {error}") from error
        took = time.process_time() - began
        assert took < LONGEST_S, f"log {number} of seed {seed} took {took:.1f} s"
        assert commands_in(shown) == [], f"log {number} of seed {seed}"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KIB


def test_spoiled_logs_are_read_in_peace(tmp_path: Path) -> None:
    read_many(FEW, tmp_path, SEED)
