"""The published schema of a run's JSON lines: every event fits it, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ostler.cli.telling import error_document
from ostler.errors import Finding, Refused, Severity
from ostler.execution import events
from ostler.execution.events import event_to_json
from ostler.reporting.event_document import events_schema

PUBLISHED = Path(__file__).parents[3] / "docs" / "schemas" / "events.json"
FINDING = Finding("nova.odd", Severity.WARNING, "ctl1", "odd", evidence=("line",))
SEEN = events.ApiSeen(requests=900, failed=1, longest_wait_s=2.5, waiting_s=0.3)
EVENTS: tuple[events.Event, ...] = (
    events.RunStarted("r1", "tiny", "Upgrade", is_resumed=False, stages=2, steps=3, estimate_s=30.0),
    events.StageStarted("roll", "Roll nova", 1, 2, 30.0),
    events.StageEnded("roll", "failed", ("ctl1",)),
    events.LaneStarted("roll", "ctl1", 3),
    events.LaneEnded("roll", "ctl1", "done"),
    events.StepStarted("roll/ctl1/one", "stop-service", None, "stop it", 4.0),
    events.EffectDone("roll/ctl1/one", 2, "run", is_change=True, seconds=0.1),
    events.StepEnded("roll/ctl1/one", "failed", "exit code 1", 1.0, ("no space left",)),
    events.LoanOpened("balancer:ctl1", "roll/ctl1/one"),
    events.LoanReturned("balancer:ctl1", "returned"),
    events.FindingTold("roll/ctl1/one", FINDING),
    events.GateWaiting("contract", "Go on?", is_point_of_no_return=True),
    events.ProbeSeen("asking", "", {"nova": SEEN}),
    events.Note("stopping"),
    events.RunEnded("r1", "failed", "stage roll failed", 60.0, ("balancer:ctl1",)),
)
REFUSAL = error_document(Refused("execution.not-applyable", "must not be", findings=[FINDING]))


def line_of(event: events.Event) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(event_to_json(1.25, event))
    return line


def demand_fits(line: object) -> None:
    jsonschema.validate(line, json.loads(PUBLISHED.read_text()))


def test_the_published_schema_is_that_of_the_code() -> None:
    assert PUBLISHED.read_text() == events_schema(), "if the change is meant: make golden, and review the diff"


def test_no_event_is_without_its_example_here() -> None:
    assert [type(event) for event in EVENTS] == list(events.NAMES)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_fits_and_is_of_no_other_kind(event: events.Event) -> None:
    line = line_of(event)
    demand_fits(line)
    with pytest.raises(jsonschema.ValidationError):
        demand_fits({**line, "more": 1})
    with pytest.raises(jsonschema.ValidationError):
        demand_fits({**line, "event": "result"})
    with pytest.raises(jsonschema.ValidationError):
        demand_fits(dict(list(line.items())[:-1]))


def test_a_warning_beside_and_the_error_that_ends_a_command_fit() -> None:
    demand_fits({"event": "warning", **REFUSAL})
    demand_fits({"error": REFUSAL})
    with pytest.raises(jsonschema.ValidationError):
        demand_fits({"error": {**REFUSAL, "code": 7}})


def test_what_the_probe_saw_is_told_by_api() -> None:
    assert line_of(events.ProbeSeen("asking", "", {"nova": SEEN})) == {
        "at": 1.25,
        "event": "probe_seen",
        "state": "asking",
        "message": "",
        "apis": {"nova": {"requests": 900, "failed": 1, "longest_wait_s": 2.5, "waiting_s": 0.3}},
    }
