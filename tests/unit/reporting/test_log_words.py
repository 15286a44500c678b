"""What is shown of a log's text, and of how often it comes."""

from __future__ import annotations

import pytest

from ostler.logs.event import Event, Level, LogFile
from ostler.logs.formats import oslo
from ostler.logs.personal import personal_in
from ostler.logs.rates import Rates
from ostler.reporting import log_words
from ostler.reporting.log_rates import rates_text
from ostler.reporting.log_words import shown


@pytest.mark.parametrize("before", range(270, 300, 3))
def test_a_password_at_the_end_of_what_is_shown_is_masked(before: int) -> None:
    text = f"{'x' * before} mysql+pymysql://nova:hunter2hunter2@10.77.0.250/nova and so on"
    cut = shown(text, 300)
    assert "hunter" not in cut
    assert cut.endswith("…")
    assert len(cut) <= 301


def test_what_is_short_enough_is_whole() -> None:
    assert shown("all is well", 300) == "all is well"
    assert shown("x" * 301, 300) == "x" * 300 + "…"


def test_rates_over_more_than_a_day_say_which_days() -> None:
    axis = list(rates_text(Rates(1768471200.0, 21600.0, {"nova-api": [1] * 40}), Level.ERROR))[-1]
    assert axis.split() == ["2026-01-15T10:00", "2026-01-25T10:00"]
    axis = list(rates_text(Rates(1768471200.0, 600.0, {"nova-api": [1] * 40}), Level.ERROR))[-1]
    assert axis.split() == ["10:00:00", "16:40:00"]


def test_what_is_printable_holds_nothing_that_cleaning_would_take() -> None:
    printable = "".join(filter(str.isprintable, map(chr, range(0x110000))))
    assert log_words._CONTROL.search(printable) is None
    assert log_words._ESCAPES.search(printable) is None


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("192.0.2.7 - - GET", ("address",)),
        ("  192.0.2.7, GET", ("address",)),
        ("client: 192.0.2.7", ("address",)),
        ("accepted from 192.0.2.7", ("address",)),
        ("remote=192.0.2.7 peer", ("address",)),
        ("said 192.0.2.7", ()),
        ("mail to a.b@example.org", ("e-mail",)),
        ("USERNAME='alice'", ("user",)),
        ("nobody here", ()),
    ],
)
def test_lines_that_may_hold_personal_data_are_looked_at(text: str, kinds: tuple[str, ...]) -> None:
    raw = f"2026-01-15 10:05:48.751 7 INFO nova.api [-] {text}\n".encode()
    event = Event(0.0, Level.INFO, oslo.FORMAT, LogFile("/a.log", "a.log"), 0, 1, raw)
    assert personal_in(event) == kinds
