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

from ostler.cli.diagnose_logs import Asked, diagnose_folder
from ostler.errors import InputError
from ostler.logs.folder import compare_clocks, open_folder, with_clocks
from ostler.logs.novelty import new_since
from ostler.logs.reading import Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import EVERYTHING
from ostler.reporting.diagnosis_document import diagnosis_to_json
from ostler.reporting.diagnosis_html import diagnosis_to_html
from ostler.reporting.diagnosis_text import diagnosis_text
from ostler.reporting.log_document import event_line, summary_line
from ostler.reporting.log_text import Lines, summary_text, templates_text

FEW = int(os.environ.get("OSTLER_SPOILED_LOGS", "150"))
TOGETHER = 150
"""So many of them make a folder that is diagnosed."""

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


def diagnose_all(contents: list[bytes], folder: Path) -> str:
    """All that a diagnosis says of many logs, each of a service on one of three hosts."""
    for number, content in enumerate(contents):
        path = folder / f"ctl{number % 3}" / "nova" / f"nova-part{number}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    document = diagnose_folder(folder, Asked())
    json.loads(diagnosis_to_json(document))
    assert diagnosis_to_html(document, "spoiled")
    return "\n".join(diagnosis_text(document))


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


def test_folders_of_spoiled_logs_are_diagnosed_in_peace(tmp_path: Path) -> None:
    chance, samples = random.Random(1), texts()
    for number in range(max(1, FEW // TOGETHER)):
        contents = [spoil(chance.choice(samples), chance) for _ in range(TOGETHER)]
        began = time.process_time()
        assert commands_in(diagnose_all(contents, tmp_path / str(number))) == [], number
        assert time.process_time() - began < TOGETHER * LONGEST_S, number
