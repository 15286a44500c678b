"""Work that was begun and never came to its end, and how far it came."""

from __future__ import annotations

from dataclasses import dataclass

from ostler.diagnosis.knowledge import CLOCKS_DIFFER_S, Knowledge, Stage, Work
from ostler.diagnosis.observing import Said, Seen


@dataclass(frozen=True)
class Unfinished:
    """Work that did not come to its end: ``missing`` is the first stage that was not seen and none after it (what shows
    a stage may simply not be in the logs), or one without which the others are worth nothing; ``after`` how many there
    are before it."""

    work: Work
    begun: Said
    missing: Stage
    after: int


def unfinished_in(seen: Seen, knowledge: Knowledge) -> list[Unfinished]:
    """Return the work that did not end in its time; what the logs end too early for is not judged.

    Signs do not name the same object everywhere: the first of a kind is taken as the sign of what was begun first.
    """
    found = []
    for work in knowledge.works:
        if not _is_heard_of(work, seen):
            continue
        last = work.stages[-1].sign
        taken: set[int] = set()
        for begun in seen.marks.get(work.begun, ()):
            end = _next(seen.marks.get(last, []), begun.time, begun.time + 4 * work.within_s, taken)
            if end is None and seen.ends - begun.time >= work.within_s:
                found.append(_stopped(work, begun, seen))
    return found


def _next(marks: list[Said], since: float, until: float, taken: set[int]) -> int | None:
    for at, mark in enumerate(marks):
        if at not in taken and since - CLOCKS_DIFFER_S <= mark.time <= until:
            taken.add(at)
            return at
    return None


def _stopped(work: Work, begun: Said, seen: Seen) -> Unfinished:
    done = [_is_done(stage, work, begun, seen) for stage in work.stages]
    for at, stage in enumerate(work.stages):
        if not done[at] and (stage.is_needed or not any(done[at:])):
            return Unfinished(work, begun, stage, at)
    return Unfinished(work, begun, work.stages[-1], len(work.stages) - 1)


def _is_done(stage: Stage, work: Work, begun: Said, seen: Seen) -> bool:
    marks = seen.marks.get(stage.sign, ())
    return any(begun.time - stage.before_s <= mark.time <= begun.time + 4 * work.within_s for mark in marks)


def _is_heard_of(work: Work, seen: Seen) -> bool:
    """Whether the logs that would show the end are there at all: what nobody logged did not fail because of it."""
    needed = {stage.doers[-1][0].partition("/")[0] for stage in work.stages}
    return needed <= seen.projects
