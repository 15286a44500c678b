"""The page of a rehearsal: what it says, where its bars are, and that nothing in it is believed."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from test_rehearsal_text import FAILURE, FINE, FIXED, NOTE, ORPHANS, ROWS, SCALED, STOPPED, SYNC

from ostler.planning.rehearsed import HopOutcome, Rehearsal
from ostler.reporting.rehearsal_html import rehearsal_to_html
from ostler.reporting.rehearsal_picture import picture_of_rehearsal
from ostler.reporting.report_picture import LEFT, RIGHT, WIDTH


class Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(" ".join(data.split()))


def read(rehearsal: Rehearsal) -> Texts:
    texts = Texts()
    texts.feed(rehearsal_to_html(rehearsal))
    return texts


def test_the_verdict_comes_first_and_what_stopped_it_is_open() -> None:
    fine, stopped = read(FINE), read(STOPPED)
    assert "Went to its end." in fine.texts
    assert any("1.3 GB at most" in text for text in fine.texts)
    assert "Did not come through." in stopped.texts
    assert stopped.texts.index("Did not come through.") < stopped.texts.index("Findings")
    assert any("it cannot go on" in text for text in stopped.texts)
    page = rehearsal_to_html(STOPPED)
    assert '<details class="failed" open>' in page
    assert "nova-manage db online_data_migrations" in rehearsal_to_html(FINE)


def test_what_was_put_back_stands_beside_its_command() -> None:
    assert any(text.endswith("put back to before it in 2.3 s") for text in read(FIXED).texts)
    assert not any("put back" in text for text in read(FINE).texts)


def test_seconds_on_the_cloud_stand_beside_those_of_the_rehearsal() -> None:
    texts = read(SCALED).texts
    assert {"on the cloud", "5.0 s", "6.5 s"} <= set(texts)
    assert any("On prod the schema changes" in text for text in texts)
    assert "on the cloud" not in read(FINE).texts


def test_what_was_found_in_the_rows_stands_among_the_findings() -> None:
    texts = " ".join(read(replace(FINE, data=(ORPHANS,))).texts)
    assert "in no cell" in texts
    assert "3 rows" in texts


def test_what_comes_from_a_dump_is_shown_and_never_carried_out() -> None:
    nasty = replace(FAILURE, summary="<script>alert(1)</script>", evidence=("</pre><img src=x>",))
    run = replace(SYNC, words="<b>db sync</b>", outcome="failed", findings=(nasty,))
    hop = HopOutcome("2024.1", "2025.1", "nova", "failed", (run,), (NOTE,))
    found = read(replace(FINE, hops=(hop,)))
    assert not {"script", "img", "b"} & set(found.tags)
    assert "default-src 'none'" in rehearsal_to_html(FINE)


def test_bars_are_where_commands_ran_and_the_hop_reaches_over_them() -> None:
    picture = picture_of_rehearsal(FINE)
    assert picture is not None
    row, rows, sync = picture.boxes
    assert (row.kind, rows.kind, sync.kind) == ("none", "rows", "schema")
    assert rows.x == LEFT
    assert rows.x + rows.width < sync.x
    assert round(sync.x + sync.width, 1) == WIDTH - RIGHT
    (hop,) = picture.stages
    assert (hop.x, round(hop.width, 1)) == (LEFT, WIDTH - RIGHT - LEFT)
    assert hop.title == "2024.1 → 2025.1"
    assert rows.title == "nova-manage db online_data_migrations (code of 2024.1): done, 2.5 s"


def test_a_fix_and_a_failure_have_colours_of_their_own() -> None:
    runs = (replace(ROWS, outcome="fixed"), replace(SYNC, outcome="blocked"))
    picture = picture_of_rehearsal(replace(FINE, hops=(HopOutcome("a", "b", "nova", "blocked", runs),)))
    assert picture is not None
    assert [box.kind for box in picture.boxes] == ["none", "fixed", "failed"]


def test_where_nothing_was_run_there_is_no_picture() -> None:
    nothing = replace(FINE, hops=(HopOutcome("a", "b", "glance", "ok", (), (NOTE,)),))
    assert picture_of_rehearsal(nothing) is None
    assert "No command was run." in read(nothing).texts
