"""Where `ostler logs` reads: a folder, or the hosts of a cloud as they are now."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from ostler.cli.log_answers import lines_for
from ostler.cli.log_times import since_of
from ostler.cli.progress import reading
from ostler.cloud.model import Cloud
from ostler.errors import InputError
from ostler.execution.connecting import connect_hosts
from ostler.execution.live_logs import LiveAnswer, LiveWanted, fetch_logs, open_fetched
from ostler.logs.event import LogFile
from ostler.logs.folder import corrected, ends_of, open_folder
from ostler.logs.joining import family_of, requests_about
from ostler.logs.reading import Opened, Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted
from ostler.remote.protocol import Transport
from ostler.reporting.log_document import event_line
from ostler.reporting.log_text import problems_text

LATELY = "15m"
"""What is read of hosts without --since."""

TIMES_BEFORE = 9
"""How many times as long as the time that is asked about is the one before it that new kinds are compared with."""

MOST_ROUNDS = 3
EVERY_S = 2.0
"""How often hosts are asked while they are followed."""

Source = tuple[list[Opened], Tally, float | None]
"""The logs, what was seen while looking into them, and since when events are wanted."""


@contextmanager
def of_folder(where: Path, since: str | None) -> Iterator[Source]:
    """The logs of a folder; spans count back from the last event, by the clocks that are right."""
    tally = Tally()
    opened = open_folder(where, tally)
    yield opened, tally, since_of(since, ends_of(corrected(opened)[0])) if since else None


@contextmanager
def of_hosts(
    cloud: Cloud,
    wanted: Wanted,
    since: str | None,
    request: str | None,
    server: str | None,
    *,
    with_before: bool,
    as_json: bool,
) -> Iterator[Source]:
    """What is wanted of the logs of a cloud's hosts, which is gone when the block ends; spans count back from now.

    A request or a server is looked for until no further ids of it turn up. ``with_before`` fetches what came before,
    too: TIMES_BEFORE times as much time.
    """
    now = time.time()
    begins = since_of(since or LATELY, now)
    fetched = begins - TIMES_BEFORE * max(0.0, now - begins) if with_before else begins
    words = [each for each in (request, server) if each]
    with tempfile.TemporaryDirectory(prefix="ostler-logs-") as name, _connected(cloud) as transport:
        for number in range(MOST_ROUNDS):
            folder = Path(name) / str(number)
            level = "debug" if words else wanted.level.name.lower()
            with reading(replace(cloud, api=None), as_json=as_json):
                answer = fetch_logs(transport, _hosts(cloud, wanted), LiveWanted(fetched, level, tuple(words)), folder)
            opened, tally = opened_logs(folder, answer)
            more = _more_words(request, server, opened) - set(words)
            if not more:
                break
            words = [*words, *sorted(more)]
        yield opened, tally, begins


def follow(cloud: Cloud, wanted: Wanted, since: str | None, *, is_full: bool, as_json: bool) -> None:
    """Print what the hosts log, again and again, until Ctrl-C. Each time only what is new is fetched. What cannot be
    read is told on stderr, when it begins."""
    begins = since_of(since or "1m", time.time())
    lines = lines_for([], is_full=is_full, has_hosts=True)
    live = LiveWanted(begins, wanted.level.name.lower(), is_followed=True)
    seen: Mapping[str, Any] = {}
    told: set[str] = set()
    with _connected(cloud) as transport:
        while True:
            with tempfile.TemporaryDirectory(prefix="ostler-logs-") as name:
                answer = fetch_logs(transport, _hosts(cloud, wanted), live, Path(name), seen)
                seen = answer.seen
                opened, tally = opened_logs(Path(name), answer)
                events = in_order(opened, replace(wanted, since=begins), tally)
                for line in map(event_line, events) if as_json else lines.of(events):
                    typer.echo(line)
            told = _tell_new(problems_text(tally), told)
            time.sleep(EVERY_S)


def _tell_new(problems: Iterable[str], told: set[str]) -> set[str]:
    """Say on stderr what was not said the last time; return all that there is to say now."""
    now = set(problems)
    for line in sorted(now - told):
        typer.echo(line, err=True)
    return now


@contextmanager
def _connected(cloud: Cloud) -> Iterator[Transport]:
    transport = connect_hosts(cloud)
    try:
        yield transport
    finally:
        transport.close()


def _hosts(cloud: Cloud, wanted: Wanted) -> Sequence[str]:
    for name in wanted.hosts:
        cloud.host(name)
    return sorted(wanted.hosts or cloud.hosts)


def opened_logs(folder: Path, answer: LiveAnswer) -> tuple[list[Opened], Tally]:
    """Look into what was fetched; hosts that gave nothing are told of."""
    tally = Tally()
    opened: list[Opened] = []
    if answer.bytes:
        try:
            opened = open_fetched(folder, tally, answer)
        except InputError:
            opened = []
    for where, says in answer.problems:
        tally.tell(LogFile(where, where), says)
    return opened, tally


def _more_words(request: str | None, server: str | None, opened: Sequence[Opened]) -> set[str]:
    if request:
        return family_of([request], opened, Tally()).ids
    if server:
        return {server, *requests_about(server, opened, Tally())}
    return set()
