"""The page: whole by itself, and safe whatever a cloud writes into it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import sample_run as sample
from sample_run import BEGAN

from ostler.execution.probe.records import Record
from ostler.execution.proofs.model import Row
from ostler.execution.records import Outcome, RunState
from ostler.reporting.report import report_of
from ostler.reporting.report_html import report_to_html
from ostler.reporting.report_picture import LEFT, RIGHT, WIDTH, picture_of

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;"


class Page(HTMLParser):
    """Collects the tags and attributes of a page, and checks that they are closed in order."""

    VOID = ("meta", "br", "rect", "img", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID or tag == "rect":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] in ("li", "p") and self.open[-1] != tag:
            self.open.pop()
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()


def page(**changes: object) -> str:
    return report_to_html(report_of(sample.data(**changes), BEGAN + 100))


def test_everything_a_cloud_says_is_escaped() -> None:
    lines = (f"+{HOSTILE}",)
    steps = sample.steps_done()
    steps["roll/ctl2/two"] = sample.ended("roll/ctl2/two", BEGAN, Outcome.FAILED, HOSTILE)
    groups = [
        {"host": HOSTILE, "file": HOSTILE, "level": HOSTILE, "logger": HOSTILE, "count": 1, "first": "", "last": "",
         "example": HOSTILE, "cause": HOSTILE, "shape": "", "harmless": HOSTILE},
    ]  # fmt: skip
    text = page(
        run=replace(sample.run(RunState.FAILED, HOSTILE), title=HOSTILE, cloud=HOSTILE, who=HOSTILE, id=HOSTILE),
        steps=steps,
        loans=(sample.loan(HOSTILE, is_open=True), sample.loan(HOSTILE)),
        findings=(("a", sample.finding(HOSTILE, subject=HOSTILE)), sample.config_change(HOSTILE, *lines)),
        proofs=(
            sample.proof("functional", False, HOSTILE, [Row(HOSTILE, False, HOSTILE)]),
            sample.proof("logs", groups=groups),
            sample.proof("availability", percent={HOSTILE: {HOSTILE: 1.0}}),
        ),
        seen=sample.seen(Record(BEGAN, HOSTILE, HOSTILE, 2.0, 0, False, HOSTILE)),
    )
    parsed = Page(text)
    assert "script" not in parsed.tags and "img" not in parsed.tags
    assert not [name for name, _ in parsed.attributes if name.startswith("on")]
    assert text.count("&lt;script&gt;") > 20


def test_the_page_needs_nothing_else() -> None:
    text = page()
    assert not re.search(r"""(src|href)\s*=|url\(|@import|https?://""", text)
    assert "<svg" in text and "prefers-color-scheme: dark" in text and 'name="viewport"' in text


def test_every_tag_is_closed() -> None:
    assert Page(page()).open == ["li"] * 0


def test_the_verdict_stands_before_everything_else() -> None:
    text = page()
    assert text.index("Done and proved.") < text.index("<h2>") < text.index("<svg")


def test_failed_stages_and_proofs_are_open_and_good_ones_folded() -> None:
    steps = sample.steps_done()
    steps["roll/ctl2/two"] = sample.ended("roll/ctl2/two", BEGAN, Outcome.FAILED, "it did not start")
    text = page(steps=steps, run=sample.run(RunState.FAILED))
    folded = re.findall(r"<details class=\"(\w*)\" (open)?>\s*<summary><strong>\d+\. (Title of \w+)", text)
    assert folded == [("", "", "Title of ready"), ("failed", "open", "Title of roll"), ("", "", "Title of prove")]


def test_a_run_without_a_probe_has_words_in_place_of_the_picture() -> None:
    text = page(seen=None)
    assert "<svg" not in text and "was not measured" in text


def test_a_share_that_is_not_whole_is_never_shown_as_a_hundred() -> None:
    percent = {"nova-api": {"for users": 99.999}}
    assert ">99.99<" in page(proofs=(*sample.proofs(), sample.proof("availability", percent=percent)))


def test_the_picture_shows_each_failure_in_red_where_it_happened_and_each_stall() -> None:
    failed = Record(BEGAN + 25, "nova", "boot", 0.1, 503, False, "503")
    slow = Record(BEGAN + 40, "glance", "list", 4.0, 200, True)
    made = report_of(sample.data(seen=sample.seen(failed, slow)), BEGAN + 100)
    picture = picture_of(made.probe, made.probe_about, made.stages)
    assert picture is not None
    red = [box for box in picture.boxes if box.kind == "failed"]
    assert len(red) == 1 and red[0].title.startswith("nova at 0:25")
    assert abs((red[0].x - LEFT) / (WIDTH - LEFT - RIGHT) - 0.5) < 0.02
    assert [box.title.split(":")[0] for box in picture.boxes if box.kind == "stall"] == ["glance at 0"]
    assert [mark.text for mark in picture.marks if mark.kind == "stall"] == ["4.0 s"]
    assert all(box.x >= LEFT and box.x + box.width <= WIDTH for box in picture.boxes)


def test_the_page_lists_each_failure_and_says_how_many_it_leaves_out() -> None:
    lone = Record(BEGAN + 12, "glance", "data", 0.1, 0, False, "ConnectionResetError: reset")
    many = [Record(BEGAN + n / 10, "nova", "boot", 0.1, 503, False, f"503 no server {n}") for n in range(230)]
    text = page(seen=sample.seen(lone, *many))
    row = (
        r'<tr><td class="number">([\d:]+)</td><td>(\w+)</td><td class="number">(\w+)</td><td class="words">([^<]*)</td>'
    )
    rows = re.findall(row, text)
    assert ("08:00:12", "data", "none", "ConnectionResetError: reset") in rows
    assert [cause for _, op, _, cause in rows if op == "boot"] == [f"503 no server {n}" for n in range(200)]
    assert "(the first 200; 30 more came after them)" in text
    assert "each failure with its time" not in page()


def test_a_wait_is_marked_by_the_limit_of_its_own_api() -> None:
    held = sample.step("roll/ctl1/hold", kind="hold-requests", backend="nova-api")
    plan = sample.plan(*sample.PLAN.stages, sample.stage("hold", held))
    waits = [Record(BEGAN + 12, api, "list", 8.1, 200, True) for api in ("nova", "glance")]
    row = r'<tr><th>(\w+)</th><td class="number ">0</td><td class="number (warn-cell)?">'
    marks = dict(re.findall(row, page(plan=plan, seen=sample.seen(*waits))))
    assert (marks["glance"], marks["nova"]) == ("warn-cell", "")


def test_a_time_in_which_nobody_asked_is_not_shown_as_answered() -> None:
    late = [Record(BEGAN + 200 + n, "nova", "list", 0.1, 200, True) for n in range(20)]
    made = report_of(sample.data(seen=sample.seen(*late)), BEGAN + 300)
    picture = picture_of(made.probe, made.probe_about, made.stages)
    assert picture is not None
    answered = [box for box in picture.boxes if box.kind == "ok" and box.title.startswith("nova")]
    assert len(answered) == 2
    assert answered[0].x + answered[0].width < answered[1].x - 100


def test_a_run_that_goes_on_is_shown_neither_as_good_nor_as_bad() -> None:
    steps = sample.steps_done()
    del steps["prove/ctl1/functional"]
    assert '<header class="is-open">' in page(run=sample.run(RunState.RUNNING), steps=steps)
    assert '<header class="is-good">' in page()
    assert '<header class="">' in page(run=sample.run(RunState.FAILED))
