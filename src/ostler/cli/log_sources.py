"""Where `ostler logs` reads: a folder, or the hosts of a cloud as they are now."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
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
from ostler.execution.live_logs import LiveAnswer, LiveWanted, fetch_logs
from ostler.logs.event import LogFile
from ostler.logs.folder import ends_of, open_folder
from ostler.logs.joining import family_of, requests_about
from ostler.logs.reading import Opened, Tally
from ostler.logs.timeline import in_order
from ostler.logs.wanted import Wanted
from ostler.remote.protocol import Transport
from ostler.reporting.log_document import event_line

LATELY = "15m"
"""What is read of hosts without --since."""

MOST_ROUNDS = 3
EVERY_S = 2.0
"""How often hosts are asked while they are followed."""

Source = tuple[list[Opened], Tally, float | None]
"""The logs, what was seen while looking into them, and since when events are wanted."""


@contextmanager
def of_folder(where: Path, since: str | None) -> Iterator[Source]:
    """The logs of a folder; spans count back from the last event."""
    tally = Tally()
    opened = open_folder(where, tally)
    yield opened, tally, since_of(since, ends_of(opened)) if since else None


@contextmanager
def of_hosts(
    cloud: Cloud, wanted: Wanted, since: str | None, request: str | None, server: str | None, *, as_json: bool
) -> Iterator[Source]:
    """What is wanted of the logs of a cloud's hosts, which is gone when the block ends; spans count back from now.

    A request or a server is looked for until no further ids of it turn up.
    """
    begins = since_of(since or LATELY, time.time())
    words = [each for each in (request, server) if each]
    with tempfile.TemporaryDirectory(prefix="ostler-logs-") as name, _connected(cloud) as transport:
        for number in range(MOST_ROUNDS):
            folder = Path(name) / str(number)
            level = "debug" if words else wanted.level.name.lower()
            with reading(replace(cloud, api=None), as_json=as_json):
                answer = fetch_logs(transport, _hosts(cloud, wanted), LiveWanted(begins, level, tuple(words)), folder)
            opened, tally = opened_logs(folder, answer)
            more = _more_words(request, server, opened) - set(words)
            if not more:
                break
            words = [*words, *sorted(more)]
        yield opened, tally, begins


def follow(cloud: Cloud, wanted: Wanted, since: str | None, *, is_full: bool, as_json: bool) -> None:
    """Print what the hosts log, again and again, until Ctrl-C. Each time only what is new is fetched."""
    begins = since_of(since or "1m", time.time())
    lines = lines_for([], is_full=is_full, has_hosts=True)
    seen: Mapping[str, Any] = {}
    with _connected(cloud) as transport:
        while True:
            live = LiveWanted(begins, wanted.level.name.lower())
            with tempfile.TemporaryDirectory(prefix="ostler-logs-") as name:
                answer = fetch_logs(transport, _hosts(cloud, wanted), live, Path(name), seen)
                seen = answer.seen
                opened, tally = opened_logs(Path(name), answer)
                events = in_order(opened, replace(wanted, since=begins), tally)
                for line in map(event_line, events) if as_json else lines.of(events):
                    typer.echo(line)
            time.sleep(EVERY_S)


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
            found = open_folder(folder, tally, answer.zones)
        except InputError:
            found = []
        opened = [replace(each, log=replace(each.log, is_part=True)) for each in found]
    for where, says in answer.problems:
        tally.tell(LogFile(where, where), says)
    return opened, tally


def _more_words(request: str | None, server: str | None, opened: Sequence[Opened]) -> set[str]:
    if request:
        return family_of([request], opened, Tally()).ids
    if server:
        return {server, *requests_about(server, opened, Tally())}
    return set()
