"""A rehearsal in words and as a document."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from ostler.errors import Finding, Severity
from ostler.facts.speed import Speed
from ostler.planning.rehearsed import (
    Beginning,
    CommandRun,
    DiskTaken,
    HopOutcome,
    PutBack,
    Rehearsal,
    ServerThere,
)
from ostler.reporting.rehearsal_document import rehearsal_json, rehearsal_schema
from ostler.reporting.rehearsal_text import rehearsal_text

PUBLISHED = Path(__file__).parents[3] / "docs" / "schemas" / "rehearsal.json"

ROWS = CommandRun("nova-manage db online_data_migrations", "rows", "2024.1", 0, "done", 1000.0, 2.5, rows=12)
SYNC = CommandRun(
    "nova-manage db sync", "schema", "2025.1", 0, "done", 1003.0, 3.25, revisions={"nova": ("2903cd72dc14",)}
)
FAILURE = Finding("nova.blocked", Severity.FAILURE, "nova", "it cannot go on", do_next="mend it", evidence=("the end",))
NOTE = Finding("rehearsal.not-checked", Severity.NOTE, "nova", "nova-status was not run")
ORPHANS = Finding("nova.servers-without-mapping", Severity.WARNING, "nova at 2024.1", "in no cell", found="3 rows")
BEGINNING = Beginning(990.0, {"nova": ("13863f4e1612",)}, {"nova": 4_096_000}, Speed(0.014, 0.02), 0.5)
FINE = Rehearsal(
    "2024.1",
    "2025.1",
    ("nova",),
    (HopOutcome("2024.1", "2025.1", "nova", "ok", (ROWS, SYNC), (NOTE,)),),
    61.2,
    BEGINNING,
    DiskTaken(61_900_000, 1_275_500_000, 62_900_000),
)
SCALED = replace(FINE, there=ServerThere("prod", Speed(0.028, 0.04)))
"""For a cloud whose databases take twice as long."""

STOPPED = replace(
    FINE,
    hops=(HopOutcome("2024.1", "2025.1", "nova", "blocked", (replace(SYNC, outcome="blocked", findings=(FAILURE,)),)),),
)
FIXED = replace(
    FINE,
    hops=(
        HopOutcome(
            "2024.1",
            "2025.1",
            "nova",
            "fixed",
            (
                replace(
                    SYNC, outcome="fixed", put_back=PutBack(("nova.a", "nova.b", "nova.c", "nova.d", "nova.e"), 2.34)
                ),
            ),
        ),
    ),
)


def test_one_that_went_well_says_so_first_and_tells_every_command() -> None:
    lines = rehearsal_text(FINE).splitlines()
    assert lines[2].startswith("Seconds are those of this machine. With --live, or --cloud FILE")
    assert [*lines[:2], *lines[3:6]] == [
        "The rehearsal 2024.1 → 2025.1 with 1 database went to its end, in 61 s.",
        "The databases took 61.9 MB of disk before, 1.3 GB at most and 62.9 MB after: 1.2 GB must be free.",
        "",
        "2024.1 → 2025.1",
        "  nova       ok          5.8 s",
    ]
    assert lines[6].split() == [
        "nova-manage",
        "db",
        "online_data_migrations",
        "2.5",
        "s",
        "done,",
        "12",
        "rows",
        "moved",
        "(code",
        "of",
        "2024.1)",
    ]
    assert "nova-status was not run" in "\n".join(lines)


def test_one_that_was_stopped_names_who_and_shows_the_end_of_what_was_said() -> None:
    text = rehearsal_text(STOPPED)
    first = "In the rehearsal 2024.1 → 2025.1 with 1 database did not come through: nova (2024.1 → 2025.1).\n"
    assert text.startswith(first)
    assert all(word in text for word in ("it cannot go on", "mend it", "the end"))


def test_the_document_holds_hops_with_their_commands_and_fits_its_schema() -> None:
    document = rehearsal_json(STOPPED)
    jsonschema.validate(document, json.loads(PUBLISHED.read_text()))
    jsonschema.validate(rehearsal_json(FINE), json.loads(PUBLISHED.read_text()))
    (hop,) = document["hops"]
    assert (document["from"], document["to"], document["is_fine"]) == ("2024.1", "2025.1", False)
    assert (hop["from"], hop["to"], hop["project"], hop["outcome"]) == ("2024.1", "2025.1", "nova", "blocked")
    (command,) = hop["commands"]
    assert (command["exit_code"], command["judged"], command["seconds"]) == (0, "done", 3.25)
    assert command["revisions"] == {"nova": ["2903cd72dc14"]}
    assert (command["outcome"], command["codes"]) == ("blocked", ["nova.blocked"])
    assert document["beginning"] == {
        "at": 990.0,
        "schema": {"nova": ["13863f4e1612"]},
        "bytes": {"nova": 4_096_000},
        "speed": {"cpu_s": 0.014, "rows_s": 0.02},
        "writes_s": 0.5,
    }
    assert document["disk"] == {"before": 61_900_000, "most": 1_275_500_000, "after": 62_900_000}
    assert [finding["code"] for finding in hop["findings"]] == ["nova.blocked"]


def test_what_was_put_back_before_a_fix_is_told_below_its_command() -> None:
    lines = rehearsal_text(FIXED).splitlines()
    (place,) = [at for at, line in enumerate(lines) if "nova-manage db sync" in line]
    assert lines[place + 1].split(":")[0].strip() == (
        "when it failed it had changed nova.a, nova.b, nova.c, nova.d, 1 more"
    )
    assert lines[place + 1].endswith("put back to before it in 2.3 s")
    document = rehearsal_json(FIXED)
    jsonschema.validate(document, json.loads(PUBLISHED.read_text()))
    (command,) = document["hops"][0]["commands"]
    assert command["put_back"] == {"tables": ["nova.a", "nova.b", "nova.c", "nova.d", "nova.e"], "seconds": 2.34}
    assert rehearsal_json(FINE)["hops"][0]["commands"][0]["put_back"] is None
    assert "put back" not in rehearsal_text(FINE)


def test_what_was_found_in_the_rows_is_told_beside_what_commands_found() -> None:
    told = replace(FINE, data=(ORPHANS,))
    assert [finding.code for finding in told.findings] == ["nova.servers-without-mapping", "rehearsal.not-checked"]
    assert "3 rows" in rehearsal_text(told)
    document = rehearsal_json(told)
    jsonschema.validate(document, json.loads(PUBLISHED.read_text()))
    assert [(each["code"], each["found"]) for each in document["data"]] == [("nova.servers-without-mapping", "3 rows")]


def test_a_document_without_its_hops_does_not_fit() -> None:
    document = rehearsal_json(FINE)
    del document["hops"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(PUBLISHED.read_text()))


def test_the_published_schema_is_up_to_date() -> None:
    assert PUBLISHED.read_text() == rehearsal_schema(), "run: make golden"


def test_seconds_are_told_as_they_would_be_on_the_cloud_that_was_asked() -> None:
    text = rehearsal_text(SCALED)
    assert (
        "On prod the schema changes and row migrations that came through take about 12 s, one after another: 5.8 s "
        "here, times 2.0, since its databases are 2.0 times as slow as the copy. Disks are not measured."
    ) in text.splitlines()
    assert "2.5 s, 5.0 s on the cloud" in text
    document = rehearsal_json(SCALED)
    jsonschema.validate(document, json.loads(PUBLISHED.read_text()))
    assert document["there"] == {"cloud": "prod", "speed": {"cpu_s": 0.028, "rows_s": 0.04}, "reason": "", "factor": 2}
    assert [command["estimated_s"] for command in document["hops"][0]["commands"]] == [5.0, 6.5]


def test_what_changes_no_database_or_did_not_come_through_has_no_estimate() -> None:
    runs = (replace(ROWS, kind="check"), replace(SYNC, outcome="failed"))
    told = replace(SCALED, hops=(replace(SCALED.hops[0], commands=runs),))
    assert [command["estimated_s"] for command in rehearsal_json(told)["hops"][0]["commands"]] == [None, None]
    assert "on the cloud" not in rehearsal_text(told)


def test_a_factor_far_out_is_bounded_as_in_a_plan_and_told() -> None:
    told = replace(FINE, there=ServerThere("prod", Speed(1.4, 2.0)))
    assert "times 10.0, since its databases are 100.0 times as slow as the copy, which is counted as 10 times" in (
        rehearsal_text(told)
    )
    assert rehearsal_json(told)["there"]["factor"] == 10


def test_a_cloud_that_could_not_be_asked_is_told_with_the_reason() -> None:
    told = replace(FINE, there=ServerThere("prod", None, "no route to ctl1"))
    assert "how fast the databases of prod are could not be measured (no route to ctl1)" in rehearsal_text(told)
    assert rehearsal_json(told)["hops"][0]["commands"][0]["estimated_s"] is None
