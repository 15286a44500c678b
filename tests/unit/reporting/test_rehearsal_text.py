"""A rehearsal in words and as a document."""

from __future__ import annotations

from dataclasses import replace

from ostler.errors import Finding, Severity
from ostler.reporting.rehearsal_model import CommandRun, HopOutcome, Rehearsal
from ostler.reporting.rehearsal_text import rehearsal_json, rehearsal_text

ROWS = CommandRun("nova-manage db online_data_migrations", "rows", "2024.1", 0, "done", 2.5, rows=12)
SYNC = CommandRun("nova-manage db sync", "schema", "2025.1", 0, "done", 3.25, revisions={"nova": ("2903cd72dc14",)})
FAILURE = Finding("nova.blocked", Severity.FAILURE, "nova", "it cannot go on", do_next="mend it", evidence=("the end",))
NOTE = Finding("rehearsal.not-checked", Severity.NOTE, "nova", "nova-status was not run")
FINE = Rehearsal(
    "2024.1", "2025.1", ("nova",), (HopOutcome("2024.1", "2025.1", "nova", "ok", (ROWS, SYNC), (NOTE,)),), 61.2
)
STOPPED = replace(
    FINE,
    hops=(HopOutcome("2024.1", "2025.1", "nova", "blocked", (replace(SYNC, outcome="blocked", findings=(FAILURE,)),)),),
)


def test_one_that_went_well_says_so_first_and_tells_every_command() -> None:
    lines = rehearsal_text(FINE).splitlines()
    assert lines[:4] == [
        "The rehearsal 2024.1 → 2025.1 with 1 database went to its end, in 61 s.",
        "",
        "2024.1 → 2025.1",
        "  nova       ok          5.8 s",
    ]
    assert lines[4].split() == [
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
    assert text.startswith("The rehearsal 2024.1 → 2025.1 with 1 database was stopped: nova (2024.1 → 2025.1).\n")
    assert all(word in text for word in ("it cannot go on", "mend it", "the end"))


def test_the_document_holds_hops_with_their_commands() -> None:
    document = rehearsal_json(STOPPED)
    (hop,) = document["hops"]
    assert (document["is_fine"], hop["from"], hop["to"], hop["project"], hop["outcome"]) == (
        False,
        "2024.1",
        "2025.1",
        "nova",
        "blocked",
    )
    (command,) = hop["commands"]
    assert (command["exit_code"], command["judged"], command["seconds"]) == (0, "done", 3.25)
    assert hop["findings"] == ["nova.blocked"]
    assert document["findings"][0]["code"] == "nova.blocked"
