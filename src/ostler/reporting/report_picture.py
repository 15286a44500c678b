"""The availability timeline as a picture: places and sizes of what is drawn, in units of its own. Pure.

One row per API along the time: a band that is red where requests failed and grey where none was asked, and above
it bars as high as the longest wait. The stages are numbered stretches on the time axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ostler.reporting.report_model import BucketSeen, ProbeAbout, ProbeApi, StageDone

WIDTH = 1000.0
LEFT = 92.0
RIGHT = 12.0
TOP = 30.0
ROW = 46.0
BAND = 11.0
WAIT = 26.0
"""The height of a bar for the longest wait."""

COLUMNS = 298
STALL_S = 1.0
LEAST_SCALE_S = 5.0
TICKS_S = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400)
MOST_TICKS = 9
NARROW = 16.0
"""A stage narrower than this gets no number in the picture."""


@dataclass(frozen=True)
class Box:
    """A rectangle: its kind is how it is coloured, its title what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True)
class Mark:
    """A text at a place."""

    x: float
    y: float
    text: str
    kind: str = ""


@dataclass(frozen=True)
class Picture:
    """What is drawn, from the back to the front; ``scale_s`` is the wait that the highest bar stands for."""

    width: float
    height: float
    stages: tuple[Box, ...]
    boxes: tuple[Box, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    scale_s: float


def picture_of(apis: Mapping[str, ProbeApi], about: ProbeAbout, stages: Sequence[StageDone]) -> Picture | None:
    """Return the picture of a run's probe; None when no probe ran."""
    if not about.ran or about.begins is None or about.ends is None:
        return None
    time = Axis(about.begins, max(about.ends, about.begins + 1.0))
    longest = max((b.longest_s for api in apis.values() for b in api.buckets), default=0.0)
    scale_s = max(LEAST_SCALE_S, longest)
    boxes: list[Box] = []
    marks: list[Mark] = []
    for number, (name, api) in enumerate(apis.items()):
        y = TOP + number * ROW
        marks += [Mark(LEFT - 8, y + ROW - 8, name, "api"), *_stall_mark(time, y, api)]
        boxes += _row(time, y, name, api, about.bucket_s, scale_s)
    bottom = TOP + len(apis) * ROW
    return Picture(
        width=WIDTH,
        height=bottom + 34,
        stages=tuple(_stages(time, bottom, stages)),
        boxes=tuple(boxes),
        marks=(*marks, *_numbers(time, stages)),
        ticks=tuple(Mark(time.x(at), bottom + 18, text, "tick") for at, text in time.ticks()),
        scale_s=scale_s,
    )


@dataclass(frozen=True)
class Axis:
    """The time from left to right."""

    begins: float
    ends: float

    def x(self, at: float) -> float:
        """Return the place of a time, within the picture."""
        share = (min(max(at, self.begins), self.ends) - self.begins) / (self.ends - self.begins)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    @property
    def column_s(self) -> float:
        """Seconds that one column stands for."""
        return (self.ends - self.begins) / COLUMNS

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield round times since the beginning, with their words."""
        whole = self.ends - self.begins
        every = next((tick for tick in TICKS_S if whole / tick <= MOST_TICKS), TICKS_S[-1])
        for number in range(int(whole // every) + 1):
            yield self.begins + number * every, span_words(number * every)


def span_words(seconds: float) -> str:
    """Return a span as 0:30, 12:00 or 1:05:00."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _row(time: Axis, y: float, name: str, api: ProbeApi, bucket_s: int, scale_s: float) -> Iterator[Box]:
    band = y + ROW - 16
    yield Box(LEFT, band, WIDTH - LEFT - RIGHT, BAND, "none", f"{name}: nothing asked")
    columns: dict[int, list[BucketSeen]] = {}
    for bucket in api.buckets:
        columns.setdefault(int((bucket.at - time.begins) / time.column_s), []).append(bucket)
    stretches = list(_stretches(columns, time, bucket_s))
    for begins, ends in stretches:
        x = time.x(begins)
        yield Box(x, band, max(0.5, time.x(ends) - x), BAND, "ok", f"{name}: answered")
    for column, buckets in sorted(columns.items()):
        at = time.begins + column * time.column_s
        x, width = time.x(at), max(2.0, time.x(at + time.column_s) - time.x(at))
        wait = max(bucket.longest_s for bucket in buckets)
        height = round(WAIT * min(1.0, wait / scale_s), 1)
        failed, asked = sum(b.failed for b in buckets), sum(b.asked for b in buckets)
        words = f"{name} at {span_words(at - time.begins)}: {asked} asked, {failed} failed, longest wait {wait:.1f} s"
        if height >= 0.5:
            yield Box(x, band - 2 - height, width, height, "stall" if wait > STALL_S else "wait", words)
        if failed:
            yield Box(x, band - 2, width + 1, BAND + 4, "failed", words)


def _stretches(columns: Mapping[int, Sequence[BucketSeen]], time: Axis, bucket_s: int) -> Iterator[tuple[float, float]]:
    """Yield the stretches of time in which requests began, those that touch as one."""
    begins: float | None = None
    ends = 0.0
    gap_s = max(2.0 * time.column_s, bucket_s, 2.0)
    for bucket in (bucket for column in sorted(columns) for bucket in columns[column]):
        if begins is not None and bucket.at > ends + gap_s:
            yield begins, ends
            begins = None
        begins = bucket.at if begins is None else begins
        ends = max(ends, bucket.at + bucket_s, bucket.at + bucket.longest_s)
    if begins is not None:
        yield begins, ends


def _stall_mark(time: Axis, y: float, api: ProbeApi) -> Iterator[Mark]:
    """The longest wait is written beside its bar when it was one to look at."""
    if api.longest_stall_at is not None and (api.longest_stall_s or 0.0) > STALL_S:
        x = min(max(time.x(api.longest_stall_at) + 5, LEFT + 2), WIDTH - 44)
        yield Mark(x, y + 13, f"{api.longest_stall_s:.1f} s", "stall")


def _stages(time: Axis, bottom: float, stages: Sequence[StageDone]) -> Iterator[Box]:
    for number, stage in enumerate(stages, 1):
        if stage.started is None or stage.started > time.ends or _ended(stage) < time.begins:
            continue
        x = time.x(stage.started)
        width = max(0.5, time.x(_ended(stage)) - x)
        kind = "stage-failed" if stage.state == "failed" else f"stage-{number % 2}"
        yield Box(x, TOP - 8, width, bottom - TOP + 8, kind, f"{number}. {stage.title}")


def _numbers(time: Axis, stages: Sequence[StageDone]) -> Iterator[Mark]:
    for number, stage in enumerate(stages, 1):
        if stage.started is None or stage.started > time.ends or _ended(stage) < time.begins:
            continue
        begins, ends = time.x(stage.started), time.x(_ended(stage))
        if ends - begins >= NARROW:
            yield Mark((begins + ends) / 2, TOP - 13, str(number), "stage")


def _ended(stage: StageDone) -> float:
    return (stage.started or 0.0) + (stage.seconds or 0.0)
