"""How many events services had over time, as bars in a terminal and as a picture for a page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo

from ostler.logs.event import Level
from ostler.logs.moments import moment
from ostler.logs.rates import Rates
from ostler.reporting.log_words import clean, clock, day
from ostler.reporting.pages import page
from ostler.reporting.report_picture import LEFT, RIGHT, TOP, WIDTH, Axis, Box, Mark, Picture, span_words

BARS = "▁▂▃▄▅▆▇█"
NOTHING = "·"
LONGEST_NAME, TOTAL_WIDTH = 60, 9
ROW, HIGHEST = 40.0, 28.0


def steps_for(width: int, services: Iterable[str]) -> int:
    """How many steps fit beside the names of services and totals into a terminal of a width."""
    return max(10, width - _name_width(services) - TOTAL_WIDTH - 2)


def _name_width(services: Iterable[str]) -> int:
    return min(LONGEST_NAME, max((len(clean(each)) for each in services), default=0))


def rates_text(rates: Rates, level: Level) -> Iterator[str]:
    """Yield one line of bars for each service. All share one scale, so that heights can be compared between them."""
    what = f"events of level {level.name.lower()} and above"
    if not rates.rows:
        yield f"No {what}."
        return
    most, wide = rates.most(), _name_width(rates.rows)
    yield (
        f"{what}, by service; each column is {span_words(rates.step_s)}, a full bar is {most:,}, "
        f"{NOTHING} is none; {day(rates.begins)} (UTC)"
    )
    for service, row in rates.rows.items():
        bars = "".join(NOTHING if not count else BARS[-(-count * len(BARS) // most) - 1] for count in row)
        yield f"{clean(service)[:LONGEST_NAME]:<{wide}} {bars} {sum(row):>{TOTAL_WIDTH - 1},}"
    width = max(map(len, rates.rows.values()))
    is_one_day = day(rates.begins) == day(rates.ends)
    left, right = (clock(at)[:8] if is_one_day else moment(at)[:16] for at in (rates.begins, rates.ends))
    yield f"{'':<{wide}} {left}{right:>{max(1, width - len(left))}}"


def picture_of_rates(rates: Rates) -> Picture | None:
    """The picture; None when there is nothing to draw."""
    if not rates.rows:
        return None
    time = Axis(rates.begins, max(rates.ends, rates.begins + 1.0))
    most = rates.most()
    bottom = TOP + len(rates.rows) * ROW
    boxes, marks = [], []
    for number, (service, row) in enumerate(rates.rows.items()):
        ground = TOP + number * ROW + ROW - 6
        marks.append(Mark(LEFT - 8, ground, clean(service), "api"))
        boxes.append(Box(LEFT, ground, WIDTH - LEFT - RIGHT, 1, "none", f"{clean(service)}: {sum(row):,}"))
        boxes += _bars(time, ground, clean(service), row, rates, most)
    ticks = tuple(Mark(time.x(at), bottom + 18, text, "tick") for at, text in time.ticks())
    return Picture(WIDTH, bottom + 34, (), tuple(boxes), tuple(marks), ticks, 0.0)


def _bars(time: Axis, ground: float, service: str, row: Sequence[int], rates: Rates, most: int) -> Iterator[Box]:
    for step, count in enumerate(row):
        if count:
            begins = rates.begins + step * rates.step_s
            x, height = time.x(begins), round(max(1.5, HIGHEST * count / most), 1)
            width = max(1.0, time.x(begins + rates.step_s) - x)
            words = f"{service}: {count:,} from {clock(begins)[:8]} on"
            yield Box(x, round(ground - height, 1), round(width, 1), height, "failed", words)


def rates_to_html(rates: Rates, level: Level, about: str, zone: tzinfo = UTC) -> str:
    """The picture as a page of its own."""
    rows = [(clean(service), sum(row), max(row)) for service, row in rates.rows.items()]
    return page(
        "log_rates.html.j2",
        zone,
        about=clean(about),
        level=level.name.lower(),
        rates=rates,
        rows=rows,
        picture=picture_of_rates(rates),
        step=span_words(rates.step_s),
    )
