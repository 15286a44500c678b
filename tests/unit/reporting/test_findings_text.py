"""Findings as a tired operator reads them, and as JSON."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ostler.errors import Finding, Severity
from ostler.reporting.findings import WIDTH, counts_text, findings_json, findings_text

FAILURE, WARNING, NOTE = Severity.FAILURE, Severity.WARNING, Severity.NOTE


def finding(code: str = "host.example", severity: Severity = FAILURE, **differing: object) -> Finding:
    given = {"subject": "ctl1", "summary": "it is full", "found": "99 %", "expected": "90 %", "do_next": "df on ctl1"}
    return Finding(code, severity, **{**given, **differing})  # type: ignore[arg-type]


def test_each_finding_says_what_was_found_what_was_expected_and_what_to_do() -> None:
    assert findings_text([finding()]).splitlines() == [
        "1 failure.",
        "",
        "FAILURES: see to these first",
        "  - ctl1: it is full [host.example]",
        "      found     99 %",
        "      expected  90 %",
        "      do next   df on ctl1",
    ]


def test_failures_stand_before_warnings_before_notes() -> None:
    text = findings_text([finding("a.note", NOTE), finding("a.warning", WARNING), finding("a.failure", FAILURE)])
    assert text.index("a.failure") < text.index("a.warning") < text.index("a.note")
    assert text.startswith("1 failure, 1 warning, 1 note.")


def test_of_many_of_a_kind_the_first_is_told_in_full_and_the_others_in_a_line_each() -> None:
    many = [finding(subject=f"cmp{n}", found=f"{n} %") for n in range(14)]
    lines = findings_text(many).splitlines()
    assert sum("do next" in line for line in lines) == 1
    assert "      also     cmp1: 1 %" in lines
    assert "      and 3 more of this kind (--json lists all)" in lines


def test_findings_of_one_code_stand_together() -> None:
    text = findings_text(
        [finding("a.one", subject="x1"), finding("a.two", subject="x2"), finding("a.one", subject="x3")]
    )
    assert text.index("x1") < text.index("x3") < text.index("x2")


def test_nothing_wrong_is_said_too() -> None:
    assert findings_text([]) == "Nothing was found to be wrong.\n"
    assert counts_text([]) == "no findings"


def test_markup_and_escapes_are_shown_not_obeyed() -> None:
    text = findings_text([finding(summary="[red]x[/red]\x1b[2J\nFAILURES: none")])
    assert "[red]x[/red]" in text
    assert "\x1b" not in text
    assert text.count("\nFAILURES") == 1


@given(st.text(max_size=300), st.text(max_size=300))
def test_lines_are_no_wider_than_the_page_unless_a_word_is(summary: str, found: str) -> None:
    for line in findings_text([finding(summary=summary, found=found)]).splitlines():
        assert len(line) <= WIDTH or " " not in line.strip().removeprefix("- ").removeprefix("found").strip()


def test_headings_can_be_painted_without_touching_what_was_found() -> None:
    text = findings_text([finding()], paint=lambda heading, severity: f"<{severity.value}>{heading}")
    assert "<failure>FAILURES: see to these first" in text
    assert text.count("<failure>") == 1


def test_json_has_everything() -> None:
    document = findings_json([finding(evidence=("a", "b")), finding("b.note", NOTE)], cloud="c", target=None)
    assert json.loads(json.dumps(document)) == document
    assert document["counts"] == {"failure": 1, "warning": 0, "note": 1}
    assert document["cloud"] == "c" and document["target"] is None
    assert document["findings"][0]["evidence"] == ["a", "b"]
    assert document["findings"][0]["do_next"] == "df on ctl1"
