"""The time of a rehearsal as a picture: one row for each project, one bar for each command. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.planning.rehearsed import PASSED, CommandRun, Rehearsal
from ostler.reporting.report_picture import LEFT, RIGHT, TOP, WIDTH, Axis, Box, Mark, Picture, span_words

ROW = 30.0
BAR = 16.0
NARROW = 46.0
"""A hop narrower than this gets no name in the picture."""


def picture_of_rehearsal(rehearsal: Rehearsal) -> Picture | None:
    """The picture; None when no command was run."""
    runs = [run for hop in rehearsal.hops for run in hop.commands if run.began]
    if not runs:
        return None
    begins = min(run.began for run in runs)
    time = Axis(begins, max(begins + 1.0, *(_ended(run) for run in runs)))
    projects = list(dict.fromkeys(hop.project for hop in rehearsal.hops))
    bottom = TOP + len(projects) * ROW
    hops = tuple(_hops(rehearsal, time, bottom))
    return Picture(
        width=WIDTH,
        height=bottom + 34,
        stages=hops,
        boxes=tuple(_bars(rehearsal, time, projects)),
        marks=(
            *(Mark(LEFT - 8, TOP + at * ROW + BAR - 3, name, "api") for at, name in enumerate(projects)),
            *(Mark(box.x + box.width / 2, TOP - 13, box.title, "stage") for box in hops if box.width >= NARROW),
        ),
        ticks=tuple(Mark(time.x(at), bottom + 18, text, "tick") for at, text in time.ticks()),
        scale_s=0.0,
    )


def _ended(run: CommandRun) -> float:
    return run.began + run.seconds


def _hops(rehearsal: Rehearsal, time: Axis, bottom: float) -> Iterator[Box]:
    for number, (source, target) in enumerate(dict.fromkeys((hop.source, hop.target) for hop in rehearsal.hops)):
        runs = [run for hop in rehearsal.hops if (hop.source, hop.target) == (source, target) for run in hop.commands]
        runs = [run for run in runs if run.began]
        if runs:
            x = time.x(min(run.began for run in runs))
            width = max(0.5, time.x(max(map(_ended, runs))) - x)
            yield Box(x, TOP - 8, width, bottom - TOP + 8, f"stage-{number % 2}", f"{source} → {target}")


def _bars(rehearsal: Rehearsal, time: Axis, projects: list[str]) -> Iterator[Box]:
    yield from (
        Box(LEFT, TOP + at * ROW, WIDTH - LEFT - RIGHT, BAR, "none", f"{name}: nothing was run")
        for at, name in enumerate(projects)
    )
    for hop in rehearsal.hops:
        for run in filter(lambda run: run.began, hop.commands):
            x = time.x(run.began)
            kind = run.kind if run.outcome == "ok" else "fixed" if run.outcome in PASSED else "failed"
            words = f"{run.words} (code of {run.release}): {run.judged}, {_took(run.seconds)}"
            y = TOP + projects.index(hop.project) * ROW
            yield Box(x, y, max(1.0, time.x(_ended(run)) - x), BAR, kind, words)


def _took(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else span_words(seconds)
