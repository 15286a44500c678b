"""Every format reads its samples as they say, whatever the size of the pieces a log comes in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from ostler.logs.event import Event, Level
from ostler.logs.finding import find_logs
from ostler.logs.formats import FORMATS
from ostler.logs.moments import moment
from ostler.logs.reading import Tally, look_into, read_events
from ostler.logs.wanted import EVERYTHING, Wanted

SAMPLES = Path(__file__).parent / "samples"
CHANGED_AT = 1_770_000_000.0
"""February 2026: logs without a year are of the months before."""

CASES = [
    pytest.param(case, id=f"{path.stem}: {case['says']}")
    for path in sorted(SAMPLES.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text())
]


def read(folder: Path, case: dict[str, Any], wanted: Wanted = EVERYTHING, size: int = 1 << 20) -> list[Event]:
    place = folder / case.get("project", "") / "a.log"
    place.parent.mkdir(exist_ok=True)
    place.write_text(case["text"])
    os.utime(place, (CHANGED_AT, CHANGED_AT))
    (log,) = find_logs(folder)
    tally = Tally()
    events = [event for batch in read_events(look_into(log, tally), wanted, tally, size) for event in batch]
    assert tally.problems == []
    return sorted(events, key=lambda event: event.time)


def as_said(event: Event, expected: dict[str, Any]) -> dict[str, Any]:
    """What a sample says of an event, as it was read."""
    found: dict[str, Any] = {}
    for name in expected:
        if name == "time":
            found[name] = moment(event.time)
        elif name == "level":
            found[name] = event.level.name.lower()
        elif name == "frames":
            found[name] = [[frame.module, frame.line, frame.function] for frame in event.frames]
        elif name in ("line", "service", "host"):
            found[name] = getattr(event, name)
        else:
            found[name] = getattr(event.details, name)
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [1 << 20, 300])
def test_a_sample_is_read_as_it_says(case: dict[str, Any], size: int, tmp_path: Path) -> None:
    events = read(tmp_path, case, size=size)
    assert [as_said(*pair) for pair in zip(events, case["events"], strict=False)] == case["events"]
    assert len(events) == len(case["events"])


@pytest.mark.parametrize("case", CASES)
def test_asking_for_grave_events_alone_gives_those_of_all(case: dict[str, Any], tmp_path: Path) -> None:
    every = [event.text for event in read(tmp_path, case) if event.level >= Level.ERROR]
    grave = read(tmp_path, case, Wanted(level=Level.ERROR))
    assert [event.text for event in grave] == every


def test_every_format_has_a_sample() -> None:
    sampled = {path.stem for path in SAMPLES.glob("*.yaml")}
    assert {shape.name.replace("-", "_") for shape in FORMATS} == sampled
