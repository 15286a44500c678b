"""Names and ids that an operator gives to ask logs about, and what is said of one that stands nowhere in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ostler.catalog.nearest import did_you_mean
from ostler.errors import InputError
from ostler.logs.event import Event
from ostler.logs.folder import ends_of
from ostler.logs.moments import moment
from ostler.logs.reading import Opened, Tally, read_events
from ostler.logs.wanted import EVERYTHING, Wanted, any_of
from ostler.reporting.log_words import clean


def demand_names(opened: Sequence[Opened], wanted: Wanted) -> None:
    """Raise InputError for a host or a service that is wanted and that these logs do not name.

    Places tell most names. What only lines tell is looked for until all that is asked for was met.
    """
    hosts = {each.log.host for each in opened}
    if wanted.hosts - hosts:
        lines = _events([each for each in opened if not each.log.host], EVERYTHING)
        _demand("host", wanted.hosts, hosts, ((event.host,) for event in lines))
    services = {name for each in opened for name in (each.log.project, each.log.service)}
    if wanted.services - services:
        lines = _events([each for each in opened if not each.log.project or each.log.is_part], EVERYTHING)
        _demand("service", wanted.services, services, ((event.project, event.service) for event in lines))


def _demand(what: str, asked: frozenset[str], known: set[str], told: Iterable[tuple[str, ...]]) -> None:
    """``told`` are names that lines tell, beside those that are known."""
    known = set(known)
    for names in told:
        known.update(names)
        if asked <= known:
            return
    known.discard("")
    for name in sorted(asked - known):
        raise InputError(
            "logs.no-such-name", f"these logs name no {what} {name!r}", found=name,
            expected=clean(", ".join(sorted(known))),
            do_next=clean(did_you_mean(name, known)) if known else f"leave the {what} out: these logs name none",
        )  # fmt: skip


def demand_word(opened: Sequence[Opened], word: str) -> None:
    """Raise InputError for the id of a request or a server that stands nowhere in these logs."""
    if next(_events(opened, Wanted(words=any_of([word]))), None) is None:
        raise InputError(
            "logs.not-named", f"nothing in these logs names {word}; {_end(opened)}", found=word,
            do_next="copy the whole id; look into the logs of the time and of all hosts that had to do with it",
        )  # fmt: skip


def nothing_since(opened: Sequence[Opened], since: float) -> InputError:
    """The error for logs in which nothing is new enough."""
    return InputError(
        "logs.nothing-since", f"nothing was logged from {moment(since)} on; {_end(opened)}",
        do_next="name an earlier --since; times without a zone are UTC",
    )  # fmt: skip


def _end(opened: Sequence[Opened]) -> str:
    ends = ends_of(opened)
    return "nobody knows when the logs end" if ends is None else f"the logs end at {moment(ends)}"


def _events(opened: Sequence[Opened], wanted: Wanted) -> Iterator[Event]:
    return (event for log in opened for batch in read_events(log, wanted, Tally()) for event in batch)
