"""What was never said before: templates of now that are none of then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ostler.logs.event import Level
from ostler.logs.reading import Opened, Tally, read_events
from ostler.logs.templates import Miner, Template
from ostler.logs.wanted import Wanted


def new_since(since: float, logs: Sequence[Opened], wanted: Wanted, tally: Tally) -> list[Template]:
    """Return the templates that first came at or after a time, the gravest and rarest first."""
    miner = Miner()
    _learn(miner, logs, replace(wanted, since=None), tally)
    return _sorted(each for each in miner.templates if each.first >= since)


def new_to(baseline: Sequence[Opened], logs: Sequence[Opened], wanted: Wanted, tally: Tally) -> list[Template]:
    """Return the templates of ``logs`` that ``baseline`` has not, the gravest and rarest first."""
    miner = Miner()
    _learn(miner, baseline, replace(wanted, since=None, hosts=frozenset(), level=Level.DEBUG), tally)
    known = {id(template) for template in miner.templates}
    _learn(miner, logs, wanted, tally)
    return _sorted(each for each in miner.templates if id(each) not in known)


def _learn(miner: Miner, logs: Iterable[Opened], wanted: Wanted, tally: Tally) -> None:
    for log in logs:
        if wanted.may_be_in(log.log):
            left_out = miner.left_out
            for batch in read_events(log, wanted, tally):
                miner.learn(batch)
            if miner.left_out > left_out:
                tally.tell(log.log, f"{miner.left_out - left_out} events are of more kinds than are told apart")


def _sorted(templates: Iterable[Template]) -> list[Template]:
    return sorted(templates, key=lambda each: (-each.level, each.count, each.first))
